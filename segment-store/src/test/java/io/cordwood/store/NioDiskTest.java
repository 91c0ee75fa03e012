package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.NioDisk.NioFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file whose blocks cannot be written past the page cache, or not any more. */
class NioDiskTest {
    /** Ends inside a block. */
    private static final int BEGUN = 100;

    private static final int LARGE = 2 * DirectWriter.LEAST_BYTES + 7;

    @TempDir
    Path temporary;

    /** Writes some blocks, then one of zeros in the place of the next, and fails. */
    private static final class FailingWriter implements BlockWriter {
        private static final int BLOCK_BYTES = 4 << 10;

        private final FileChannel channel;
        private final int soundBytes;
        private final Supplier<IOException> failure;
        private int asked;

        FailingWriter(Path file, int soundBlocks, Supplier<IOException> failure) throws IOException {
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
            soundBytes = soundBlocks * BLOCK_BYTES;
            this.failure = failure;
        }

        @Override
        public int bytesToBlock(long position) {
            return (int) (-position & (BLOCK_BYTES - 1));
        }

        @Override
        public int write(ByteBuffer src, long position) throws IOException {
            asked++;
            channel.write(src.slice(src.position(), soundBytes), position);
            channel.write(ByteBuffer.allocate(BLOCK_BYTES), position + soundBytes);
            src.position(src.position() + soundBytes);
            throw failure.get();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static IOException unsupported() {
        return new IOException("no direct writes here");
    }

    private static byte[] someBytes(int size) {
        var bytes = new byte[size];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    /** Open, with a block that is begun. */
    private NioFile begun(byte[] bytes, FailingWriter writer, Path path) throws IOException {
        var channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        var file = new NioFile(path, channel, writer);
        file.write(ByteBuffer.wrap(bytes, 0, BEGUN), 0);
        return file;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void whatTheBlockWriterLeavesIsWrittenThroughThePageCache(int soundBlocks) throws Exception {
        var bytes = someBytes(BEGUN + 2 * LARGE);
        var path = Files.createFile(temporary.resolve("f"));
        var writer = new FailingWriter(path, soundBlocks, NioDiskTest::unsupported);
        try (var file = begun(bytes, writer, path)) {
            var first = ByteBuffer.wrap(bytes, BEGUN, LARGE);
            file.write(first, BEGUN);
            assertThat(first.hasRemaining()).isFalse();

            file.write(ByteBuffer.wrap(bytes, BEGUN + LARGE, LARGE), BEGUN + LARGE);
        }

        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
        assertThat(writer.asked).isOne();
    }

    /** An interrupt closes the channel: it stands for a disk on which the other way fails, too. */
    @Test
    void failureOfBothWaysIsThrown() throws Exception {
        var bytes = someBytes(BEGUN + LARGE);
        var path = Files.createFile(temporary.resolve("f"));
        var writer = new FailingWriter(path, 1, () -> {
            Thread.currentThread().interrupt();
            return unsupported();
        });
        try (var file = begun(bytes, writer, path)) {
            assertThatThrownBy(() -> file.write(ByteBuffer.wrap(bytes, BEGUN, LARGE), BEGUN))
                    .isInstanceOf(ClosedByInterruptException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void fileThatWasClosedIsNotWrittenInTheOtherWay() throws Exception {
        var bytes = someBytes(BEGUN + LARGE);
        var path = Files.createFile(temporary.resolve("f"));
        var writer = new FailingWriter(path, 0, ClosedChannelException::new);
        try (var file = begun(bytes, writer, path)) {
            assertThatThrownBy(() -> file.write(ByteBuffer.wrap(bytes, BEGUN, LARGE), BEGUN))
                    .isInstanceOf(ClosedChannelException.class);
        }

        assertThat(Files.size(path)).isEqualTo(2L * FailingWriter.BLOCK_BYTES);
    }
}
