package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A disk of a few MiB, in memory, that somebody else can fill and free. It takes the right to mount:
 * {@link Requirement#DISKS}.
 *
 * <p>Invariant: after {@link #close} nothing is mounted, even where a process still has files open there.
 *
 * <p><b>Thread:</b> the test's.
 */
final class SmallDisk implements AutoCloseable {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int PAGE_BYTES = 4 << 10;

    private final Path directory;
    private final Path filler;

    private SmallDisk(Path directory) {
        this.directory = directory;
        this.filler = directory.resolve("somebody-elses");
    }

    /** @param directory is created; what is written below it from now on is on the small disk */
    static SmallDisk mount(Path directory, int mebibytes) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var mounted = Command.of(
                        "mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "cordwood-it", directory.toString())
                .run();
        if (mounted.exitCode() != 0) {
            Requirement.DISKS.isMissing("no tmpfs can be mounted: " + mounted);
        }
        return new SmallDisk(directory);
    }

    /** Somebody writes until so many bytes are left, or none. */
    void fillUntil(long bytesLeft) {
        try (var file = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (long excess = usableBytes() - bytesLeft; excess >= PAGE_BYTES; excess = usableBytes() - bytesLeft) {
                file.write(ByteBuffer.allocate((int) Math.min(PIECE_BYTES, excess)));
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What was filled is free again. */
    void free() {
        try {
            Files.deleteIfExists(filler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long usableBytes() {
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        var unmounted = Command.of("umount", "--lazy", directory.toString()).run();
        assertThat(unmounted.exitCode()).as(unmounted.toString()).isZero();
    }
}
