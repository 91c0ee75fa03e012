package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metrics.NodeMeters;
import io.cordwood.raft.HoldingDisk.Operation;
import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compaction where something comes between a pass and its files. */
class CompactionFaultsTest {
    @TempDir
    Path directory;

    private final Network network = new Network();
    private CompactedCluster compacted;
    private PartitionCluster cluster;

    @BeforeEach
    void start() throws IOException {
        compacted = CompactedCluster.start(directory);
        cluster = compacted.cluster;
    }

    @AfterEach
    void close() {
        network.close();
        compacted.close();
    }

    /** All but one compact, and have the old files go. */
    private void compactWithout(PartitionNodeFixture waiting) throws IOException {
        var others = cluster.othersThan(waiting);
        await().atMost(PATIENCE).until(() -> {
            others.forEach(compacted::tick);
            var leader = cluster.leader().replica().compaction();
            return leader.compactedEndOffset() == leader.sealedEndOffset()
                    && others.stream()
                            .map(PartitionNodeFixture::replica)
                            .allMatch(replica -> !replica.compactionPending()
                                    && replica.compaction().compactedEndOffset() == leader.compactedEndOffset());
        });
        compacted.publish(1, 60);
        for (var node : others) {
            await().atMost(PATIENCE).until(() -> node.replica().highWatermark() >= compacted.published());
            node.takeCheckpoint();
            node.replica().deleteTrimmed();
        }
    }

    /** Base offset of a segment, counted from the oldest. */
    private static long baseOffset(PartitionNodeFixture node, int segment) throws IOException {
        var names = node.segmentContents().keySet().stream().toList();
        return Long.parseLong(names.get(segment).substring(0, 20));
    }

    private static boolean hasFile(PartitionNodeFixture node, String name) {
        return node.partition().resolve(name).toFile().exists();
    }

    @Test
    void trimDuringAPassLeavesOutWhatItTook() throws Exception {
        compacted.publish(80, 200);
        cluster.awaitHighWatermark(compacted.published());
        var leader = cluster.leader();
        var hold = leader.disk.holdBefore(Operation.WRITE, ".1.log.tmp");
        var pass = new Thread(() -> compacted.tick(leader));
        pass.start();
        await().atMost(PATIENCE).until(hold::isReached);

        compacted.trim(baseOffset(leader, 2) + 1);
        compacted.publish(1, 200);
        await().atMost(PATIENCE).until(() -> {
            leader.takeCheckpoint();
            leader.replica().deleteTrimmed();
            return !hasFile(leader, "00000000000000000000.log");
        });
        hold.release();
        pass.join(PATIENCE.toMillis());

        assertThat(leader.replica().compaction().compactedEndOffset()).isPositive();
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Test
    void trimThatTakesAPartOfAGroupLeavesNoOldValue() throws Exception {
        compacted.merge(3);
        compacted.publish(100, 60);
        cluster.awaitHighWatermark(compacted.published());
        var leader = cluster.leader();
        var hold = leader.disk.holdBefore(Operation.WRITE, ".1.log.tmp");
        var pass = new Thread(() -> compacted.tick(leader));
        pass.start();
        await().atMost(PATIENCE).until(hold::isReached);

        compacted.trim(baseOffset(leader, 1) + 1);
        hold.release();
        pass.join(PATIENCE.toMillis());

        assertThat(leader.replica().compaction().compactedEndOffset()).isPositive();
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Test
    void filesComeFromOthersWhereTheOwnPassBreaks() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        compacted.follower().disk.breakWritesTo(".1.log.tmp");

        compacted.compactAll();

        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Test
    void replicaWhosePassFailsCountsAsFailing() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var leader = cluster.leader();
        assertThat(compacted.failing(leader)).isZero();

        leader.disk.breakWritesTo(".1.log.tmp");
        compacted.tick(leader);

        assertThat(compacted.failing(leader)).isEqualTo(1);
    }

    @Test
    void filesComeFromOthersWhereTheKeysDoNotFit() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        compacted.limits.put(follower.id(), new CompactionLimits(1, 1 << 30));

        compacted.compactAll();

        compacted.assertCompacted();
        assertThat(follower.disk.hasWrittenTo(".1.log.tmp")).isFalse();
        assertThat(follower.disk.hasWrittenTo(".1.log.in")).isTrue();
    }

    /** Their raft logs have grown too long for a pass, while these waited. */
    @Test
    void filesThatAreUrgentComeFromOthers() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        compacted.decide();
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        assertThat(follower.replica().compactionBacklog()).isPositive();

        assertThat(follower.replica().finishCompaction(urgent())).isTrue();

        assertThat(follower.replica().compactionBacklog()).isZero();
        assertThat(follower.disk.hasWrittenTo(".1.log.tmp")).isFalse();
        assertThat(follower.disk.hasWrittenTo(".1.log.in")).isTrue();
        compacted.compactAll();
        compacted.assertCompacted();
    }

    @Test
    void filesThatAreUrgentAreMadeWhereNobodyHasThem() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        compacted.decide();
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        leader.kill();

        assertThat(follower.replica().finishCompaction(urgent())).isTrue();

        assertThat(follower.disk.hasWrittenTo(".1.log.tmp")).isTrue();
        compacted.compactAll();
        compacted.assertCompacted();
    }

    private static ReplicaCompaction.Means urgent() {
        var meters = new StoreMeters(NodeMeters.unseen());
        return new ReplicaCompaction.Means(CatchUpRate.of(1 << 20), 1 << 20, () -> 1 << 30, () -> true, meters);
    }

    @Test
    void filesAreMadeWithMoreMemoryWhereNobodyIsLeftWhoHasThem() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var leader = cluster.leader();
        var followers = cluster.othersThan(leader);
        followers.forEach(node -> compacted.limits.put(node.id(), new CompactionLimits(1, 1 << 30)));
        compacted.decide();
        await().atMost(PATIENCE)
                .until(() -> followers.stream().allMatch(node -> node.replica().compactionPending()));
        leader.kill();
        var follower = followers.get(0);

        compacted.tick(follower);

        assertThat(follower.replica().compaction().lastError()).contains("compaction.key-bytes is 1");
        await().atMost(PATIENCE).until(() -> {
            compacted.tick(follower);
            return !follower.replica().compactionPending();
        });
        assertThat(follower.disk.hasWrittenTo(".1.log.in")).isFalse();
        assertThat(follower.disk.hasWrittenTo(".1.log.tmp")).isTrue();
        await().atMost(PATIENCE).until(() -> {
            compacted.tick(followers.get(1));
            return !followers.get(1).replica().compactionPending();
        });
        compacted.assertCompacted();
    }

    @Test
    void filesDoNotWaitForPassesThatFailedBefore() throws Exception {
        compacted.lookNanos = 0;
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var old = cluster.leader();
        old.disk.refuseWritesTo(".1.log.tmp");
        compacted.tick(old);
        assertThat(old.replica().compaction().lastError()).isNotEmpty();
        old.disk.refuseWritesTo("\0");
        old.kill();
        compacted.decide();
        old.start();
        await().atMost(PATIENCE).until(() -> old.replica().compactionPending());

        compacted.tick(old);

        assertThat(old.replica().compactionPending()).isFalse();
        compacted.assertCompacted();
    }

    @Test
    void fullDiskIsSaidToBeWhatFilesWaitFor() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        follower.disk.setUsableBytes(() -> 0);
        compacted.decide();
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());

        compacted.tick(follower);

        assertThat(follower.replica().compaction().lastError()).contains("has 0 bytes left");
        follower.disk.setUsableBytes(() -> Long.MAX_VALUE);
        compacted.compactAll();
        compacted.assertCompacted();
    }

    @Tag("nightly")
    @Test
    void trimmedFilesGoWhileOthersWaitForTheirPass() throws Exception {
        compacted.publish(30, 200);
        compacted.compactAll();
        compacted.awaitSameFiles();
        var follower = compacted.follower();
        compacted.trim(baseOffset(follower, 2));
        compacted.publish(1, 200);
        cluster.awaitHighWatermark(compacted.published());
        for (var node : cluster.running()) {
            node.takeCheckpoint();
        }
        compacted.publish(30, 60);
        compacted.decide();
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        assertThat(hasFile(follower, "00000000000000000000.1.log")).isTrue();

        await().atMost(PATIENCE).until(() -> {
            follower.replica().deleteTrimmed();
            return !hasFile(follower, "00000000000000000000.1.log");
        });

        assertThat(follower.replica().compactionPending()).isTrue();
        compacted.compactAll();
        compacted.assertCompacted();
    }

    @Tag("nightly")
    @Test
    void compactionGoesOnWhileCatchingUpFails() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        compactWithout(follower);
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        network.isolate(follower);
        compacted.publish(40, 60);
        compactWithout(follower);
        compacted.purgeBeyond(follower);
        follower.disk.refuseWritesTo(".log.in");

        network.heal();

        await().atMost(PATIENCE).until(() -> follower.catchUps().failures() > 0);
        await().atMost(PATIENCE).until(() -> {
            compacted.tick(follower);
            return !follower.replica().compactionPending();
        });
        follower.disk.refuseWritesTo("\0");
        cluster.awaitHighWatermark(compacted.published());
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Test
    void fileThatNobodyHasAnyMoreIsPassedOver() throws Exception {
        compacted.publish(20, 60);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        compactWithout(follower);
        compacted.publish(40, 60);
        compactWithout(follower);
        await().atMost(PATIENCE)
                .until(() -> cluster.othersThan(follower).stream()
                        .peek(node -> node.replica().deleteTrimmed())
                        .noneMatch(node -> hasFile(node, "00000000000000000000.1.log")));
        assertThat(hasFile(cluster.leader(), "00000000000000000000.2.log")).isTrue();
        ReplicaFiles.flipBitInTheMiddle(follower.partition().resolve("00000000000000000000.log"));

        compacted.compactAll();

        compacted.assertCompacted();
        follower.takeCheckpoint();
        assertThat(CheckpointFile.read(follower.disk, follower.partition()))
                .hasValueSatisfying(
                        checkpoint -> assertThat(checkpoint.compactedEnd()).isPositive());
        follower.kill();
        follower.start();
        assertThat(follower.isQuarantined()).isFalse();
        compacted.assertCompacted();
    }
}
