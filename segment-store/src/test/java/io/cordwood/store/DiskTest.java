package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What both disks promise alike. */
class DiskTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource
    void bytesAreReadWhereTheyWereWritten(DiskKind kind) throws Exception {
        var disk = kind.create();
        var directory = created(disk);
        try (var file = disk.open(directory.resolve("f"), OpenMode.CREATE)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            file.write(ByteBuffer.wrap(new byte[] {9}), 5);
            file.force();
            assertThat(file.sizeBytes()).isEqualTo(6);
            assertThat(read(file, 0, 10)).containsExactly(1, 2, 3, 0, 0, 9);
            assertThat(read(file, 4, 1)).containsExactly(0);
            assertThat(read(file, 6, 4)).isEmpty();
            assertThat(read(file, 60, 4)).isEmpty();

            file.truncate(2);
            file.truncate(5);
            assertThat(read(file, 0, 10)).containsExactly(1, 2);
            file.write(ByteBuffer.wrap(new byte[] {7}), 3);
            assertThat(read(file, 0, 10)).containsExactly(1, 2, 0, 7);
        }
    }

    @ParameterizedTest
    @EnumSource
    void openModesAskForWhatIsThere(DiskKind kind) throws Exception {
        var disk = kind.create();
        var file = created(disk).resolve("f");

        assertThatThrownBy(() -> disk.open(file, OpenMode.READ)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> disk.open(file, OpenMode.WRITE)).isInstanceOf(NoSuchFileException.class);
        disk.open(file, OpenMode.CREATE).close();
        assertThatThrownBy(() -> disk.open(file, OpenMode.CREATE)).isInstanceOf(FileAlreadyExistsException.class);
        try (var open = disk.open(file, OpenMode.READ)) {
            assertThatThrownBy(() -> open.write(ByteBuffer.allocate(1), 0))
                    .isInstanceOf(NonWritableChannelException.class);
        }
        assertThatThrownBy(() -> disk.open(temporary.resolve("no/f"), OpenMode.CREATE))
                .isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @EnumSource
    void namesFollowRenameAndDelete(DiskKind kind) throws Exception {
        var disk = kind.create();
        var directory = created(disk);
        write(disk, directory.resolve("a"), 1);
        write(disk, directory.resolve("b"), 2);
        disk.rename(directory.resolve("a"), directory.resolve("b"));
        disk.createDirectories(directory.resolve("c"));
        disk.forceDirectory(directory);

        assertThat(disk.list(directory)).containsExactly(directory.resolve("b"), directory.resolve("c"));
        assertThat(disk.exists(directory.resolve("a"))).isFalse();
        assertThat(disk.exists(directory.resolve("c"))).isTrue();
        try (var file = disk.open(directory.resolve("b"), OpenMode.READ)) {
            disk.delete(directory.resolve("b"));
            assertThat(disk.exists(directory.resolve("b"))).isFalse();
            assertThat(read(file, 0, 9)).containsExactly(1);
        }
        assertThatThrownBy(() -> disk.delete(directory.resolve("b"))).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> disk.rename(directory.resolve("b"), directory.resolve("d")))
                .isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> disk.list(directory.resolve("nothing"))).isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @EnumSource
    void linkedFileHasTwoNames(DiskKind kind) throws Exception {
        var disk = kind.create();
        var directory = created(disk);
        var elsewhere = temporary.resolve("e");
        disk.createDirectories(elsewhere);
        write(disk, directory.resolve("a"), 1);
        write(disk, directory.resolve("b"), 2);

        disk.link(directory.resolve("a"), elsewhere.resolve("kept"));
        disk.rename(directory.resolve("b"), directory.resolve("a"));

        try (var kept = disk.open(elsewhere.resolve("kept"), OpenMode.READ);
                var named = disk.open(directory.resolve("a"), OpenMode.READ)) {
            assertThat(read(kept, 0, 9)).containsExactly(1);
            assertThat(read(named, 0, 9)).containsExactly(2);
        }
        assertThatThrownBy(() -> disk.link(directory.resolve("a"), elsewhere.resolve("kept")))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> disk.link(directory.resolve("b"), elsewhere.resolve("other")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @EnumSource
    void directoriesMayBeThereAlready(DiskKind kind) throws Exception {
        var disk = kind.create();
        var directory = temporary.resolve("x/y/z");
        disk.createDirectories(directory);
        disk.createDirectories(directory);

        assertThat(disk.list(temporary.resolve("x/y"))).containsExactly(directory);
        assertThat(disk.usableBytes(directory)).isPositive();
    }

    private Path created(Disk disk) throws IOException {
        var directory = temporary.resolve("d");
        disk.createDirectories(directory);
        return directory;
    }

    private static void write(Disk disk, Path path, int value) throws IOException {
        try (var file = disk.open(path, OpenMode.CREATE)) {
            file.write(ByteBuffer.wrap(new byte[] {(byte) value}), 0);
        }
    }

    private static byte[] read(DiskFile file, long position, int size) throws IOException {
        var bytes = ByteBuffer.allocate(size);
        assertThat(file.read(bytes, position)).isEqualTo(bytes.position());
        return TestLog.bytes(bytes.flip());
    }
}
