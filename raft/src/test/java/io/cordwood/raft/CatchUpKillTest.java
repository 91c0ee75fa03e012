package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PurgedCluster.assertCaughtUp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.HoldingDisk.Moment;
import io.cordwood.raft.HoldingDisk.Operation;
import io.cordwood.store.CheckpointFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Followers that are killed while they catch up, and those that die right behind it. */
class CatchUpKillTest {
    @TempDir
    Path directory;

    private PurgedCluster purged;
    private PartitionCluster cluster;

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
        purged = PurgedCluster.start(directory);
        cluster = purged.cluster;
    }

    @AfterEach
    void close() {
        purged.close();
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
        purged.publish(60);
        purged.purgeBeyond(follower);
        var hold = follower.disk.hold(point.moment);
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        var image = follower.image(point.name());

        follower.restartFrom(image);

        purged.awaitAll();
        assertCaughtUp(follower);
        purged.publish(3);
        purged.assertIdentical();
    }

    @Test
    void whatWasFetchedBeforeAKillIsNotFetchedAgain() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        purged.publish(60);
        purged.purgeBeyond(follower);
        var hold = follower.disk.hold(CrashPoint.BEFORE_CHECKPOINT.moment);
        follower.start();
        await().atMost(PATIENCE).until(hold::isReached);
        assertThat(follower.catchUps().fetchedBytes()).isGreaterThan(60 * 200);
        var image = follower.image("fetched");

        follower.restartFrom(image);

        purged.awaitAll();
        assertCaughtUp(follower);
        assertThat(follower.catchUps().fetchedBytes()).isZero();
        assertThat(follower.catchUps().comparedRecords()).isGreaterThan(100);
        purged.assertIdentical();
    }

    @Test
    void crashBetweenCheckpointAndPurgeHeals() throws Exception {
        var follower = cluster.othersThan(cluster.leader()).get(0);
        follower.kill();
        purged.publish(60);
        purged.purgeBeyond(follower);
        // The raft log as it was before the catch-up, beside the files and the checkpoint as they were behind it.
        var raftBefore = directory.resolve("raft-before");
        ReplicaFiles.copyTree(follower.raftGroup(), raftBefore);
        follower.start();
        purged.awaitAll();
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
        purged.publish(3);
        purged.assertIdentical();
    }
}
