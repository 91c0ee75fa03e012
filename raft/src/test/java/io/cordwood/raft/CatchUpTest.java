package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static io.cordwood.raft.PartitionCluster.batchOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.HoldingDisk.Hold;
import io.cordwood.raft.HoldingDisk.Moment;
import io.cordwood.raft.HoldingDisk.Operation;
import io.cordwood.store.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.ratis.server.raftlog.RaftLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Followers that the leader's raft log does not reach back to. */
class CatchUpTest {
    private static final long PRODUCER_ID = 7;
    private static final int BIG_RECORD = 1_000_000;
    private static final int SEGMENT_BYTES = 4 << 10;
    /** Nothing is purged but behind a checkpoint that a test takes. */
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 1 << 10, 1, 4);

    @TempDir
    Path directory;

    private final Network network = new Network();
    private PartitionCluster cluster;
    private long expected;

    /** Where the follower is killed while it catches up. */
    enum CrashPoint {
        BEFORE_FIRST_WRITE(Moment.before(Operation.WRITE, ".log")),
        AFTER_FIRST_WRITE(Moment.after(Operation.WRITE, ".log")),
        BEFORE_CHECKPOINT(Moment.before(Operation.WRITE, CheckpointFile.NAME + ".tmp")),
        CHECKPOINT_WITHOUT_ITS_NAME(Moment.after(Operation.FORCE, CheckpointFile.NAME + ".tmp"));

        @SuppressWarnings("ImmutableEnumChecker") // a record of values, which Error Prone does not see
        private final Moment moment;

        CrashPoint(Moment moment) {
            this.moment = moment;
        }
    }

    @BeforeEach
    void start() throws Exception {
        cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP);
        publish(5);
        cluster.awaitHighWatermark(expected);
    }

    @AfterEach
    void close() {
        network.close();
        cluster.close();
    }

    /** Of a producer, so that what is sent again because its answer was lost is not there twice. */
    private RecordBatch next(int valueBytes) {
        return batchOf(PRODUCER_ID, (int) expected, "r" + expected, "x".repeat(valueBytes));
    }

    private void publish(int batches) throws Exception {
        var leader = cluster.leader();
        for (int i = 0; i < batches; i++) {
            var batch = next(200);
            if (!(append(leader, batch) instanceof Appended)) {
                cluster.appendSurely(batch);
                leader = cluster.leader();
            }
            expected += 2;
        }
    }

    /** Has the leader forget its raft log but for the newest entries, all of them beyond what the follower has. */
    private void purgeBeyond(PartitionNodeFixture follower) throws IOException {
        long followerNext = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        for (var node : cluster.running()) {
            node.takeCheckpoint();
        }
        var leaderLog = cluster.leader().raftLog();
        await().atMost(PATIENCE).until(() -> leaderLog.getStartIndex() > followerNext);
    }

    private void assertIdentical() throws IOException {
        cluster.awaitHighWatermark(expected);
        var leader = cluster.leader();
        for (var node : cluster.running()) {
            assertThat(node.values()).hasSize((int) expected);
            assertThat(node.segmentContents()).isEqualTo(leader.segmentContents());
            assertThat(node.halts).isEmpty();
        }
    }

    private static void assertCaughtUp(PartitionNodeFixture follower) {
        assertThat(follower.catchUps().notifications()).isPositive();
        assertThat(follower.catchUps().installations()).isPositive();
    }

    @Test
    void followerBehindThePurgeCatchesUp() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.stop();
        publish(60);
        purgeBeyond(follower);

        follower.start();

        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        assertThat(follower.catchUps().installations()).isOne();
        publish(10);
        assertIdentical();
        follower.stop();
        publish(3);
        follower.start();
        publish(3);
        assertIdentical();
        assertThat(follower.catchUps().installations()).isZero();
    }

    /** Its catch-up runs for as long as the disk stands still. */
    @Test
    void leaderDoesNotAskAllTheTimeWhetherAFollowerHasCaughtUp() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publish(60);
        purgeBeyond(follower);
        var hold = follower.disk.hold(CrashPoint.AFTER_FIRST_WRITE.moment);
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        int before = network.notificationsTo(follower);
        long startNanos = System.nanoTime();

        await().atMost(PATIENCE).until(() -> network.notificationsTo(follower) > before + 10);

        var elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
        assertThat(elapsed).isGreaterThan(Duration.ofMillis(9 * InstallPace.waitMs(PartitionNodeFixture.TIMINGS)));
        assertThat(cluster.othersThan(follower)).anyMatch(PartitionNodeFixture::leads);
        hold.release();
        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        assertIdentical();
    }

    @Test
    void whatARoundFetchedIsNotComparedInTheNext() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.stop();
        long before = expected;
        for (long bytes = 0; bytes <= RoundPace.LAST_ROUND_BYTES; bytes += BIG_RECORD) {
            cluster.appendSurely(next(BIG_RECORD));
            expected += 2;
        }
        long big = expected - before;
        publish(30);
        purgeBeyond(follower);

        follower.start();

        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        assertThat(follower.catchUps().fetchedBytes()).isGreaterThan(RoundPace.LAST_ROUND_BYTES);
        assertThat(follower.catchUps().comparedRecords()).isLessThan(before + big);
        assertIdentical();
    }

    @Test
    void replicaThatCaughtUpLeads() throws Exception {
        var others = cluster.othersThan(cluster.leader());
        others.get(0).stop();
        publish(60);
        purgeBeyond(others.get(0));
        others.get(0).start();
        cluster.awaitHighWatermark(expected);
        others.get(1).stop();
        publish(5);
        var leader = cluster.leader();
        leader.stop();
        others.get(1).start();

        publish(5);
        assertThat(cluster.leader()).isEqualTo(others.get(0));
        leader.start();
        assertIdentical();
    }

    @Test
    void batchesComeInWhileAFollowerCatchesUp() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publish(60);
        purgeBeyond(follower);
        follower.start();
        for (int round = 0; round < 10; round++) {
            publish(10);
            cluster.leader().takeCheckpoint();
        }

        assertIdentical();
        assertThat(append(cluster.leader(), batch("last"))).isInstanceOf(Appended.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = CrashPoint.class,
            names = {"CHECKPOINT_WITHOUT_ITS_NAME"})
    void killWhileCatchingUpHeals(CrashPoint point) throws Exception {
        killWhileCatchingUp(point);
    }

    @ParameterizedTest
    @EnumSource(
            value = CrashPoint.class,
            names = {"BEFORE_FIRST_WRITE", "AFTER_FIRST_WRITE", "BEFORE_CHECKPOINT"})
    @Tag("nightly")
    void killAtAnEarlierStepOfACatchUpHeals(CrashPoint point) throws Exception {
        killWhileCatchingUp(point);
    }

    private void killWhileCatchingUp(CrashPoint point) throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publish(60);
        purgeBeyond(follower);
        var hold = follower.disk.hold(point.moment);
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        var image = follower.image(point.name());

        follower.restartFrom(image);

        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        publish(3);
        assertIdentical();
    }

    @Test
    void whatWasFetchedBeforeAKillIsNotFetchedAgain() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publish(60);
        purgeBeyond(follower);
        var hold = follower.disk.hold(CrashPoint.BEFORE_CHECKPOINT.moment);
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        assertThat(follower.catchUps().fetchedBytes()).isGreaterThan(60 * 200);
        var image = follower.image("fetched");

        follower.restartFrom(image);

        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        assertThat(follower.catchUps().fetchedBytes()).isZero();
        assertThat(follower.catchUps().comparedRecords()).isGreaterThan(100);
        assertIdentical();
    }

    @Test
    void crashBetweenCheckpointAndPurgeHeals() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publish(60);
        purgeBeyond(follower);
        // The raft log as it was before the catch-up, beside the files and the checkpoint as they were behind it.
        var raftBefore = directory.resolve("raft-before");
        ReplicaFiles.copyTree(follower.raftGroup(), raftBefore);
        follower.start();
        cluster.awaitHighWatermark(expected);
        follower.kill();
        var image = follower.image("half");
        follower.moveTo(image);
        for (var purged : new ReplicaFiles(follower.raftGroup(), follower.partition()).raftSegments()) {
            Files.delete(purged);
        }
        for (var segment : new ReplicaFiles(raftBefore, follower.partition()).raftSegments()) {
            Files.copy(segment, follower.raftGroup().resolve("current").resolve(segment.getFileName()));
        }

        follower.start();

        assertThat(follower.isQuarantined()).isFalse();
        publish(3);
        assertIdentical();
    }

    @Test
    void conflictingEntriesBelowThePurgeAreReplaced() throws Exception {
        var cutOff = cluster.leader();
        network.isolate(cutOff);
        for (int i = 0; i < 20; i++) {
            var unused = cutOff.replica().append(AppendRequest.of(batch("stale" + i, "y".repeat(300))));
        }
        long before = cutOff.sizeBytes();
        await().atMost(PATIENCE).until(() -> cutOff.sizeBytes() > before);
        var others = cluster.othersThan(cutOff);
        var elected = cluster.leaderAmong(others);
        for (int i = 0; i < 60; i++) {
            assertThat(append(elected, next(200))).isInstanceOf(Appended.class);
            expected += 2;
        }
        elected.takeCheckpoint();
        others.get(0).takeCheckpoint();
        others.get(1).takeCheckpoint();
        long cutOffNext = cutOff.raftLog().getNextIndex();
        assertThat(elected.raftLog().getStartIndex()).isGreaterThan(cutOffNext);

        network.healNotified(cutOff);

        cluster.awaitHighWatermark(expected);
        assertCaughtUp(cutOff);
        publish(3);
        assertIdentical();
    }

    /** All checkpoints at the end of the log, and a new term whose first entry begins the file that is left (RATIS-2500). */
    @Test
    void followerWhoseCheckpointIsWhereTheLeadersLogBeginsIsNotNotifiedForEver() throws Exception {
        publish(20);
        cluster.awaitHighWatermark(expected);
        for (var node : cluster.nodes()) {
            node.takeCheckpoint();
        }
        var oldLeader = cluster.leader();
        var follower = cluster.othersThan(oldLeader).get(0);
        follower.stop();
        oldLeader.stop();
        oldLeader.start();
        publish(40);
        purgeBeyond(follower);

        follower.start();

        cluster.awaitHighWatermark(expected);
        assertThat(follower.catchUps().notifications()).isBetween(1L, 10L);
        assertThat(follower.catchUps().installations()).isOne();
        publish(1);
        assertIdentical();
    }

    @Test
    void followerThatLacksNothingIsNotFetchedFor() throws Exception {
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        publish(60);
        cluster.awaitHighWatermark(expected);
        leader.takeCheckpoint();
        await().atMost(PATIENCE).until(() -> leader.raftLog().getStartIndex() > 0);

        leader.setMembers(cluster.othersThan(follower));
        publish(2);
        leader.setMembers(cluster.nodes());

        publish(2);
        assertIdentical();
        assertThat(follower.catchUps().fetchedBytes()).isLessThan(2_000);
    }

    @Test
    void followerBehindTheLogStartBeginsThere() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        long followerNext = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        var leader = trimBeyond(follower, followerNext);

        follower.start();

        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        publish(3);
        cluster.awaitHighWatermark(expected);
        assertThat(follower.replica().logStartOffset())
                .isEqualTo(leader.replica().logStartOffset());
        assertThat(follower.segmentContents()).isEqualTo(leader.segmentContents());
        follower.kill();
        follower.start();
        cluster.awaitHighWatermark(expected);
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.halts).isEmpty();
    }

    /** Has the others trim, and forget, what the follower lacks. Returns who leads them. */
    private PartitionNodeFixture trimBeyond(PartitionNodeFixture follower, long followerNext) throws Exception {
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

    @Test
    void checkpointOfFilesThatAreGivenUpIsNotTaken() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.takeCheckpoint();
        publish(20);
        cluster.awaitHighWatermark(expected);
        network.isolate(follower);
        trimBeyond(follower, follower.raftLog().getNextIndex());
        var hold = follower.disk.hold(CrashPoint.AFTER_FIRST_WRITE.moment);
        network.healNotified(follower);
        await().atMost(PATIENCE).until(hold::isReached);
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).exists();

        network.isolate(follower);
        hold.release();
        // Ratis asks for none while a catch-up runs, but between two of them.
        long taken = await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(follower::takeCheckpoint, index -> true);
        assertThat(taken).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        var image = follower.image("given-up");
        network.heal();
        follower.restartFrom(image);

        assertThat(follower.isQuarantined()).isFalse();
        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).doesNotExist();
        assertThat(follower.segmentContents()).isEqualTo(cluster.leader().segmentContents());
        assertThat(follower.halts).isEmpty();
    }

    /** The next leader's raft log reaches back far enough: it sends entries, and no notification. */
    @Test
    void followerThatGaveUpItsFilesCatchesUpWithALeaderThatDoesNotNotifyIt() throws Exception {
        followerThatGaveUpItsFilesCatchesUp(false);
    }

    @Test
    @Tag("nightly")
    void followerThatGaveUpItsFilesCatchesUpBehindARestart() throws Exception {
        followerThatGaveUpItsFilesCatchesUp(true);
    }

    private void followerThatGaveUpItsFilesCatchesUp(boolean isRestarted) throws Exception {
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        var next = cluster.othersThan(leader).get(1);
        var hold = giveUpFilesOf(follower, leader);

        leader.kill();
        if (isRestarted) {
            follower.restartFrom(follower.image("given-up"));
        } else {
            hold.release();
        }

        assertThat(cluster.leaderAmong(List.of(next))).isEqualTo(next);
        cluster.awaitHighWatermark(expected);
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.catchUps().installations()).isPositive();
        publish(3);
        cluster.awaitHighWatermark(expected);
        assertThat(next.segmentContents()).containsAllEntriesOf(follower.segmentContents());
        assertThat(follower.replica().logStartOffset()).isEqualTo(next.replica().logStartOffset());
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).doesNotExist();
        leader.start();
        cluster.awaitHighWatermark(expected);
        assertThat(follower.halts).isEmpty();
        assertThat(next.halts).isEmpty();
    }

    /** Only the leader has trimmed files and a purged raft log; the follower stands still in the first file that it fetches. */
    private Hold giveUpFilesOf(PartitionNodeFixture follower, PartitionNodeFixture leader) throws Exception {
        network.isolate(follower);
        long followerNext = follower.raftLog().getNextIndex();
        publish(60);
        leader.replica().trim(expected - 10).get();
        publish(5);
        for (var node : cluster.othersThan(follower)) {
            await().atMost(PATIENCE).until(() -> node.replica().highWatermark() >= expected);
        }
        leader.takeCheckpoint();
        await().atMost(PATIENCE).until(() -> leader.raftLog().getStartIndex() > followerNext);
        leader.replica().deleteTrimmed();
        await().atMost(PATIENCE).until(() -> leader.replica().sizeBytes() < 5 * SEGMENT_BYTES);
        var hold = follower.disk.hold(CrashPoint.AFTER_FIRST_WRITE.moment);
        network.healNotified(follower);
        await().atMost(PATIENCE).until(hold::isReached);
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).exists();
        return hold;
    }

    /** What is kept is more than the node's rate fetches before the leader has trimmed it. */
    @Test
    void trimsThatOvertakeTheRateDoNotKeepAFollowerOut() throws Exception {
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        follower.kill();
        publish(100);
        trimAllBut(150);
        follower.catchUpLimits = new CatchUpLimits(2 << 10, 1);
        follower.start();

        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        while (follower.catchUps().installations() == 0 && System.nanoTime() < deadlineNanos) {
            publish(40);
            trimAllBut(150);
        }

        assertCaughtUp(follower);
        cluster.awaitHighWatermark(expected);
        assertThat(follower.halts).isEmpty();
    }

    /** Trims, purges and deletes on the leader all but so many records. */
    private void trimAllBut(int records) throws Exception {
        var leader = cluster.leader();
        leader.replica().trim(expected - records).get();
        publish(1);
        leader.takeCheckpoint();
        leader.replica().deleteTrimmed();
    }

    @Test
    void followerWaitsForRoomOnItsDisk() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        publish(60);
        purgeBeyond(follower);
        follower.disk.setUsableBytes(() -> 0);

        follower.start();

        await().atMost(PATIENCE).until(() -> follower.catchUps().failures() > 1);
        assertThat(follower.catchUps().fetchedBytes()).isZero();
        assertThat(follower.halts).isEmpty();
        follower.disk.setUsableBytes(() -> Long.MAX_VALUE);
        cluster.awaitHighWatermark(expected);
        assertCaughtUp(follower);
        assertIdentical();
    }

    @Test
    void markerThatCannotBeDeletedDoesNotUndoTheInstallation() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        long followerNext = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        trimBeyond(follower, followerNext);
        follower.disk.refuseDeletionOf(RefetchMarker.NAME);

        follower.start();

        cluster.awaitHighWatermark(expected);
        assertThat(follower.catchUps().installations()).isOne();
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).exists();
        follower.kill();
        follower.start();
        publish(3);
        cluster.awaitHighWatermark(expected);
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.halts).isEmpty();
    }
}
