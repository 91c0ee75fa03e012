package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PurgedCluster.assertCaughtUp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.HoldingDisk.Hold;
import io.cordwood.raft.HoldingDisk.Moment;
import io.cordwood.raft.HoldingDisk.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.ratis.server.raftlog.RaftLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes between while a follower catches up: files that it gave up, trims, a full disk. */
class CatchUpHindrancesTest {
    private static final Moment IN_THE_FIRST_FILE = Moment.after(Operation.WRITE, ".log");

    @TempDir
    Path directory;

    private PurgedCluster purged;
    private PartitionCluster cluster;

    @BeforeEach
    void start() throws Exception {
        purged = PurgedCluster.start(directory);
        cluster = purged.cluster;
    }

    @AfterEach
    void close() {
        purged.close();
    }

    @Test
    void checkpointOfFilesThatAreGivenUpIsNotTaken() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.takeCheckpoint();
        purged.publish(20);
        purged.awaitAll();
        purged.network.isolate(follower);
        purged.trimBeyond(follower, follower.raftLog().getNextIndex());
        var hold = follower.disk.hold(IN_THE_FIRST_FILE);
        purged.network.healNotified(follower);
        await().atMost(PATIENCE).until(hold::isReached);
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).exists();

        purged.network.isolate(follower);
        hold.release();
        // Ratis asks for none while a catch-up runs, but between two of them.
        long taken = await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(follower::takeCheckpoint, index -> true);
        assertThat(taken).isEqualTo(RaftLog.INVALID_LOG_INDEX);
        var image = follower.image("given-up");
        purged.network.heal();
        follower.restartFrom(image);

        assertThat(follower.isQuarantined()).isFalse();
        purged.awaitAll();
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
        purged.awaitAll();
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.catchUps().installations()).isPositive();
        purged.publish(3);
        purged.awaitAll();
        assertThat(next.segmentContents()).containsAllEntriesOf(follower.segmentContents());
        assertThat(follower.replica().logStartOffset()).isEqualTo(next.replica().logStartOffset());
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).doesNotExist();
        leader.start();
        purged.awaitAll();
        assertThat(follower.halts).isEmpty();
        assertThat(next.halts).isEmpty();
    }

    /** Only the leader has trimmed files and a purged raft log; the follower stands still in the first file that it fetches. */
    private Hold giveUpFilesOf(PartitionNodeFixture follower, PartitionNodeFixture leader) throws Exception {
        purged.network.isolate(follower);
        long followerNext = follower.raftLog().getNextIndex();
        purged.publish(60);
        leader.replica().trim(purged.expected() - 10).get();
        purged.publish(5);
        for (var node : cluster.othersThan(follower)) {
            await().atMost(PATIENCE).until(() -> node.replica().highWatermark() >= purged.expected());
        }
        leader.takeCheckpoint();
        await().atMost(PATIENCE).until(() -> leader.raftLog().getStartIndex() > followerNext);
        leader.replica().deleteTrimmed();
        await().atMost(PATIENCE).until(() -> leader.replica().sizeBytes() < 5 * PurgedCluster.SEGMENT_BYTES);
        var hold = follower.disk.hold(IN_THE_FIRST_FILE);
        purged.network.healNotified(follower);
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
        purged.publish(100);
        trimAllBut(150);
        follower.catchUpLimits = new CatchUpLimits(2 << 10, 1);
        follower.start();

        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        while (follower.catchUps().installations() == 0 && System.nanoTime() < deadlineNanos) {
            purged.publish(40);
            trimAllBut(150);
        }

        assertCaughtUp(follower);
        purged.awaitAll();
        assertThat(follower.halts).isEmpty();
    }

    /** Trims, purges and deletes on the leader all but so many records. */
    private void trimAllBut(int records) throws Exception {
        var leader = cluster.leader();
        leader.replica().trim(purged.expected() - records).get();
        purged.publish(1);
        leader.takeCheckpoint();
        leader.replica().deleteTrimmed();
    }

    @Test
    void followerWaitsForRoomOnItsDisk() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        purged.publish(60);
        purged.purgeBeyond(follower);
        follower.disk.setUsableBytes(() -> 0);

        follower.start();

        await().atMost(PATIENCE).until(() -> follower.catchUps().failures() > 1);
        assertThat(follower.catchUps().fetchedBytes()).isZero();
        assertThat(follower.halts).isEmpty();
        follower.disk.setUsableBytes(() -> Long.MAX_VALUE);
        purged.awaitAll();
        assertCaughtUp(follower);
        purged.assertIdentical();
    }

    @Test
    void markerThatCannotBeDeletedDoesNotUndoTheInstallation() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        long followerNext = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        purged.trimBeyond(follower, followerNext);
        follower.disk.refuseDeletionOf(RefetchMarker.NAME);

        follower.start();

        purged.awaitAll();
        assertThat(follower.catchUps().installations()).isOne();
        assertThat(follower.partition().resolve(RefetchMarker.NAME)).exists();
        follower.kill();
        follower.start();
        purged.publish(3);
        purged.awaitAll();
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.halts).isEmpty();
    }

    /** Else they would be fetched once more, and the entry that brought them would be committed without its bytes being there. */
    @Test
    void bytesThatAreOnTheirWayToTheFilesAreNotFetched() throws Exception {
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        var hold = follower.disk.holdBefore(Operation.WRITE, ".log");
        purged.publish(1);
        await().atMost(PATIENCE).until(() -> hold.isReached() && endsLike(follower, leader));
        purged.network.isolate(follower);
        await().atMost(PATIENCE).until(() -> leader.replica().highWatermark() == purged.expected());
        long before = leader.replica().sizeBytes();
        purged.publish(60);
        leader.takeCheckpoint();
        await().atMost(PATIENCE)
                .until(() ->
                        leader.raftLog().getStartIndex() > follower.raftLog().getNextIndex());
        long since = leader.replica().sizeBytes() - before;
        purged.network.healNotified(follower);
        await().atMost(PATIENCE).until(CatchUpHindrancesTest::waitsForTheWriter);

        hold.release();

        purged.awaitAll();
        assertCaughtUp(follower);
        assertThat(follower.catchUps().fetchedBytes()).isEqualTo(since);
        assertThat(follower.catchUps().comparedRecords()).isEqualTo(2);
        purged.assertIdentical();
    }

    private static boolean endsLike(PartitionNodeFixture follower, PartitionNodeFixture leader) throws IOException {
        return follower.raftLog().getNextIndex() == leader.raftLog().getNextIndex();
    }

    private static boolean waitsForTheWriter() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().startsWith("catch-up-"))
                .flatMap(thread -> Arrays.stream(thread.getValue()))
                .anyMatch(frame -> frame.getClassName().startsWith(ReplicaCatchUp.class.getName())
                        && frame.getMethodName().equals("change"));
    }
}
