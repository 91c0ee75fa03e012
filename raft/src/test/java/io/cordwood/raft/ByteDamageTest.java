package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.cordwood.raft.DamageSuite.Outcome;
import io.cordwood.raft.DamageSuite.Role;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Every bit, length and zeroed tail of the files that say what a replica has and may vote for, and copies
 * from another time or place; one fault at a time, at or below the floor.
 */
class ByteDamageTest {
    private static final int SEGMENT_BYTES = 1 << 20;

    @TempDir
    static Path originals;

    private static PartitionCluster cluster;
    private static PartitionCluster other;
    /** Of the same replica, before its newest restart. */
    private static Path older;

    private static Path newest;

    @TempDir
    Path directory;

    /** They write a line for each torn entry, or a trace, and there are thousands. */
    private static final List<Logger> OF_RAFT_LOGS =
            List.of((Logger) LoggerFactory.getLogger("org.apache.ratis.server.raftlog"), (Logger)
                    LoggerFactory.getLogger(RaftLogScan.class));

    @BeforeAll
    static void quiet() {
        OF_RAFT_LOGS.forEach(log -> log.setLevel(Level.OFF));
    }

    @AfterAll
    static void speak() {
        OF_RAFT_LOGS.forEach(log -> log.setLevel(null));
    }

    /** Three starts, so that there are terms and configurations to go back to. */
    @BeforeAll
    static void makeReplicas() throws Exception {
        cluster = PartitionCluster.start(originals.resolve("damaged"), 1, SEGMENT_BYTES);
        append(cluster, 2);
        restart();
        cluster.node(1).takeCheckpoint();
        append(cluster, 1);
        cluster.stopAll();
        older = cluster.node(1).image("older");
        cluster.node(1).start();
        append(cluster, 3);
        cluster.stopAll();
        newest = cluster.node(1).directory();
        other = PartitionCluster.start(originals.resolve("other"), 1, SEGMENT_BYTES);
        append(other, 9);
        other.node(1).takeCheckpoint();
        other.stopAll();
    }

    private static void append(PartitionCluster to, int count) {
        for (int i = 0; i < count; i++) {
            to.appendSurely(batch("a" + i));
        }
    }

    private static void restart() throws IOException {
        cluster.stopAll();
        cluster.node(1).start();
        append(cluster, 1);
    }

    private DamageSuite suite(Role role) throws IOException {
        copyNode(newest, directory);
        return new DamageSuite(directory, cluster, role);
    }

    private static void copyNode(Path from, Path to) throws IOException {
        for (String each : new String[] {"raft", "partitions"}) {
            ReplicaFiles.copyTree(from.resolve(each), to.resolve(each));
        }
        for (String each : new String[] {DurableFloor.FILE_NAME, DurableVotes.FILE_NAME}) {
            Files.copy(from.resolve(each), to.resolve(each));
        }
    }

    private static void print(String what, DamageSuite suite) {
        System.out.printf("byte damage, %s: %s%n", what, suite.cases());
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void everyBitAndLengthOfVoteAndMembers(Role role) throws IOException {
        try (var suite = suite(role)) {
            for (String name : new String[] {RaftMeta.VOTE_FILE, RaftMeta.MEMBERS_FILE}) {
                var file = suite.raftFile(name);
                suite.everyBit(file);
                suite.everyLengthAndZeroedTail(file);
                assertThat(suite.with(file, null, "deleted")).isNotEqualTo(Outcome.NO_EFFECT);
            }
            print("vote and members, " + role, suite);
        }
    }

    /** Closed segments, of earlier starts, and the open one. */
    @ParameterizedTest
    @EnumSource(Role.class)
    void everyBitAndLengthOfTheRaftLog(Role role) throws IOException {
        try (var suite = suite(role)) {
            assertThat(suite.files().raftSegments()).hasSizeGreaterThan(2);
            for (Path segment : suite.files().raftSegments()) {
                assertThat(suite.original(segment)).hasSizeBetween(100, 2_000);
                suite.everyBit(segment);
                suite.everyLengthAndZeroedTail(segment);
            }
            // The first ones may be missing behind a checkpoint, as they are after a purge.
            assertThat(suite.with(suite.files().openRaftSegment(), null, "deleted"))
                    .isNotEqualTo(Outcome.NO_EFFECT);
            print("raft log, " + role, suite);
        }
    }

    @Test
    void everyBitAndLengthOfTheCheckpoint() throws IOException {
        try (var suite = suite(Role.PARTITION)) {
            var file = suite.files().partition().resolve(CheckpointFile.NAME);
            suite.everyBit(file);
            suite.everyLengthAndZeroedTail(file);
            print("checkpoint", suite);
        }
    }

    /**
     * Below the checkpoint a start takes the file as it is; the scrub reads it. Behind it, it is held against
     * the raft log.
     */
    @Test
    void everyBitAndLengthOfTheSegmentBehindTheCheckpoint() throws IOException {
        try (var suite = suite(Role.PARTITION)) {
            var checkpoint = CheckpointFile.read(new NioDisk(), suite.files().partition())
                    .orElseThrow();
            int covered = Math.toIntExact(checkpoint.segments().active().sizeBytes());
            var segment = suite.files().lastSegment();
            assertThat(suite.original(segment)).hasSizeBetween(covered + 100, covered + 2_000);
            suite.everyBit(segment, covered);
            suite.everyLengthAndZeroedTail(segment, covered);
            assertThat(suite.cases()).containsOnlyKeys(Outcome.SET_ASIDE);
            print("segment behind the checkpoint", suite);
        }
    }

    /** A marker of damage counts whatever is in it; one of a refetch counts as a whole or not at all. */
    @Test
    void everyLengthOfTheMarkers() throws IOException {
        try (var suite = suite(Role.PARTITION)) {
            var damaged = suite.files().partition().resolve(RecoveredReplica.DAMAGE_MARKER);
            var text = "high watermark fell".getBytes(StandardCharsets.US_ASCII);
            for (int length = 0; length <= text.length; length++) {
                var marker = new String(text, 0, length, StandardCharsets.US_ASCII);
                assertThat(suite.with(damaged, marker.getBytes(StandardCharsets.US_ASCII), "length " + length))
                        .isEqualTo(Outcome.SET_ASIDE);
            }
            var refetch = suite.files().partition().resolve(RefetchMarker.NAME);
            for (int length = 0; length < 12; length++) {
                assertThat(suite.with(refetch, new byte[length], "length " + length))
                        .isEqualTo(Outcome.NO_EFFECT);
            }
            print("markers", suite);
        }
    }

    /**
     * A replica that gave up its files and whose marker is lost has nothing to show for what it once had.
     */
    @Test
    void everyBitOfTheMarkerOfAReplicaWithoutFiles() throws IOException {
        try (var suite = suite(Role.PARTITION)) {
            var file = suite.files().partition().resolve(RefetchMarker.NAME);
            RefetchMarker.write(new NioDisk(), suite.files().partition());
            var good = Files.readAllBytes(file);
            for (int bit = 0; bit < good.length * Byte.SIZE; bit++) {
                var bad = good.clone();
                bad[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
                for (Path segment : suite.files().segments()) {
                    Files.delete(segment);
                }
                assertThat(suite.with(file, bad, "bit " + bit)).isEqualTo(Outcome.SET_ASIDE);
            }
            print("refetch marker", suite);
        }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void filesOfAnotherGroup(Role role) throws IOException {
        try (var suite = suite(role)) {
            var foreign =
                    new ReplicaFiles(other.node(1).raftGroup(), other.node(1).partition());
            for (String name : new String[] {RaftMeta.VOTE_FILE, RaftMeta.MEMBERS_FILE}) {
                var bytes = Files.readAllBytes(
                        foreign.raftGroup().resolve("current").resolve(name));
                assertThat(suite.with(suite.raftFile(name), bytes, "of another group"))
                        .isNotEqualTo(Outcome.NO_EFFECT);
            }
            if (role == Role.PARTITION) {
                var log = suite.files().openRaftSegment();
                assertThat(suite.with(log, Files.readAllBytes(foreign.openRaftSegment()), "of another group"))
                        .isEqualTo(Outcome.SET_ASIDE);
                var checkpoint = suite.files().partition().resolve(CheckpointFile.NAME);
                var bytes = Files.readAllBytes(foreign.partition().resolve(CheckpointFile.NAME));
                assertThat(suite.with(checkpoint, bytes, "of another partition"))
                        .isEqualTo(Outcome.SET_ASIDE);
            }
            print("files of another group, " + role, suite);
        }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void olderCopies(Role role) throws IOException {
        try (var suite = suite(role)) {
            var group = older.resolve("raft")
                    .resolve(cluster.group.getGroupId().getUuid().toString());
            var before =
                    new ReplicaFiles(group, older.resolve("partitions").resolve(cluster.partition.directoryName()));
            var vote = Files.readAllBytes(group.resolve("current").resolve(RaftMeta.VOTE_FILE));
            assertThat(suite.with(suite.raftFile(RaftMeta.VOTE_FILE), vote, "older"))
                    .isNotEqualTo(Outcome.NO_EFFECT);
            // The log holds the configurations since then: Ratis goes on to the newest of them.
            var members = Files.readAllBytes(group.resolve("current").resolve(RaftMeta.MEMBERS_FILE));
            suite.with(suite.raftFile(RaftMeta.MEMBERS_FILE), members, "older");
            assertThat(suite.with(
                            suite.files().openRaftSegment(), Files.readAllBytes(before.openRaftSegment()), "older"))
                    .isNotEqualTo(Outcome.NO_EFFECT);
            if (role == Role.PARTITION) {
                // What lies behind it is in the raft log.
                var checkpoint = suite.files().partition().resolve(CheckpointFile.NAME);
                var bytes = Files.readAllBytes(before.partition().resolve(CheckpointFile.NAME));
                assertThat(suite.with(checkpoint, bytes, "older")).isEqualTo(Outcome.NO_EFFECT);
            }
            print("older copies, " + role, suite);
        }
    }

    /**
     * A start check that does not know the floor takes a shortened log for one that was never longer: the
     * suite must say so.
     */
    @Test
    void checkWithoutTheFloorIsCaught() throws IOException {
        copyNode(newest, directory);
        Files.delete(directory.resolve(DurableFloor.FILE_NAME));
        for (Role role : Role.values()) {
            try (var suite = new DamageSuite(directory, cluster, role)) {
                var log = suite.files().openRaftSegment();

                assertThatThrownBy(() -> suite.everyLengthAndZeroedTail(log))
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining(role == Role.PARTITION ? "served short" : "another log");
            }
        }
    }

    /** What the log alone says of terms does not tell that a vote was forgotten. */
    @Test
    void checkWithoutWhatIsKnownOfVotesIsCaught() throws IOException {
        copyNode(newest, directory);
        Files.delete(directory.resolve(DurableVotes.FILE_NAME));
        for (Role role : Role.values()) {
            try (var suite = new DamageSuite(directory, cluster, role)) {
                var vote = suite.raftFile(RaftMeta.VOTE_FILE);

                assertThatThrownBy(() -> suite.everyBit(vote))
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("forgot its vote");
            }
        }
    }

    @Tag("nightly")
    @ParameterizedTest
    @EnumSource(Role.class)
    void manyFaultsInOneFile(Role role) throws IOException {
        var seed = System.nanoTime();
        var random = new Random(seed);
        try (var suite = suite(role)) {
            var targets = new Path[] {
                suite.raftFile(RaftMeta.VOTE_FILE),
                suite.raftFile(RaftMeta.MEMBERS_FILE),
                suite.files().openRaftSegment()
            };
            for (int i = 0; i < 100_000; i++) {
                var file = targets[random.nextInt(targets.length)];
                suite.with(file, spoiled(suite.original(file), random), "seed " + seed + ", case " + i);
            }
            print("many faults, seed " + seed + ", " + role, suite);
        }
    }

    private static byte[] spoiled(byte[] good, Random random) {
        var bad = good.clone();
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        }
        int from = random.nextInt(bad.length);
        if (random.nextInt(3) == 0) {
            Arrays.fill(bad, from, Math.min(bad.length, from + 1 + random.nextInt(64)), (byte) 0);
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(bad, from) : bad;
    }
}
