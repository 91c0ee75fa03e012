package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.store.CheckpointFile;
import io.cordwood.store.Disk;
import io.cordwood.store.ForceFailedException;
import io.cordwood.store.IoFault;
import io.cordwood.store.OpenMode;
import io.cordwood.store.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A force that fails ends the node, whoever asked for it, and the next start writes again what it may have
 * lost.
 */
class FailedForceTest {
    private static final Path DATA = Path.of("/data");
    private static final Path FILE = DATA.resolve("file");
    private static final Path OTHER = DATA.resolve("other");

    @TempDir
    Path directory;

    private final List<String> halts = new ArrayList<>();
    private final NodeHalt halt = new RecordedHalts(halts);

    @ParameterizedTest
    @EnumSource(IoFault.class)
    void failedForceOfAFileEndsTheNode(IoFault fault) throws IOException {
        var simulated = new SimulatedDisk(1);
        var disk = new HaltingDisk(simulated, halt);
        disk.createDirectories(DATA);
        try (var file = disk.open(DATA.resolve("f"), OpenMode.CREATE)) {
            simulated.failAt(simulated.operations() + 1, fault);
            assertThatThrownBy(() -> file.write(ByteBuffer.allocate(10), 0)).isInstanceOf(IOException.class);
            assertThat(halts).hasSize(fault == IoFault.INPUT_OUTPUT ? 1 : 0);

            halts.clear();
            simulated.failAt(simulated.operations() + 1, fault);
            assertThatThrownBy(file::force).isInstanceOf(ForceFailedException.class);
            assertThat(halts).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(IoFault.class)
    void failedForceOfADirectoryEndsTheNode(IoFault fault) throws IOException {
        var simulated = new SimulatedDisk(1);
        var disk = new HaltingDisk(simulated, halt);
        disk.createDirectories(DATA);
        simulated.failAt(simulated.operations() + 1, fault);

        assertThatThrownBy(() -> disk.forceDirectory(DATA)).isInstanceOf(ForceFailedException.class);
        assertThat(halts).hasSize(1);
    }

    /** Anything that changes something; where it does not find room, the file has it still, or the caller goes on. */
    @ParameterizedTest
    @EnumSource(Change.class)
    void errorOfTheDiskAtAChangeEndsTheNode(Change change) throws IOException {
        for (IoFault fault : List.of(IoFault.INPUT_OUTPUT, IoFault.NO_SPACE)) {
            var simulated = new SimulatedDisk(1);
            var disk = new HaltingDisk(simulated, halt);
            disk.createDirectories(DATA);
            disk.open(FILE, OpenMode.CREATE).close();
            simulated.failAt(simulated.operations() + 1, fault);

            assertThatThrownBy(() -> make(change, disk)).hasMessageContaining(fault.message());

            assertThat(halts).hasSize(fault == IoFault.INPUT_OUTPUT ? 1 : 0);
            halts.clear();
        }
    }

    private enum Change {
        CREATE,
        RENAME,
        LINK,
        DELETE
    }

    private static void make(Change change, Disk disk) throws IOException {
        switch (change) {
            case CREATE -> disk.open(OTHER, OpenMode.CREATE).close();
            case RENAME -> disk.rename(FILE, OTHER);
            case LINK -> disk.link(FILE, OTHER);
            case DELETE -> disk.delete(FILE);
        }
    }

    @Test
    void diskThatDiedIsFoundThoughNobodyWrites() throws IOException {
        var simulated = new SimulatedDisk(1);
        var disk = new HaltingDisk(simulated, halt);
        disk.createDirectories(DATA);
        var probe = new DiskProbe(1, disk, List.of(DATA));
        probe.tick();
        probe.tick();
        assertThat(halts).isEmpty();

        simulated.failAt(simulated.operations() + 1, IoFault.NO_SPACE);
        probe.tick();
        assertThat(halts).isEmpty();

        simulated.failAt(simulated.operations() + 2, IoFault.INPUT_OUTPUT);
        probe.tick();
        assertThat(halts).singleElement().asString().contains("a force failed");
    }

    @Test
    void failedForceOfACheckpointEndsTheNode() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 1, 1 << 20)) {
            cluster.appendSurely(batch("a"));
            var node = cluster.node(1);
            node.disk.failForcesOf(CheckpointFile.NAME + ".tmp");

            assertThatThrownBy(node::takeCheckpoint).isInstanceOf(IOException.class);

            assertThat(node.halts).anyMatch(reason -> reason.contains("a force failed"));
        }
    }

    @Test
    void failedForceOfWhatCompactionWritesEndsTheNode() throws Exception {
        try (var compacted = CompactedCluster.start(directory)) {
            compacted.publish(20, 60);
            var leader = compacted.cluster.leader();
            leader.disk.failForcesOf(".1.log.tmp");

            await().atMost(PATIENCE).until(() -> {
                compacted.tick(leader);
                return !leader.halts.isEmpty();
            });

            assertThat(leader.halts).allMatch(reason -> reason.contains("a force failed"));
        }
    }

    /** Ratis forces its files where no test can make it fail. What a start does is always the same. */
    @Test
    void startWritesTheEndOfARaftLogAgain() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 1, 1 << 20)) {
            cluster.appendSurely(batch("a"));
            var node = cluster.node(1);
            node.stop();
            var open = openFile(node.raftGroup());
            var before = Files.readAllBytes(Path.of(open));
            assertThat(node.disk.hasWrittenTo(open)).isFalse();

            node.start();

            assertThat(node.disk.hasWrittenTo(open)).isTrue();
            assertKept(open, before);
        }
    }

    @Test
    void startWritesTheEndOfTheMetadataLogAgain() throws Exception {
        try (var world = new NodeWorld(directory, 1)) {
            world.keepPartitions();
            world.start(1, world.list(1));
            world.awaitJoined(1);
            world.stop(1);
            var open = openFile(world.metadataRaftGroup(1));
            var before = Files.readAllBytes(Path.of(open));
            assertThat(world.disk.hasWrittenTo(open)).isFalse();

            world.start(1, world.list(1));

            assertThat(world.disk.hasWrittenTo(open)).isTrue();
            assertKept(open, before);
        }
    }

    /** What was there is there again; Ratis goes on behind it, in what it has padded with zeros. */
    private static void assertKept(String open, byte[] before) throws IOException {
        int end = before.length;
        while (end > 0 && before[end - 1] == 0) {
            end--;
        }
        assertThat(end).isPositive();
        assertThat(Files.readAllBytes(Path.of(open))).startsWith(Arrays.copyOf(before, end));
    }

    private static String openFile(Path raftGroup) throws IOException {
        try (var files = Files.list(raftGroup.resolve(RaftLogScan.CURRENT))) {
            return files.map(Path::toString)
                    .filter(name -> name.contains("inprogress"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
