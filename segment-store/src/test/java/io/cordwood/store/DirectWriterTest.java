package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

class DirectWriterTest {
    private static final int LEAST = DirectWriter.LEAST_BYTES;
    private static final int LARGEST_WRITE = 5 * LEAST / 2;
    private static final int WRITES = 300;

    @TempDir
    Path temporary;

    /** Appends as a log makes them, cut now and then, beside a model; what was written is read back at once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void fileHoldsExactlyWhatWasWritten(long seed) throws Exception {
        requireDirectWrites();
        var random = new Random(seed);
        var model = new GrowingBytes();
        try (var file = new NioDisk(true).openForAppends(temporary.resolve("f"), OpenMode.CREATE)) {
            for (int i = 0; i < WRITES; i++) {
                if (random.nextInt(10) == 0) {
                    int size = model.size() - random.nextInt(Math.min(model.size(), LARGEST_WRITE) + 1);
                    file.truncate(size);
                    model.truncate(size);
                }
                var bytes = new byte[1 + random.nextInt(random.nextBoolean() ? LARGEST_WRITE : LEAST / 8)];
                random.nextBytes(bytes);
                file.write(buffer(bytes, random), model.size());
                model.write(model.size(), bytes);
                if (random.nextInt(8) == 0) {
                    file.force();
                }
                assertThat(file.sizeBytes()).isEqualTo(model.size());
                assertSame(file, model, random.nextInt(model.size()), LARGEST_WRITE);
            }
            assertSame(file, model, 0, model.size());
        }
        assertThat(Files.readAllBytes(temporary.resolve("f"))).isEqualTo(model.toArray());
    }

    @Test
    void blocksAreWholeAndTheRestIsLeft() throws Exception {
        var file = Files.createFile(temporary.resolve("f"));
        try (var writer = openedWhereKnown(file)) {
            int block = writer.bytesToBlock(1) + 1;
            assertThat(writer.bytesToBlock(0)).isZero();
            assertThat(writer.bytesToBlock(block)).isZero();
            var bytes = ByteBuffer.allocate(3 * block - 1);

            assertThat(writer.write(bytes, 0)).isEqualTo(2 * block);

            assertThat(bytes.remaining()).isEqualTo(block - 1);
            assertThat(Files.size(file)).isEqualTo(2L * block);
        }
    }

    /** A file that is renamed or deleted while it is written stays the one that was opened. */
    @Test
    void pathMayBecomeAnothersWhileTheFileIsOpen() throws Exception {
        requireDirectWrites();
        var path = temporary.resolve("f");
        var moved = temporary.resolve("g");
        var bytes = new byte[LEAST];
        new Random(5).nextBytes(bytes);
        try (var file = new NioDisk(true).openForAppends(path, OpenMode.CREATE)) {
            Files.move(path, moved);
            Files.createFile(path);
            file.write(ByteBuffer.wrap(bytes), 0);
        }
        assertThat(Files.readAllBytes(moved)).isEqualTo(bytes);
        assertThat(path).isEmptyFile();
    }

    /** Without them the disk goes through the page cache, and what looks at the file sees no difference. */
    private void requireDirectWrites() throws IOException {
        openedWhereKnown(Files.createFile(temporary.resolve("probe"))).close();
    }

    private static DirectWriter openedWhereKnown(Path file) {
        try {
            return DirectWriter.open(file);
        } catch (IOException | UnsupportedOperationException e) {
            throw new TestAbortedException("the file system knows no direct writes", e);
        }
    }

    private static ByteBuffer buffer(byte[] bytes, Random random) {
        int before = random.nextInt(9);
        var buffer = random.nextBoolean()
                ? ByteBuffer.allocate(before + bytes.length)
                : ByteBuffer.allocateDirect(before + bytes.length);
        buffer.position(before).put(bytes).position(before);
        return random.nextBoolean() ? buffer.asReadOnlyBuffer() : buffer;
    }

    private static void assertSame(DiskFile file, GrowingBytes model, int position, int size) throws IOException {
        var read = ByteBuffer.allocate(Math.min(size, model.size() - position));
        assertThat(file.read(read, position)).isEqualTo(read.capacity());
        var expected = ByteBuffer.allocate(read.capacity());
        assertThat(model.read(expected, position)).isEqualTo(read.capacity());
        assertThat(read.array()).isEqualTo(expected.array());
    }
}
