package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.metadata.ReplicaChanges;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A partition on three nodes, of which one or more have no room. */
class FullDiskTest {
    private static final int SEGMENT_BYTES = 4 << 10;
    /** Each entry has a file of its own in the raft log; a test says when checkpoints are taken. */
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 128, 1, 0);

    private static final long FLOOR_BYTES = PartitionNodeFixture.SPACE_FLOOR.bytes();
    private static final String RECORD = "x".repeat(900);

    @TempDir
    Path directory;

    private final NodeTransport nobody = new NodeTransport(0, id -> Optional.empty());
    private MetadataImage image = MetadataImage.EMPTY;
    private PartitionCluster cluster;
    private PartitionNodeFixture leader;
    private PartitionNodeFixture follower;

    @BeforeEach
    void start() throws Exception {
        cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP);
        publish(8);
        cluster.awaitHighWatermark(8);
        leader = cluster.leader();
        follower = cluster.othersThan(leader).get(0);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            cluster.appendSurely(batch(RECORD));
        }
    }

    private static void leave(PartitionNodeFixture node, long bytes) {
        node.disk.setUsableBytes(() -> bytes);
        node.space().look();
    }

    @Test
    void followerWithoutRoomTakesNoPayloadAndTheOthersGoOn() throws Exception {
        leave(follower, FLOOR_BYTES / 2 - 1);

        publish(6);

        assertThat(leader.replica().highWatermark()).isEqualTo(14);
        assertThat(follower.replica().highWatermark()).isEqualTo(8);
        leave(follower, 2 * FLOOR_BYTES);
        cluster.awaitHighWatermark(14);
        assertThat(follower.segmentContents()).isEqualTo(leader.segmentContents());
        assertThat(follower.halts).isEmpty();
    }

    @Test
    void followerBelowItsFloorStillTakesWhatIsSent() {
        leave(follower, FLOOR_BYTES - 1);

        publish(2);

        cluster.awaitHighWatermark(10);
    }

    @Test
    void trimReachesAFollowerWithoutRoom() throws Exception {
        leave(follower, 0);

        assertThat(leader.replica().trim(5).get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isEqualTo(new TrimOutcome.Trimmed(5, 8));

        await().atMost(PATIENCE).until(() -> follower.replica().logStartOffset() == 5);
    }

    @Test
    void trimBehindPayloadMakesRoomWhenItIsHeardOf() throws Exception {
        leave(follower, 0);
        publish(6);
        leader.replica().trim(12).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        long before = follower.sizeBytes();
        follower.takeCheckpoint();

        follower.replica().trimmedElsewhere(12);

        assertThat(follower.replica().logStartOffset()).isEqualTo(8);
        await().atMost(PATIENCE).until(() -> {
            follower.replica().deleteTrimmed();
            return follower.sizeBytes() < before;
        });
        leave(follower, 2 * FLOOR_BYTES);
        follower.kill();
        follower.start();
        publish(2);
        cluster.awaitHighWatermark(16);
        await().atMost(PATIENCE).until(() -> follower.replica().logStartOffset() == 12);
        assertThat(follower.isQuarantined()).isFalse();
        assertThat(follower.halts).isEmpty();
    }

    private RoomTransfers transfers(IntPredicate hasRoom) {
        var groups = new RaftGroups(leader.server(), new RatisClient(), nobody.terms());
        var successors = new Successors(PartitionNodeFixture.TIMINGS, hasRoom, () -> image);
        return new RoomTransfers(groups, successors, () -> image, System::nanoTime);
    }

    @Test
    void leadershipGoesToAReplicaWithRoom() {
        var others = cluster.othersThan(leader);
        int withRoom = others.get(1).id();

        transfers(node -> node == withRoom).from(List.of(leader.replica()));

        assertThat(cluster.leaderAmong(others).id()).isEqualTo(withRoom);
    }

    @Test
    void leadershipDoesNotGoToAReplicaThatLeavesAlthoughItHasRoom() {
        var others = cluster.othersThan(leader);
        int leaving = others.get(0).id();
        int other = others.get(1).id();
        image = imageIn(leaving, ReplicaChange.Kind.LEAVING);

        transfers(node -> node == leaving).from(List.of(leader.replica()));
        transfers(node -> true).from(List.of(leader.replica()));

        assertThat(cluster.leaderAmong(others).id()).isEqualTo(other);
    }

    /** The metadata while a replica of the partition is changed. */
    private MetadataImage imageIn(int node, ReplicaChange.Kind kind) {
        var changes = new ReplicaChanges(new TreeMap<>(Map.of(node, new ReplicaChange(kind, 1))), 1);
        var partition = new PartitionInfo(
                0, cluster.group.getGroupId().getUuid(), 0, List.of(1, 2, 3), OptionalInt.of(leader.id()), 1, changes);
        var topic = new TopicInfo("orders", cluster.partition.topicId(), new TreeMap<>(), List.of(partition));
        return new MetadataImage(1, "cluster", 2, new TreeMap<>(), new TreeMap<>(Map.of("orders", topic)), 1);
    }

    @Test
    void leaderBelowItsFloorThatNobodyCanReplaceRefusesAndGoesOnByItself() throws Exception {
        var keeper = keeper(new SpaceReports(nobody, System::nanoTime));
        leave(leader, FLOOR_BYTES - 1);
        lookTenTimes(keeper);
        assertThat(append(leader, batch(RECORD))).isEqualTo(new NoRoom(0, "data", FLOOR_BYTES - 1, FLOOR_BYTES));

        leave(leader, 2 * FLOOR_BYTES);
        lookTenTimes(keeper);

        publish(1);
        cluster.awaitHighWatermark(9);
        assertThat(leader.leads()).isTrue();
    }

    @Test
    void leaderRefusesWhileBothOfItsFollowersHaveNoRoom() throws Exception {
        var reports = new SpaceReports(nobody, System::nanoTime);
        var keeper = keeper(reports);
        var first = new NoRoom(follower.id(), "raft", 1, 2);
        reports.heard(follower.id(), report(first));
        lookTenTimes(keeper);
        publish(1);

        int second = cluster.othersThan(leader, follower).get(0).id();
        reports.heard(second, report(new NoRoom(second, "raft", 1, 2)));
        lookTenTimes(keeper);
        assertThat(append(leader, batch(RECORD))).isInstanceOf(NoRoom.class);

        reports.heard(second, SpaceReports.encode(List.of()));
        lookTenTimes(keeper);
        publish(1);
        cluster.awaitHighWatermark(10);
    }

    /** Its batches would wait for ever: it withholds from one, and the other is away. */
    @Test
    void leaderRefusesWhileOneFollowerHasNoRoomAndTheOtherIsDead() throws Exception {
        var reports = new SpaceReports(nobody, System::nanoTime);
        var keeper = keeper(reports);
        reports.heard(follower.id(), report(new NoRoom(follower.id(), "data", 1, 2)));
        var dead = cluster.othersThan(leader, follower).get(0);
        dead.kill();

        await().atMost(PATIENCE).until(() -> {
            lookTenTimes(keeper);
            return leader.replica().refusesBatches();
        });

        assertThat(append(leader, batch(RECORD))).isEqualTo(new NoRoom(follower.id(), "data", 1, 2));
        dead.start();
        await().atMost(PATIENCE).until(() -> {
            lookTenTimes(keeper);
            return !leader.replica().refusesBatches();
        });
        publish(1);
        cluster.awaitHighWatermark(9);
    }

    private static byte[] report(NoRoom node) {
        return SpaceReports.encode(
                List.of(new NodeDisk(node.directory(), node.freeBytes(), node.floorBytes(), Level.LOW)));
    }

    /** Of the leader's node. */
    private SpaceKeeper keeper(SpaceReports reports) {
        var replicas = new SpaceKeeper.Replicas(
                () -> List.of(leader.replica()), () -> image, PartitionNodeFixture.TIMINGS.electionTimeoutMax());
        var logStarts = new LogStarts(nobody, id -> Optional.empty());
        return new SpaceKeeper(leader.space(), replicas, reports, logStarts, transfers(node -> false));
    }

    /** One of ten looks is more than a look, where the disks have room by far. */
    private static void lookTenTimes(SpaceKeeper keeper) {
        IntStream.range(0, 10).forEach(look -> keeper.tick());
    }

    @Test
    void leaderThatIsToldToRefuseTakesTrimsAndGoesOnLater() throws Exception {
        var noRoom = new NoRoom(leader.id(), "data", 5, FLOOR_BYTES);
        leader.replica().refuseBatches(noRoom);

        assertThat(append(leader, batch(RECORD))).isEqualTo(noRoom);
        assertThat(leader.replica().refusesBatches()).isTrue();
        assertThat(leader.replica().voters()).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(leader.replica().trim(5).get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isInstanceOf(TrimOutcome.Trimmed.class);
        leader.replica().refuseBatches(null);
        publish(1);
        cluster.awaitHighWatermark(9);
    }
}
