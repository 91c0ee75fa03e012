package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedDiskTest {
    private static final Path DIRECTORY = Path.of("/d");
    private static final Path FILE = DIRECTORY.resolve("f");

    private final SimulatedDisk disk = new SimulatedDisk(11);

    @BeforeEach
    void createDirectory() throws IOException {
        disk.createDirectories(DIRECTORY);
    }

    @Test
    void unforcedBytesAndNamesAreLostWithNothingUnforced() throws Exception {
        var file = disk.open(FILE, OpenMode.CREATE);
        file.write(filled(3, 1), 0);
        file.force();
        assertThat(disk.crash(CrashMode.NOTHING_UNFORCED).list(DIRECTORY)).isEmpty();

        disk.forceDirectory(DIRECTORY);
        file.write(filled(3, 2), 0);
        file.truncate(1);
        assertThat(bytes(disk.crash(CrashMode.NOTHING_UNFORCED))).containsExactly(1, 1, 1);
        assertThat(bytes(disk.crash(CrashMode.EVERYTHING))).containsExactly(2);
    }

    @Test
    void deletionAndRenameComeBackUnlessForced() throws Exception {
        var other = DIRECTORY.resolve("g");
        create(FILE, 1);
        create(other, 2);
        disk.forceDirectory(DIRECTORY);
        disk.rename(other, FILE);
        disk.delete(FILE);

        assertThat(disk.crash(CrashMode.NOTHING_UNFORCED).list(DIRECTORY)).containsExactly(FILE, other);
        assertThat(disk.crash(CrashMode.EVERYTHING).list(DIRECTORY)).isEmpty();
        disk.forceDirectory(DIRECTORY);
        assertThat(disk.crash(CrashMode.NOTHING_UNFORCED).list(DIRECTORY)).isEmpty();
    }

    @Test
    void prefixKeepsOperationsInOrder() throws Exception {
        var file = forcedFile();
        for (int i = 1; i <= 5; i++) {
            file.write(filled(1, i), i - 1);
        }

        var sizes = new HashSet<Integer>();
        for (int i = 0; i < 100; i++) {
            var found = bytes(disk.crash(CrashMode.PREFIX));
            assertThat(found).isEqualTo(Arrays.copyOf(new byte[] {1, 2, 3, 4, 5}, found.length));
            sizes.add(found.length);
        }
        assertThat(sizes).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    }

    @Test
    void sectorsAreKeptOrLostEachByItself() throws Exception {
        var file = forcedFile();
        file.write(filled(2_000, 1), 100);

        var images = new HashSet<String>();
        for (int i = 0; i < 300; i++) {
            var found = Arrays.copyOf(bytes(disk.crash(CrashMode.RANDOM_SECTORS)), 2_100);
            var kept = new StringBuilder();
            for (int start = 100, end = 512; start < 2_100; start = end, end = Math.min(end + 512, 2_100)) {
                byte value = found[start];
                kept.append(value);
                assertThat(Arrays.copyOfRange(found, start, end)).containsOnly(value);
            }
            images.add(kept.toString());
        }
        assertThat(images).hasSize(32);
    }

    @Test
    void onlyTheLastWriteIsTorn() throws Exception {
        var file = forcedFile();
        file.write(filled(100, 1), 0);
        file.write(filled(100, 2), 100);

        var sizes = new HashSet<Integer>();
        for (int i = 0; i < 200; i++) {
            var found = bytes(disk.crash(CrashMode.TORN_LAST_WRITE));
            assertThat(found.length).isBetween(100, 200);
            sizes.add(found.length);
        }
        assertThat(sizes.size()).isGreaterThan(20);
    }

    @Test
    void namesAndBytesAreKeptWithoutEachOther() throws Exception {
        var other = DIRECTORY.resolve("g");
        create(FILE, 1);
        disk.forceDirectory(DIRECTORY);
        try (var file = disk.open(FILE, OpenMode.WRITE)) {
            file.write(filled(2, 2), 0);
        }
        disk.rename(FILE, other);

        var names = disk.crash(CrashMode.NAMES_ONLY);
        assertThat(names.list(DIRECTORY)).containsExactly(other);
        assertThat(WholeFile.read(names, other)).contains(filled(1, 1));
        assertThat(bytes(disk.crash(CrashMode.BYTES_ONLY))).containsExactly(2, 2);
    }

    @Test
    void bytesWhoseForceFailedAreReadAndNeverDurable() throws Exception {
        var file = forcedFile();
        file.write(filled(3, 1), 0);
        disk.failAt(disk.operations() + 1, IoFault.INPUT_OUTPUT);
        assertThatThrownBy(file::force).hasMessageContaining("Input/output error");
        file.force();

        assertThat(bytes(disk)).containsExactly(1, 1, 1);
        assertThat(bytes(disk.crash(CrashMode.EVERYTHING))).isEmpty();
        assertThat(disk.forcesOfFailedFiles()).isOne();
    }

    @Test
    void powerGoesAtTheGivenOperation() throws Exception {
        var file = forcedFile();
        disk.powerOffAt(disk.operations() + 2);
        file.write(filled(1, 1), 0);

        assertThatThrownBy(() -> file.write(filled(1, 2), 1)).hasMessage("simulated power loss");
        assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0)).hasMessage("simulated power loss");
        assertThatThrownBy(() -> disk.list(DIRECTORY)).hasMessage("simulated power loss");
        assertThat(disk.isOff()).isTrue();
        assertThat(bytes(disk.crash(CrashMode.EVERYTHING))).containsExactly(1);
    }

    @Test
    void oneOperationFailsAndChangesNothing() throws Exception {
        var file = forcedFile();
        disk.failNext();

        assertThatThrownBy(() -> file.write(filled(1, 1), 0)).hasMessageContaining("simulated failure");
        assertThat(file.sizeBytes()).isZero();
        file.write(filled(1, 2), 0);
        assertThat(file.sizeBytes()).isEqualTo(1);
    }

    private DiskFile forcedFile() throws IOException {
        var file = disk.open(FILE, OpenMode.CREATE);
        disk.forceDirectory(DIRECTORY);
        return file;
    }

    private void create(Path path, int value) throws IOException {
        try (var file = disk.open(path, OpenMode.CREATE)) {
            file.write(filled(1, value), 0);
            file.force();
        }
    }

    private static ByteBuffer filled(int size, int value) {
        var bytes = new byte[size];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static byte[] bytes(Disk image) throws IOException {
        try (var file = image.open(FILE, OpenMode.READ)) {
            var bytes = ByteBuffer.allocate((int) file.sizeBytes());
            file.read(bytes, 0);
            return bytes.array();
        }
    }
}
