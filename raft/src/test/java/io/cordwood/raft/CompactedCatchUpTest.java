package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Followers catch up with a leader whose log starts inside a compacted segment, behind a change of leader. */
class CompactedCatchUpTest {
    /** Inside the first segment, and of its newest epoch. */
    private static final long LOG_START = 13;

    @TempDir
    Path directory;

    private CompactedCluster compacted;
    private PartitionCluster cluster;

    @BeforeEach
    void start() throws IOException {
        compacted = CompactedCluster.start(directory);
        cluster = compacted.cluster;
    }

    @AfterEach
    void close() {
        compacted.close();
    }

    /** Three epochs in the first segment. */
    private void publishInThreeEpochs() throws IOException {
        compacted.publish(2, 10);
        compacted.changeLeader();
        compacted.publish(2, 10);
        compacted.changeLeader();
        compacted.publish(40, 10);
        cluster.awaitHighWatermark(compacted.published());
    }

    private void compactAndTrim(PartitionNodeFixture follower) throws IOException {
        compacted.compactAll();
        compacted.trim(LOG_START);
        compacted.publish(2, 10);
        compacted.purgeBeyond(follower);
        var checkpoint = checkpointOf(cluster.leader());
        var first = checkpoint.segments().sealed().get(0);
        assertThat(first.compactionGeneration()).isPositive();
        assertThat(first.baseOffset()).isZero();
        assertThat(checkpoint.leaderEpochs().get(0).startOffset()).isPositive();
    }

    private static Checkpoint checkpointOf(PartitionNodeFixture node) throws IOException {
        return CheckpointFile.read(node.disk, node.partition()).orElseThrow();
    }

    private void assertCaughtUp(PartitionNodeFixture follower) throws Exception {
        cluster.awaitHighWatermark(compacted.published());
        assertThat(follower.catchUps().installations()).isPositive();
        compacted.assertCompacted();
        follower.kill();
        follower.start();
        assertThat(follower.isQuarantined()).isFalse();
        compacted.publish(10, 10);
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Test
    void newReplicaGetsTheEpochsOfWhatIsTrimmed() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publishInThreeEpochs();
        compactAndTrim(follower);

        follower.start();

        assertCaughtUp(follower);
    }

    /** Base offset of the first compacted file at or beyond an offset. */
    private static long compactedBase(PartitionNodeFixture node, long offset) throws IOException {
        return node.segmentContents().keySet().stream()
                .filter(name -> name.endsWith(".1.log"))
                .mapToLong(name -> Long.parseLong(name.substring(0, 20)))
                .filter(base -> base >= offset)
                .min()
                .orElseThrow();
    }

    @Test
    void ownFilesThatAreGivenUpMakeRoom() throws Exception {
        compacted.publish(10, 10);
        cluster.awaitHighWatermark(compacted.published());
        long end = compacted.published();
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        compacted.publish(80, 10);
        compacted.compactAll();
        compacted.trim(compactedBase(cluster.leader(), end + 1) + 1);
        compacted.publish(2, 10);
        compacted.purgeBeyond(follower);
        var own = follower.partition().resolve("00000000000000000000.log").toFile();
        follower.disk.setUsableBytes(() -> own.exists() ? 0 : Long.MAX_VALUE);

        follower.start();

        cluster.awaitHighWatermark(compacted.published());
        assertThat(follower.catchUps().installations()).isPositive();
        compacted.assertCompacted();
    }

    @Test
    void followerThatLacksNothingButItsOwnFilesFetchesNone() throws Exception {
        compacted.publish(40, 10);
        cluster.awaitHighWatermark(compacted.published());
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        compacted.decide();
        compacted.publish(5, 10);
        cluster.awaitHighWatermark(compacted.published());
        leader.takeCheckpoint();
        long decided = follower.raftLog().getNextIndex() - 5;
        await().atMost(PATIENCE).until(() -> leader.raftLog().getStartIndex() > decided);
        compacted.publish(5, 10); // the follower has more than where the leader's log begins
        cluster.awaitHighWatermark(compacted.published());
        assertThat(follower.replica().compactionPending()).isTrue();

        follower.holdElections();
        leader.setMembers(cluster.othersThan(follower));
        compacted.publish(2, 10);
        long before = follower.catchUps().notifications();
        var joined = CompletableFuture.runAsync(() -> setMembers(leader, cluster.nodes()));
        await().atMost(PATIENCE).until(() -> follower.catchUps().notifications() > before + 1);
        assertThat(follower.catchUps().fetchedBytes()).isZero();
        compacted.tick(follower);

        joined.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        cluster.awaitHighWatermark(compacted.published());
        assertThat(follower.catchUps().installations()).isZero();
        compacted.compactAll();
        compacted.assertCompacted();
    }

    private static void setMembers(PartitionNodeFixture leader, List<PartitionNodeFixture> members) {
        try {
            leader.setMembers(members);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void followerWithAnOldCheckpointKeepsWhatItHadApplied() throws Exception {
        compacted.publish(2, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = cluster.othersThan(cluster.leader()).get(0);
        await().atMost(PATIENCE).until(() -> follower.takeCheckpoint() > 0);
        publishInThreeEpochs();
        follower.kill();
        cluster.leader();
        compactAndTrim(follower);
        assertThat(checkpointOf(follower).highWatermark()).isLessThan(LOG_START);

        follower.start();

        assertCaughtUp(follower);
    }

    /** At the node's rate all takes a minute, and the leader's next pass leaves nothing that it listed. */
    @Test
    void passThatOvertakesTheRateDoesNotKeepAFollowerOut() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        rewriteAll();
        compacted.purgeBeyond(follower);
        follower.catchUpLimits = new CatchUpLimits(1 << 10, 1);
        follower.start();
        await().atMost(PATIENCE).until(() -> follower.catchUps().fetchedBytes() > 0);

        rewriteAll();

        cluster.awaitHighWatermark(compacted.published());
        assertThat(follower.catchUps().failures()).isPositive();
        assertThat(follower.catchUps().installations()).isPositive();
        compacted.compactAll();
        compacted.assertCompacted();
    }

    /** Has the leader compact newer values of all keys, and forget what it compacted before. */
    private void rewriteAll() throws IOException {
        compacted.publish(400, 1_200);
        compacted.decide();
        compacted.publish(2, 1_200); // a checkpoint stands behind what is applied
        cluster.leader().takeCheckpoint();
        cluster.leader().replica().deleteTrimmed();
    }
}
