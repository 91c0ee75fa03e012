package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopDiskIT {
    private static final int MEBIBYTES = 64;
    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    @Test
    void aFullDiskIsFullForRootTooAndHasRoomWhenItIsFreed() throws IOException {
        LoopDisk.missing().ifPresent(Requirement.DISKS::isMissing);
        var disk = LoopDisk.make(directory.resolve("image"), MEBIBYTES, directory.resolve("data"));
        try {
            long room = disk.usableBytes();

            disk.fillUntil(MIB);
            assertThat(disk.usableBytes()).isLessThanOrEqualTo(2 * MIB);
            assertThat(writtenUntilFull(disk.directory().resolve("file"), room)).isLessThanOrEqualTo(2 * MIB);

            Files.delete(disk.directory().resolve("file"));
            disk.free();
            assertThat(disk.usableBytes()).isGreaterThan(room - MIB);
        } finally {
            disk.detach();
        }
    }

    /** By the process itself, with whatever rights it has. */
    private static long writtenUntilFull(Path file, long atMost) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (channel.size() < atMost) {
                channel.write(ByteBuffer.allocate(4096));
            }
            return channel.size();
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left on device");
            return Files.size(file);
        }
    }

    @Test
    void whatIsMountedBelowADirectoryIsFound() {
        var table = List.of(
                "/dev/loop0 /tmp/run/n1/data ext4 rw 0 0",
                "/dev/loop1 /tmp/running/n1/data ext4 rw 0 0",
                "tmpfs /tmp/run/n2/data tmpfs rw 0 0",
                "broken");

        assertThat(LoopDisk.mountedBelow(table, Path.of("/tmp/run"))).containsExactly("/tmp/run/n1/data");
    }
}
