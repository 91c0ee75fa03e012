package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static io.cordwood.raft.PurgedCluster.assertCaughtUp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.HoldingDisk.Moment;
import io.cordwood.raft.HoldingDisk.Operation;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Followers that the leader's raft log does not reach back to. */
class CatchUpTest {
    private static final int BIG_RECORD = 1_000_000;

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
    void followerBehindThePurgeCatchesUp() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.stop();
        purged.publish(60);
        purged.purgeBeyond(follower);

        follower.start();

        purged.awaitAll();
        assertCaughtUp(follower);
        assertThat(follower.catchUps().installations()).isOne();
        purged.publish(10);
        purged.assertIdentical();
        follower.stop();
        purged.publish(3);
        follower.start();
        purged.publish(3);
        purged.assertIdentical();
        assertThat(follower.catchUps().installations()).isZero();
    }

    /** Its catch-up runs for as long as the disk stands still. */
    @Test
    void leaderDoesNotAskAllTheTimeWhetherAFollowerHasCaughtUp() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        purged.publish(60);
        purged.purgeBeyond(follower);
        var hold = follower.disk.hold(Moment.after(Operation.WRITE, ".log"));
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        int before = purged.network.notificationsTo(follower);
        long startNanos = System.nanoTime();

        await().atMost(PATIENCE).until(() -> purged.network.notificationsTo(follower) > before + 10);

        var elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
        assertThat(elapsed).isGreaterThan(Duration.ofMillis(9 * InstallPace.waitMs(PartitionNodeFixture.TIMINGS)));
        assertThat(cluster.othersThan(follower)).anyMatch(PartitionNodeFixture::leads);
        hold.release();
        purged.awaitAll();
        assertCaughtUp(follower);
        purged.assertIdentical();
    }

    @Test
    void whatARoundFetchedIsNotComparedInTheNext() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.stop();
        long before = purged.expected();
        for (long bytes = 0; bytes <= RoundPace.LAST_ROUND_BYTES; bytes += BIG_RECORD) {
            cluster.appendSurely(purged.next(BIG_RECORD));
            purged.appended();
        }
        long big = purged.expected() - before;
        purged.publish(30);
        purged.purgeBeyond(follower);

        follower.start();

        purged.awaitAll();
        assertCaughtUp(follower);
        assertThat(follower.catchUps().fetchedBytes()).isGreaterThan(RoundPace.LAST_ROUND_BYTES);
        assertThat(follower.catchUps().comparedRecords()).isLessThan(before + big);
        purged.assertIdentical();
    }

    @Test
    void replicaThatCaughtUpLeads() throws Exception {
        var others = cluster.othersThan(cluster.leader());
        others.get(0).stop();
        purged.publish(60);
        purged.purgeBeyond(others.get(0));
        others.get(0).start();
        purged.awaitAll();
        others.get(1).stop();
        purged.publish(5);
        var leader = cluster.leader();
        leader.stop();
        others.get(1).start();

        purged.publish(5);
        assertThat(cluster.leader()).isEqualTo(others.get(0));
        leader.start();
        purged.assertIdentical();
    }

    @Test
    void batchesComeInWhileAFollowerCatchesUp() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        purged.publish(60);
        purged.purgeBeyond(follower);
        follower.start();
        for (int round = 0; round < 10; round++) {
            purged.publish(10);
            cluster.leader().takeCheckpoint();
        }

        purged.assertIdentical();
        assertThat(append(cluster.leader(), batch("last"))).isInstanceOf(Appended.class);
    }

    @Test
    void conflictingEntriesBelowThePurgeAreReplaced() throws Exception {
        var cutOff = cluster.leader();
        purged.network.isolate(cutOff);
        for (int i = 0; i < 20; i++) {
            var unused = cutOff.replica().append(AppendRequest.of(batch("stale" + i, "y".repeat(300))));
        }
        long before = cutOff.sizeBytes();
        await().atMost(PATIENCE).until(() -> cutOff.sizeBytes() > before);
        var others = cluster.othersThan(cutOff);
        var elected = cluster.leaderAmong(others);
        for (int i = 0; i < 60; i++) {
            assertThat(append(elected, purged.next(200))).isInstanceOf(Appended.class);
            purged.appended();
        }
        elected.takeCheckpoint();
        others.get(0).takeCheckpoint();
        others.get(1).takeCheckpoint();
        long cutOffNext = cutOff.raftLog().getNextIndex();
        assertThat(elected.raftLog().getStartIndex()).isGreaterThan(cutOffNext);

        purged.network.healNotified(cutOff);

        purged.awaitAll();
        assertCaughtUp(cutOff);
        purged.publish(3);
        purged.assertIdentical();
    }

    /** All checkpoints at the end of the log, and a new term whose first entry begins the file that is left (RATIS-2500). */
    @Test
    void followerWhoseCheckpointIsWhereTheLeadersLogBeginsIsNotNotifiedForEver() throws Exception {
        purged.publish(20);
        purged.awaitAll();
        for (var node : cluster.nodes()) {
            node.takeCheckpoint();
        }
        var oldLeader = cluster.leader();
        var follower = cluster.othersThan(oldLeader).get(0);
        follower.stop();
        oldLeader.stop();
        oldLeader.start();
        purged.publish(40);
        purged.purgeBeyond(follower);

        follower.start();

        purged.awaitAll();
        assertThat(follower.catchUps().notifications()).isBetween(1L, 10L);
        assertThat(follower.catchUps().installations()).isOne();
        purged.publish(1);
        purged.assertIdentical();
    }

    @Test
    void followerThatLacksNothingIsNotFetchedFor() throws Exception {
        var leader = cluster.leader();
        var follower = cluster.othersThan(leader).get(0);
        purged.publish(60);
        purged.awaitAll();
        leader.takeCheckpoint();
        await().atMost(PATIENCE).until(() -> leader.raftLog().getStartIndex() > 0);

        leader.setMembers(cluster.othersThan(follower));
        purged.publish(2);
        leader.setMembers(cluster.nodes());

        purged.publish(2);
        purged.assertIdentical();
        assertThat(follower.catchUps().fetchedBytes()).isLessThan(2_000);
    }

    @Test
    void followerBehindTheLogStartBeginsThere() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        long followerNext = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        var leader = purged.trimBeyond(follower, followerNext);

        follower.start();

        purged.awaitAll();
        assertCaughtUp(follower);
        purged.publish(3);
        purged.awaitAll();
        assertThat(follower.replica().logStartOffset())
                .isEqualTo(leader.replica().logStartOffset());
        assertThat(follower.segmentContents()).isEqualTo(leader.segmentContents());
        follower.kill();
        follower.start();
        purged.awaitAll();
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.halts).isEmpty();
    }
}
