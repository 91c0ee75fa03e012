package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.partition.UnknownEntryException;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import io.cordwood.store.UnknownFormatException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a node finds in its files before Ratis opens a group: damage sets the group aside, a torn tail does
 * not.
 */
class StartCheckTest {
    private static final int SEGMENT_BYTES = 2 << 10;
    private static final int RECORDS = 60;

    @TempDir
    static Path original;

    private static PartitionCluster cluster;
    private static PartitionCluster bystander;
    private static Path floorBeforeTheEnd;

    @TempDir
    Path directory;

    private UnreadableDisk disk;
    private PartitionNode node;
    private PartitionReplicas replicas;
    private ReplicaFiles files;

    /** Two groups of a node: one to be damaged, and one that must not care. */
    @BeforeAll
    static void makeReplicas() throws Exception {
        cluster = PartitionCluster.start(original.resolve("damaged"), 1, SEGMENT_BYTES);
        var first = cluster.node(1);
        fill(cluster, 0, RECORDS / 2);
        first.takeCheckpoint();
        first.stop();
        floorBeforeTheEnd = Files.copy(first.directory().resolve(DurableFloor.FILE_NAME), original.resolve("floor"));
        first.start();
        fill(cluster, RECORDS / 2, RECORDS);
        first.stop();
        bystander = PartitionCluster.start(original.resolve("bystander"), 1, SEGMENT_BYTES);
        fill(bystander, 0, 10);
        bystander.stopAll();
        ReplicaFiles.copyTree(
                bystander.node(1).directory().resolve("raft"), first.directory().resolve("raft"));
        ReplicaFiles.copyTree(
                bystander.node(1).directory().resolve("partitions"),
                first.directory().resolve("partitions"));
    }

    private static void fill(PartitionCluster which, int from, int to) throws Exception {
        var leader = which.leader();
        var answers = new ArrayList<CompletableFuture<AppendOutcome>>();
        for (int i = from; i < to; i++) {
            answers.add(leader.replica().append(AppendRequest.of(batch("a" + i + "x".repeat(200)))));
        }
        for (var answer : answers) {
            assertThat(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(AppendOutcome.Appended.class);
        }
    }

    @BeforeEach
    void copy() throws IOException {
        var source = cluster.node(1).directory();
        for (String each : new String[] {"raft", "partitions"}) {
            ReplicaFiles.copyTree(source.resolve(each), directory.resolve(each));
        }
        Files.copy(source.resolve(DurableFloor.FILE_NAME), directory.resolve(DurableFloor.FILE_NAME));
        files = new ReplicaFiles(
                directory.resolve("raft").resolve(groupOf(cluster)),
                directory.resolve("partitions").resolve(cluster.partition.directoryName()));
        disk = new UnreadableDisk(new NioDisk());
        node = PartitionNodeFixture.openShared(directory, disk, new UnexpectedHalt());
        replicas = new PartitionReplicas(
                node, LogConfig.defaults(), TopicConfig.DEFAULTS, CompactionLimits.DEFAULT, ScrubLimits.DEFAULT);
    }

    private static String groupOf(PartitionCluster of) {
        return of.group.getGroupId().getUuid().toString();
    }

    @AfterEach
    void close() throws IOException {
        node.close();
    }

    private Set<?> prepare() throws IOException {
        return replicas.prepare(Map.of(
                cluster.group.getGroupId(), cluster.placement,
                bystander.group.getGroupId(), bystander.placement));
    }

    private void withoutCheckpoint() throws IOException {
        Files.delete(files.partition().resolve(CheckpointFile.NAME));
    }

    private void assertOpens(PartitionCluster which) throws IOException {
        try (var opened = replicas.create(which.group.getGroupId(), which.placement)) {
            assertThat(opened).isNotNull();
            assertThat(replicas.find(which.partition)).isPresent();
        }
    }

    private void assertSound() throws IOException {
        assertThat(prepare()).isEmpty();

        assertThat(directory.resolve("quarantine")).doesNotExist();
        assertOpens(cluster);
        assertThat(replicas.find(cluster.partition).orElseThrow().logStartOffset())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Damage.class)
    void damagedReplicaIsSetAsideAndTheOtherOpens(Damage damage) throws IOException {
        if (!damage.withCheckpoint()) {
            withoutCheckpoint();
        }
        damage.doTo(files);
        var raftFiles = ReplicaFiles.contentBelow(files.raftGroup());
        var partitionFiles = ReplicaFiles.contentBelow(files.partition());

        assertThat(prepare()).isEqualTo(Set.of(cluster.group.getGroupId()));

        var aside = directory.resolve("quarantine").resolve(groupOf(cluster));
        assertThat(files.raftGroup()).doesNotExist();
        assertThat(files.partition()).doesNotExist();
        assertThat(ReplicaFiles.contentBelow(aside.resolve("raft"))).isEqualTo(raftFiles);
        assertThat(ReplicaFiles.contentBelow(aside.resolve("partition"))).isEqualTo(partitionFiles);
        assertThat(replicas.isQuarantined(cluster.group.getGroupId())).isTrue();
        assertThat(replicas.isQuarantined(bystander.group.getGroupId())).isFalse();
        assertOpens(bystander);
    }

    /** The files of a replica that a start reads, by the ends of their names. */
    private List<String> filesThatAreRead() throws IOException {
        return Stream.of(
                        files.partition().resolve(CheckpointFile.NAME),
                        files.lastSegment(),
                        files.raftSegments().get(0),
                        files.openRaftSegment())
                .map(file -> directory.relativize(file).toString())
                .toList();
    }

    /** A bad sector stays one at every start, and would keep the other replicas away with it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void replicaWithABadSectorIsSetAsideAndTheOtherOpens(int file) throws IOException {
        files.splitRaftLog(1);
        disk.failReadsOf(filesThatAreRead().get(file));

        assertThat(prepare()).isEqualTo(Set.of(cluster.group.getGroupId()));

        assertThat(files.raftGroup()).doesNotExist();
        assertThat(files.partition()).doesNotExist();
        assertOpens(bystander);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void fileThatCannotBeOpenedRefusesTheStartAndNothingIsSetAside(int file) throws IOException {
        files.splitRaftLog(1);
        disk.failOpensOf(filesThatAreRead().get(file));

        assertThatThrownBy(this::prepare)
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("Too many open files");
        assertNothingIsSetAside();
    }

    @Test
    void metadataLogWithABadSectorIsToBeReplacedAndOneThatCannotBeOpenedIsNot() throws IOException {
        disk.failOpensOf(String.valueOf(files.openRaftSegment().getFileName()));
        assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), -1))
                .isInstanceOf(FileSystemException.class);

        disk.failOpensOf("nothing");
        disk.failReadsOf(String.valueOf(files.openRaftSegment().getFileName()));
        assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), -1))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("replace-node");
    }

    @Test
    void wholeReplicaOpens() throws IOException {
        assertSound();
    }

    @Test
    void checkpointThatTheRaftLogCanReplaceMayBeMissing() throws IOException {
        withoutCheckpoint();

        assertSound();
    }

    @Test
    void raftLogMayBeginBehindTheCheckpoint() throws IOException {
        files.splitRaftLog(1);
        Files.delete(files.raftSegments().get(0));

        assertSound();
    }

    @Test
    void tornBatchBehindTheLastHeaderIsCut() throws IOException {
        var bytes = Files.readAllBytes(files.lastSegment());
        Files.write(files.lastSegment(), new byte[] {0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0}, StandardOpenOption.APPEND);

        assertSound();
        assertThat(Files.readAllBytes(files.lastSegment())).isEqualTo(bytes);
    }

    @Test
    void tornEntryAtTheEndOfTheRaftLogIsNoDamage() throws IOException {
        Files.write(files.openRaftSegment(), new byte[] {90, 8, 1, 16}, StandardOpenOption.APPEND);

        assertSound();
    }

    @Test
    void zerosAtTheEndOfTheRaftLogAreNoDamage() throws IOException {
        Files.write(files.openRaftSegment(), new byte[5_000], StandardOpenOption.APPEND);

        assertSound();
    }

    @Test
    void raftLogCutAboveTheFloorIsNoDamage() throws IOException {
        takeBackTheFloor();
        ReplicaFiles.cutBytes(files.openRaftSegment(), 10);

        assertSound();
    }

    @Test
    void batchMissingAboveTheFloorIsNoDamage() throws IOException {
        takeBackTheFloor();
        ReplicaFiles.cutBytes(files.lastSegment(), 10);

        assertSound();
    }

    @Test
    void batchMissingAboveTheFloorIsNoDamageWithoutACheckpoint() throws IOException {
        takeBackTheFloor();
        withoutCheckpoint();
        ReplicaFiles.flipBitInTheMiddle(files.lastSegment());

        assertSound();
    }

    private void takeBackTheFloor() throws IOException {
        node.close();
        Files.copy(floorBeforeTheEnd, directory.resolve(DurableFloor.FILE_NAME), StandardCopyOption.REPLACE_EXISTING);
        node = PartitionNodeFixture.openShared(directory, new NioDisk(), new UnexpectedHalt());
        replicas = new PartitionReplicas(
                node, LogConfig.defaults(), TopicConfig.DEFAULTS, CompactionLimits.DEFAULT, ScrubLimits.DEFAULT);
    }

    @Test
    void entryOfANewerBuildRefusesTheStart() throws IOException {
        files.appendUnknownEntry();

        assertThatThrownBy(this::prepare).isInstanceOf(UnknownEntryException.class);
        assertNothingIsSetAside();
    }

    @Test
    void checkpointOfANewerBuildRefusesTheStart() throws IOException {
        files.writeUnknownCheckpoint();

        assertThatThrownBy(this::prepare).isInstanceOf(UnknownFormatException.class);
        assertNothingIsSetAside();
    }

    /** Else it would vote with less than it has confirmed (RATIS-2523). */
    @Test
    void metadataLogThatWasWipedRefusesTheStart() throws IOException {
        for (Path segment : files.raftSegments()) {
            Files.delete(segment);
        }

        assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), -1))
                .isInstanceOf(StartRefusedException.class);
        assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), 10))
                .isInstanceOf(StartRefusedException.class);
    }

    @Test
    void metadataLogThatEndsBelowItsSnapshotAndItsFloorIsRefusedAndStays() throws IOException {
        files.splitRaftLog(1);
        Files.delete(files.openRaftSegment());
        var before = ReplicaFiles.contentBelow(files.raftGroup());

        assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), 10))
                .isInstanceOf(StartRefusedException.class);

        assertThat(ReplicaFiles.contentBelow(files.raftGroup())).isEqualTo(before);
    }

    @Test
    void metadataLogThatEndsBelowASnapshotAtItsFloorGoes() throws IOException {
        files.splitRaftLog(1);
        Files.delete(files.openRaftSegment());

        replicas.checkMetadata(cluster.group.getGroupId(), 1_000);

        assertThat(files.raftSegments()).isEmpty();
    }

    /**
     * An older copy of a directory, floor and all, is sound by itself: only others know that it had more.
     */
    @Test
    void replicaWithLessThanItConfirmedIsSetAside() throws IOException {
        long last = RaftLogScan.lastIndex(files.raftGroup(), 2 << 20).orElseThrow();
        replicas.confirmed(cluster.group.getGroupId(), last);
        replicas.confirmed(bystander.group.getGroupId(), last + 1_000);

        assertThat(prepare()).isEqualTo(Set.of(bystander.group.getGroupId()));
        replicas.confirmed(cluster.group.getGroupId(), last + 1);
        assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), -1))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("it had reached " + (last + 1));
    }

    /** As a crash in the middle of an install leaves it: its entries may be of a term that lost. */
    @Test
    void logThatEndsAtAnInstalledStateGoes() throws IOException {
        long last = RaftLogScan.lastIndex(files.raftGroup(), 2 << 20).orElseThrow();

        replicas.checkMetadata(cluster.group.getGroupId(), last - 1);
        assertThat(files.raftSegments()).isNotEmpty();
        replicas.checkMetadata(cluster.group.getGroupId(), last);

        assertThat(files.raftSegments()).isEmpty();
    }

    /** Ratis would look for the missing entries for ever, and the node would vote. */
    @Test
    void metadataLogThatDoesNotJoinItsSnapshotRefusesTheStartAndStays() throws IOException {
        files.splitRaftLog(1);
        Files.delete(files.raftSegments().get(0));
        var before = ReplicaFiles.contentBelow(files.raftGroup());

        for (long snapshotIndex : new long[] {-1, 3}) {
            assertThatThrownBy(() -> replicas.checkMetadata(cluster.group.getGroupId(), snapshotIndex))
                    .isInstanceOf(StartRefusedException.class)
                    .hasMessageContaining("begins at raft index 5");
        }

        assertThat(ReplicaFiles.contentBelow(files.raftGroup())).isEqualTo(before);
        replicas.checkMetadata(cluster.group.getGroupId(), 4);
    }

    private void assertNothingIsSetAside() {
        assertThat(directory.resolve("quarantine")).doesNotExist();
        assertThat(files.raftGroup()).exists();
        assertThat(files.partition()).exists();
    }
}
