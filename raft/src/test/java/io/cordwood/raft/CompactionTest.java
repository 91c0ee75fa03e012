package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.HoldingDisk.Moment;
import io.cordwood.raft.HoldingDisk.Operation;
import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compaction of a partition on three nodes, with real files. */
class CompactionTest {
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

    @Test
    void replicasKeepTheLastValueOfEachKeyInTheSameFiles() throws Exception {
        compacted.publish(60, 10);
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.publish(40, 10);
        compacted.compactAll();
        compacted.assertCompacted();

        compacted.awaitSameFiles();

        compacted.assertCompacted();
        assertThat(compacted.follower().sizeBytes()).isLessThan(8 << 10);
    }

    @Tag("nightly")
    @Test
    void tombstonesGoWhenTheirTimeIsUp() throws Exception {
        compacted.publish(60, 10);
        compacted.compactAll();
        long firstEnd = cluster.leader().replica().compaction().compactedEndOffset();
        assertThat(CompactedCluster.read(cluster.leader())).anyMatch(record -> record.value() == null);

        compacted.clockMs.addAndGet(2 * CompactedCluster.DAY_MS);
        compacted.publish(40, 1);
        compacted.compactAll();

        long end = cluster.leader().replica().compaction().compactedEndOffset();
        for (var node : cluster.nodes()) {
            assertThat(CompactedCluster.read(node))
                    .isEqualTo(compacted.expected(end).stream()
                            .filter(record -> record.value() != null || record.offset() >= firstEnd)
                            .toList());
        }
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void clockThatJumpedForAMomentTakesNoTombstone() throws Exception {
        compacted.publish(60, 10);
        compacted.publish(20, 1); // no tombstone of the others' keys is in the active segment
        compacted.compactAll();
        var leader = cluster.leader();
        leader.clockAheadMs.set(365 * CompactedCluster.DAY_MS);
        compacted.publish(1, 10);
        leader.clockAheadMs.set(0);

        compacted.publish(40, 1);
        compacted.compactAll();

        compacted.assertCompacted();
        assertThat(CompactedCluster.read(leader)).anyMatch(record -> record.value() == null && record.offset() < 180);
    }

    @Test
    void noCheckpointCoversFilesThatAreNotThere() throws Exception {
        compacted.publish(40, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        compacted.decide();
        compacted.publish(2, 10);
        cluster.awaitHighWatermark(compacted.published());
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        follower.takeCheckpoint();
        assertThat(CheckpointFile.read(follower.disk, follower.partition())).isEmpty();

        follower.kill();
        follower.start();
        cluster.awaitHighWatermark(compacted.published());
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        compacted.compactAll();

        follower.takeCheckpoint();
        assertThat(CheckpointFile.read(follower.disk, follower.partition()))
                .hasValueSatisfying(
                        checkpoint -> assertThat(checkpoint.compactedEnd()).isPositive());
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    /** Where a node is killed while it compacts. */
    enum CrashPoint {
        BEFORE_FIRST_WRITE(Moment.before(Operation.WRITE, ".1.log.tmp")),
        BEFORE_FORCE(Moment.before(Operation.FORCE, ".1.log.tmp")),
        AFTER_FORCE(Moment.after(Operation.FORCE, ".1.log.tmp")),
        BEFORE_CHECKPOINT(Moment.before(Operation.WRITE, CheckpointFile.NAME + ".tmp")),
        CHECKPOINT_WITHOUT_ITS_NAME(Moment.after(Operation.FORCE, CheckpointFile.NAME + ".tmp"));

        @SuppressWarnings("ImmutableEnumChecker") // a record of values, which Error Prone does not see
        private final Moment moment;

        CrashPoint(Moment moment) {
            this.moment = moment;
        }
    }

    @Tag("nightly")
    @ParameterizedTest
    @EnumSource(CrashPoint.class)
    void killWhileCompactingHeals(CrashPoint point) throws Exception {
        compacted.publish(40, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        compacted.decide();
        compacted.publish(1, 10);
        cluster.awaitHighWatermark(compacted.published());
        await().atMost(PATIENCE).until(() -> follower.replica().compactionPending());
        var hold = follower.disk.hold(point.moment);
        var thread = new Thread(() -> {
            compacted.tick(follower);
            try {
                follower.takeCheckpoint();
            } catch (IOException e) {
                // The disk was killed.
            }
        });
        thread.start();
        await().atMost(PATIENCE).until(hold::isReached);
        var image = follower.image(point.name());
        follower.disk.kill();
        hold.release();
        thread.join(TimeUnit.SECONDS.toMillis(30));
        follower.kill();

        follower.moveTo(image);
        follower.start();

        assertThat(follower.isQuarantined()).isFalse();
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void leaderThatWasCutOffThrowsItsPassAway() throws Exception {
        compacted.publish(40, 10);
        cluster.awaitHighWatermark(compacted.published());
        var old = cluster.leader();
        network.isolate(old);
        var thread = new Thread(() -> compacted.tick(old));
        thread.start();
        var elected = cluster.leaderAmong(cluster.othersThan(old));
        compacted.clockMs.addAndGet(5_000); // its pass gives other bytes
        await().atMost(PATIENCE).until(() -> {
            compacted.tick(elected);
            return elected.replica().compaction().compactedEndOffset() > 0;
        });
        network.heal();
        thread.join(TimeUnit.SECONDS.toMillis(90));
        assertThat(thread.isAlive()).isFalse();

        compacted.publish(10, 10);
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void leadersTakeTurnsAndAgree() throws Exception {
        for (int round = 0; round < 4; round++) {
            compacted.publish(20, 10);
            compacted.decide();
            var leader = cluster.leader();
            leader.kill();
            cluster.leader();
            compacted.publish(3, 10);
            leader.start();
            cluster.awaitHighWatermark(compacted.published());
        }
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void replicaWhoseSourceIsDamagedFetchesTheFile() throws Exception {
        compacted.publish(40, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        ReplicaFiles.flipBitInTheMiddle(follower.partition().resolve("00000000000000000000.log"));

        compacted.compactAll();

        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void entriesOfCompactedSegmentsStillReachAFollower() throws Exception {
        compacted.publish(5, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        follower.kill();
        compacted.publish(40, 10);
        compacted.compactAll();
        compacted.publish(1, 10);
        for (var node : cluster.running()) {
            node.replica().deleteTrimmed();
            node.stop(); // nothing is left in memory
        }
        for (var node : cluster.othersThan(follower)) {
            node.start();
        }
        cluster.leader();

        follower.start();

        cluster.awaitHighWatermark(compacted.published());
        compacted.compactAll();
        compacted.assertCompacted();
        assertThat(follower.catchUps().installations()).isZero();
        compacted.awaitSameFiles();
    }

    @Test
    void followerThatCatchesUpGetsCompactedSegments() throws Exception {
        compacted.publish(10, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        follower.kill();
        compacted.publish(40, 10);
        compacted.compactAll();
        compacted.publish(15, 10);
        compacted.purgeBeyond(follower);

        follower.start();

        cluster.awaitHighWatermark(compacted.published());
        assertThat(follower.catchUps().installations()).isPositive();
        compacted.assertCompacted();
        compacted.publish(10, 10);
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
        follower.kill();
        follower.start();
        cluster.awaitHighWatermark(compacted.published());
        compacted.assertCompacted();
    }

    @Tag("nightly")
    @Test
    void newReplicaOfACompactedPartitionCatchesUp() throws Exception {
        var follower = compacted.follower();
        follower.kill();
        compacted.publish(50, 10);
        compacted.compactAll();
        compacted.publish(5, 10);
        compacted.purgeBeyond(follower);

        follower.start();

        cluster.awaitHighWatermark(compacted.published());
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void followerWithItsOwnCompactedFilesCatchesUp() throws Exception {
        compacted.publish(30, 10);
        compacted.compactAll();
        compacted.publish(1, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        follower.takeCheckpoint();
        follower.kill();
        compacted.publish(30, 10);
        compacted.compactAll();
        compacted.publish(1, 10);
        compacted.purgeBeyond(follower);

        follower.start();

        cluster.awaitHighWatermark(compacted.published());
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    /** Where the follower is killed while it catches up. */
    enum CatchUpCrash {
        WHILE_IT_RECEIVES(Moment.after(Operation.WRITE, ".1.log.in")),
        WHEN_THE_FILES_ARE_THERE(Moment.after(Operation.WRITE, ".log")),
        BEFORE_CHECKPOINT(Moment.before(Operation.WRITE, CheckpointFile.NAME + ".tmp")),
        CHECKPOINT_WITHOUT_ITS_NAME(Moment.after(Operation.FORCE, CheckpointFile.NAME + ".tmp"));

        @SuppressWarnings("ImmutableEnumChecker") // a record of values, which Error Prone does not see
        private final Moment moment;

        CatchUpCrash(Moment moment) {
            this.moment = moment;
        }
    }

    @Tag("nightly")
    @ParameterizedTest
    @EnumSource(CatchUpCrash.class)
    void killWhileCatchingUpWithCompactedSegmentsHeals(CatchUpCrash point) throws Exception {
        compacted.publish(10, 10);
        cluster.awaitHighWatermark(compacted.published());
        var follower = compacted.follower();
        follower.kill();
        compacted.publish(40, 10);
        compacted.compactAll();
        compacted.publish(15, 10);
        compacted.purgeBeyond(follower);
        var hold = follower.disk.hold(point.moment);
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        var image = follower.image(point.name());

        follower.restartFrom(image);

        assertThat(follower.isQuarantined()).isFalse();
        compacted.publish(2, 10);
        cluster.awaitHighWatermark(compacted.published());
        compacted.compactAll();
        compacted.assertCompacted();
        compacted.awaitSameFiles();
    }

    @Tag("nightly")
    @Test
    void trimmedAndCompactedLogStartsAgain() throws Exception {
        compacted.publish(40, 10);
        compacted.compactAll();
        compacted.publish(1, 10);
        long start = cluster.leader().replica().compaction().compactedEndOffset() - 5;
        await().atMost(PATIENCE)
                .until(() -> cluster.leader().replica().trim(start).get(10, TimeUnit.SECONDS)
                        instanceof TrimOutcome.Trimmed);
        for (var node : cluster.nodes()) {
            await().atMost(PATIENCE).until(() -> node.replica().logStartOffset() == start);
            node.replica().deleteTrimmed();
        }
        // The newest checkpoint is older than the pass: what it was made from must still be there.
        for (var node : cluster.nodes()) {
            node.kill();
        }
        for (var node : cluster.nodes()) {
            node.start();
        }
        assertThat(cluster.nodes()).noneMatch(PartitionNodeFixture::isQuarantined);
        compacted.publish(20, 10);
        compacted.compactAll();

        long end = cluster.leader().replica().compaction().compactedEndOffset();
        for (var node : cluster.nodes()) {
            assertThat(CompactedCluster.read(node, start))
                    .isEqualTo(compacted.expected(end).stream()
                            .filter(record -> record.offset() >= start)
                            .toList());
        }
    }
}
