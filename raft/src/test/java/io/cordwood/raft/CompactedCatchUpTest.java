package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Followers catch up with a leader whose log starts inside a compacted segment, behind a change of leader. */
class CompactedCatchUpTest {
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 128, 1, 0);
    /** Inside the first segment, and of its newest epoch. */
    private static final long LOG_START = 13;

    @TempDir
    Path directory;

    private CompactedCluster compacted;
    private PartitionCluster cluster;

    @BeforeEach
    void start() throws IOException {
        compacted = CompactedCluster.start(directory, UPKEEP);
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
}
