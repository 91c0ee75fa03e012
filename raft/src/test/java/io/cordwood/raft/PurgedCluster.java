package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batchOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendOutcome.Appended;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Three replicas whose raft logs reach back no further than a test wants. */
final class PurgedCluster implements AutoCloseable {
    static final int SEGMENT_BYTES = 4 << 10;

    private static final long PRODUCER_ID = 7;
    /** Nothing is purged but behind a checkpoint that a test takes. */
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 1 << 10, 1, 4);

    final Network network = new Network();
    final PartitionCluster cluster;
    private long expected;

    private PurgedCluster(PartitionCluster cluster) {
        this.cluster = cluster;
    }

    /** With some records. */
    static PurgedCluster start(Path directory) throws Exception {
        var purged = new PurgedCluster(PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP));
        purged.publish(5);
        purged.awaitAll();
        return purged;
    }

    /** End of what was published. */
    long expected() {
        return expected;
    }

    void awaitAll() throws IOException {
        cluster.awaitHighWatermark(expected);
    }

    /** A batch was appended by another way than {@link #publish}. */
    void appended() {
        expected += 2;
    }

    @Override
    public void close() {
        network.close();
        cluster.close();
    }

    /** Of a producer, so that what is sent again because its answer was lost is not there twice. */
    RecordBatch next(int valueBytes) {
        return batchOf(PRODUCER_ID, (int) expected, "r" + expected, "x".repeat(valueBytes));
    }

    void publish(int batches) throws Exception {
        var leader = cluster.leader();
        for (int i = 0; i < batches; i++) {
            var batch = next(200);
            if (!(append(leader, batch) instanceof Appended)) {
                cluster.appendSurely(batch);
                leader = cluster.leader();
            }
            appended();
        }
    }

    /** Has the leader forget its raft log but for the newest entries, all of them beyond what the follower has. */
    void purgeBeyond(PartitionNodeFixture follower) throws IOException {
        long followerNext = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        for (var node : cluster.running()) {
            node.takeCheckpoint();
        }
        var leaderLog = cluster.leader().raftLog();
        await().atMost(PATIENCE).until(() -> leaderLog.getStartIndex() > followerNext);
    }

    void assertIdentical() throws IOException {
        awaitAll();
        var leader = cluster.leader();
        for (var node : cluster.running()) {
            assertThat(node.values()).hasSize((int) expected);
            assertThat(node.segmentContents()).isEqualTo(leader.segmentContents());
            assertThat(node.halts).isEmpty();
        }
    }

    static void assertCaughtUp(PartitionNodeFixture follower) {
        assertThat(follower.catchUps().notifications()).isPositive();
        assertThat(follower.catchUps().installations()).isPositive();
    }

    /** Has the others trim, and forget, what the follower lacks. Returns who leads them. */
    PartitionNodeFixture trimBeyond(PartitionNodeFixture follower, long followerNext) throws Exception {
        publish(60);
        var leader = cluster.leader();
        leader.replica().trim(expected - 10).get();
        publish(5);
        for (var node : cluster.othersThan(follower)) {
            node.takeCheckpoint();
        }
        await().atMost(PATIENCE).until(() -> leader.raftLog().getStartIndex() > followerNext);
        leader.replica().deleteTrimmed();
        await().atMost(PATIENCE).until(() -> leader.replica().sizeBytes() < 5 * SEGMENT_BYTES);
        return leader;
    }
}
