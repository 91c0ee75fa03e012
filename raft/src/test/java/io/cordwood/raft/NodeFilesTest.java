package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataState;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.CrashMode;
import io.cordwood.store.Disk;
import io.cordwood.store.NioDisk;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.UnknownFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeFilesTest {
    private static final NodeIdentity NODE =
            new NodeIdentity("AAAAAAAAAAAAAAAAAAAA-_", 3, new UUID(1, 2).toString(), new UUID(3, 4));

    private static final Path DATA = Path.of("/data");
    private static final PartitionGroup GROUP = new PartitionGroup(
            new UUID(7, 8),
            new GroupPlacement(
                    new UUID(5, 6), "orders", 2, 9, List.of(3, 1, 2), new TreeMap<>(Map.of("segment.bytes", "4096"))),
            new TreeMap<>(Map.of(1, "a:1", 2, "b:2", 3, "c:3")),
            false,
            false);
    private static final MetadataCodec.Snapshot SNAPSHOT = new MetadataCodec.Snapshot(3, 42, MetadataImage.EMPTY);

    @TempDir
    Path directory;

    private final Disk disk = new NioDisk();

    private Path groupFile() {
        return directory.resolve("partitions/" + new UUID(5, 6) + "-2/group");
    }

    private Path snapshotFile() {
        return directory.resolve("metadata/snapshot");
    }

    @Test
    void nodeFileReplacesTheFormingFile() throws IOException {
        var files = new IdentityFiles(disk, directory);
        var forming = Forming.first(3);
        files.writeForming(forming);
        assertThat(files.readForming()).contains(forming);
        files.writeForming(forming.joining(new UUID(3, 4)));
        assertThat(files.readForming()).contains(forming.joining(new UUID(3, 4)));
        files.writeForming(forming.founding(new UUID(3, 4), new UUID(5, 6)));
        assertThat(files.readForming()).contains(forming.founding(new UUID(3, 4), new UUID(5, 6)));

        files.writeNode(NODE);

        assertThat(files.readNode()).contains(NODE);
        assertThat(files.readForming()).isEmpty();
        assertThat(Files.readString(directory.resolve("node.json"))).startsWith("{\n  \"formatVersion\": \"1\",");
    }

    @Test
    void everyChangedCharacterOfTheNodeFileIsNoticed() throws IOException {
        var files = new IdentityFiles(disk, directory);
        files.writeNode(NODE);
        var file = directory.resolve("node.json");
        var good = Files.readString(file);

        for (int i = 0; i < good.length(); i++) {
            if (Character.isLetterOrDigit(good.charAt(i))) {
                var bad = good.substring(0, i) + (good.charAt(i) == 'x' ? 'y' : 'x') + good.substring(i + 1);
                Files.writeString(file, bad, StandardCharsets.US_ASCII);
                assertThatThrownBy(files::readNode)
                        .as("character %s", i)
                        .isInstanceOfAny(IOException.class, NewerFormatException.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CrashMode.class)
    void powerLossAtEachOperationLeavesTheFormingOrTheNodeFile(CrashMode mode) throws IOException {
        var forming = Forming.first(3);
        boolean finished = false;
        for (long operation = 1; !finished; operation++) {
            var crashing = new SimulatedDisk(operation);
            crashing.createDirectories(DATA);
            new IdentityFiles(crashing, DATA).writeForming(forming);
            crashing.powerOffAt(crashing.operations() + operation);
            finished = tryWriteNode(crashing);

            var files = new IdentityFiles(crashing.crash(mode), DATA);
            var node = files.readNode();
            if (finished) {
                assertThat(node).contains(NODE);
                assertThat(files.readForming()).isEmpty();
            } else if (node.isEmpty()) {
                assertThat(files.readForming()).as("operation %d", operation).contains(forming);
            } else {
                assertThat(node).contains(NODE);
            }
            files.writeNode(NODE);
            assertThat(files.readNode()).contains(NODE);
        }
    }

    private static boolean tryWriteNode(Disk crashing) {
        try {
            new IdentityFiles(crashing, DATA).writeNode(NODE);
            return true;
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("power");
            return false;
        }
    }

    @Test
    void groupFileComesBackAsItWas() throws IOException {
        var files = new GroupFiles(disk, directory);

        files.write(GROUP);
        files.write(GROUP.markedCreated());

        assertThat(files.readAll()).containsExactly(Map.entry(GROUP.groupId(), GROUP.markedCreated()));
        assertThat(disk.list(directory.resolve("partitions").resolve(GROUP.directoryName())))
                .containsExactly(groupFile());
    }

    @Test
    void everyFlippedBitAndMissingByteOfAGroupFileIsDamage() throws IOException {
        var files = new GroupFiles(disk, directory);
        files.write(GROUP);

        assertDamageIsNoticed(groupFile(), files::readAll);
    }

    @Test
    void everyFlippedBitAndMissingByteOfAMetadataSnapshotIsDamage() throws IOException {
        var file = new MetadataSnapshotFile(disk, directory);
        file.write(SNAPSHOT);
        assertThat(file.read()).contains(SNAPSHOT);

        assertDamageIsNoticed(snapshotFile(), file::read);
    }

    private static void assertDamageIsNoticed(Path file, ThrowingCallable read) throws IOException {
        var good = Files.readAllBytes(file);
        for (int bit = 0; bit < good.length * 8; bit++) {
            var bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bad);
            assertThatThrownBy(read).as("bit %d", bit).isInstanceOf(CorruptLogException.class);
        }
        for (int length = 0; length < good.length; length++) {
            Files.write(file, Arrays.copyOf(good, length));
            assertThatThrownBy(read).as("length %d", length).isInstanceOf(CorruptLogException.class);
        }
    }

    @Test
    void everyFlippedBitAndMissingByteOfTheNodeFileIsRefusedOrChangesNothing() throws IOException {
        var files = new IdentityFiles(disk, directory);
        files.writeNode(NODE);
        var file = directory.resolve("node.json");
        var good = Files.readAllBytes(file);
        int refused = 0;
        for (int i = 0; i < good.length * 9; i++) {
            var bad = i < good.length ? Arrays.copyOf(good, i) : good.clone();
            if (i >= good.length) {
                bad[(i - good.length) / 8] ^= (byte) (1 << (i - good.length) % 8);
            }
            Files.write(file, bad);
            refused += isRefused(files, "case " + i) ? 1 : 0;
        }
        System.out.printf(
                "byte damage, node.json: %d of %d refused, the others changed blanks%n", refused, good.length * 9);
        assertThat(refused).isGreaterThan(good.length * 8);
    }

    private static boolean isRefused(IdentityFiles files, String what) {
        try {
            assertThat(files.readNode()).as(what).contains(NODE);
            return false;
        } catch (IOException | NewerFormatException e) {
            assertThat(e).as(what).hasMessageContaining("node.json");
            return true;
        }
    }

    @Test
    void groupFileOfAnotherPartitionIsRefused() throws IOException {
        var files = new GroupFiles(disk, directory);
        files.write(GROUP);
        var elsewhere = directory.resolve("partitions/" + new UUID(5, 6) + "-3");
        Files.createDirectories(elsewhere);
        Files.copy(groupFile(), elsewhere.resolve("group"));

        assertThatThrownBy(files::readAll).isInstanceOf(IOException.class).hasMessageContaining("from elsewhere");
    }

    @Test
    void metadataSnapshotOfAnotherClusterAndADamagedOneRefuseTheStart() throws IOException {
        var file = new MetadataSnapshotFile(disk, directory);
        var state = new MetadataState(MetadataImage.EMPTY);
        state.apply(MetadataCommands.form(MetadataCommands.node(3)), 1);
        file.write(new MetadataCodec.Snapshot(1, 1, state.image()));

        assertThat(file.readOf(NODE.nodeId(), Optional.empty())).isPresent();
        assertThatThrownBy(() -> file.readOf(NODE.nodeId(), Optional.of(NODE)))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining(MetadataCommands.CLUSTER);
        ReplicaFiles.flipBitInTheMiddle(snapshotFile());
        assertThatThrownBy(() -> file.readOf(NODE.nodeId(), Optional.of(NODE)))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("cordwood cluster replace-node 3");
    }

    /** Each start would find it again, and say no more than that the disk fails. */
    @ParameterizedTest
    @ValueSource(strings = {"group", "snapshot"})
    void badSectorOfTheNodesOwnFilesRefusesTheStartWithWhatToDo(String name) throws IOException {
        var bad = new UnreadableDisk(disk);
        new GroupFiles(disk, directory).write(GROUP);
        new MetadataSnapshotFile(disk, directory).write(SNAPSHOT);

        bad.failReadsOf(name);
        assertThatThrownBy(() -> readAtAStart(bad))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("cordwood cluster replace-node 3");

        bad.failOpensOf(name);
        assertThatThrownBy(() -> readAtAStart(bad)).isInstanceOf(FileSystemException.class);
    }

    private void readAtAStart(Disk of) throws IOException {
        assertThat(new GroupFiles(of, directory).readAllOf(3)).isNotEmpty();
        assertThat(new MetadataSnapshotFile(of, directory).readOf(3, Optional.empty()))
                .isPresent();
    }

    @Test
    void newerVersionIsNotTakenForDamage() throws IOException {
        var groups = new GroupFiles(disk, directory);
        var snapshot = new MetadataSnapshotFile(disk, directory);
        groups.write(GROUP);
        snapshot.write(SNAPSHOT);
        writeVersionTwo(groupFile());
        writeVersionTwo(snapshotFile());

        assertThatThrownBy(groups::readAll).isInstanceOf(UnknownFormatException.class);
        assertThatThrownBy(snapshot::read).isInstanceOf(UnknownFormatException.class);
    }

    /** The prologue is what a newer build would write; the body is whatever it likes. */
    private static void writeVersionTwo(Path file) throws IOException {
        var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).putInt(4, 2);
        var crc = new CRC32C();
        crc.update(bytes.array(), 0, 12);
        Files.write(file, bytes.putInt(12, (int) crc.getValue()).putInt(16, -1).array());
    }

    @Test
    void magicAndVersionAreWhatTheyWere() throws IOException {
        new GroupFiles(disk, directory).write(GROUP);
        new MetadataSnapshotFile(disk, directory).write(SNAPSHOT);

        assertThat(prologue(groupFile())).isEqualTo("4357474600000001");
        assertThat(prologue(snapshotFile())).isEqualTo("43574d5300000001");
    }

    private static String prologue(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file), 0, 8);
    }

    @Test
    void directoryIsHeldOnce() throws IOException {
        try (var first = DirectoryLock.acquire(disk, directory)) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> DirectoryLock.acquire(disk, directory)).hasMessageContaining("in use");
        }
        DirectoryLock.acquire(disk, directory).close();
    }
}
