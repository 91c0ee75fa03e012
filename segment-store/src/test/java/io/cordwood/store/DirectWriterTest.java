package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        var random = new Random(seed);
        var model = new GrowingBytes();
        try (var file = new NioDisk(true).open(temporary.resolve("f"), OpenMode.CREATE)) {
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
        var opened = DirectWriter.open(file);
        assumeThat(opened).as("a file system that knows direct writes").isPresent();
        try (var writer = opened.orElseThrow()) {
            int block = writer.bytesToBlock(1) + 1;
            assertThat(writer.bytesToBlock(0)).isZero();
            assertThat(writer.bytesToBlock(block)).isZero();
            var bytes = ByteBuffer.allocate(3 * block - 1);

            assertThat(writer.write(bytes, 0)).isEqualTo(2 * block);

            assertThat(bytes.remaining()).isEqualTo(block - 1);
            assertThat(Files.size(file)).isEqualTo(2L * block);
        }
    }

    @Test
    void fileThatCannotBeOpenedSoIsWrittenThroughThePageCache() throws Exception {
        var path = temporary.resolve("f");
        var bytes = new byte[LEAST];
        new Random(5).nextBytes(bytes);
        try (var file = new NioDisk(true).open(path, OpenMode.CREATE)) {
            Files.delete(path);
            Files.createDirectory(path);
            file.write(ByteBuffer.wrap(bytes), 0);
            file.write(ByteBuffer.wrap(bytes), bytes.length);

            var read = ByteBuffer.allocate(bytes.length);
            assertThat(file.read(read, bytes.length)).isEqualTo(bytes.length);
            assertThat(read.array()).isEqualTo(bytes);
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
