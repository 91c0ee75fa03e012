package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyOutputStream;

class CompressionTest {
    private static final int[] SIZES = {0, 1, 100, 32 << 10, (32 << 10) + 1, 64 << 10, (64 << 10) + 1, 1_000_000};

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void whatIsPackedUnpacksToTheSameBytes(Compression compression) throws IOException {
        for (int size : SIZES) {
            for (int alphabet : new int[] {1, 4, 256}) {
                var source = randomBytes(size, alphabet);
                var target = new EncodedBytes(10);
                target.resize(5);

                compression.encode(source, 0, size, target);

                var packed = ByteBuffer.wrap(target.array(), 5, target.size() - 5);
                assertThat(unpack(compression, packed)).isEqualTo(source);
            }
        }
    }

    @Test
    void lz4FramesOfOtherWritersAreRead() throws IOException {
        for (var blockSize : BLOCKSIZE.values()) {
            var source = randomBytes(300_000, 4);
            var out = new ByteArrayOutputStream();
            var flags = new FLG.Bits[] {
                FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.BLOCK_CHECKSUM, FLG.Bits.CONTENT_CHECKSUM, FLG.Bits.CONTENT_SIZE
            };
            write(new LZ4FrameOutputStream(out, blockSize, source.length, flags), source);

            assertThat(unpack(Compression.LZ4, ByteBuffer.wrap(out.toByteArray())))
                    .isEqualTo(source);
        }
    }

    @Test
    void everyDamagedByteOfAChecksummedLz4FrameIsNoticed() throws IOException {
        var source = randomBytes(1000, 4);
        var out = new ByteArrayOutputStream();
        write(
                new LZ4FrameOutputStream(
                        out, BLOCKSIZE.SIZE_64KB, FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM),
                source);
        var frame = out.toByteArray();
        for (int i = 0; i < frame.length; i++) {
            frame[i] ^= 0x10;

            assertThatExceptionOfType(IOException.class)
                    .as("byte %d", i)
                    .isThrownBy(() -> unpack(Compression.LZ4, ByteBuffer.wrap(frame)));
            frame[i] ^= 0x10;
        }
    }

    @Test
    void snappyOfOtherWritersIsRead() throws IOException {
        var source = randomBytes(200_000, 4);
        var framed = new ByteArrayOutputStream();
        write(new SnappyOutputStream(framed, 1 << 10), source);
        var twice = new ByteArrayOutputStream();
        twice.write(framed.toByteArray());
        twice.write(framed.toByteArray());

        assertThat(unpack(Compression.SNAPPY, ByteBuffer.wrap(framed.toByteArray())))
                .isEqualTo(source);
        assertThat(unpack(Compression.SNAPPY, ByteBuffer.wrap(twice.toByteArray())))
                .hasSize(2 * source.length);
        assertThat(unpack(Compression.SNAPPY, ByteBuffer.wrap(Snappy.compress(source))))
                .isEqualTo(source);
    }

    @Test
    void gzipOfSeveralMembersIsRead() throws IOException {
        var out = new ByteArrayOutputStream();
        write(new GZIPOutputStream(out), new byte[] {1, 2});
        write(new GZIPOutputStream(out), new byte[] {3});

        assertThat(unpack(Compression.GZIP, ByteBuffer.wrap(out.toByteArray()))).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void streamThatIsCutOffIsNeverTakenForWhole(Compression compression) {
        var source = randomBytes(70_000, 4);
        var target = new EncodedBytes(10);
        compression.encode(source, 0, source.length, target);
        for (int size : List.of(0, 1, 5, 17, 18, 1000, target.size() / 2, target.size() - 5, target.size() - 1)) {
            var cut = ByteBuffer.wrap(target.array(), 0, size);

            assertThat(unpacksTo(compression, cut)).as("cut at %d", size).isNotEqualTo(source);
        }
    }

    @Test
    void namesAndIdsAreKafkas() {
        for (var compression : Compression.values()) {
            var theirs = Rows.kafka(compression).type();
            assertThat(compression.id()).isEqualTo(theirs.id);
            assertThat(Compression.parse(theirs.name)).isEqualTo(compression);
            assertThat(Compression.ofId(compression.id())).contains(compression);
            assertThat(compression.available()).isTrue();
        }
        assertThat(Compression.ofId(5)).isEmpty();
        assertThat(Compression.ofId(-1)).isEmpty();
        assertThat(Compression.parse("Zstd")).isEqualTo(Compression.ZSTD);
        assertThatIllegalArgumentException().isThrownBy(() -> Compression.parse("brotli"));
    }

    /** The bytes, or fewer where the stream ends early without a word, or none where it is refused. */
    private static byte[] unpacksTo(Compression compression, ByteBuffer packed) {
        try {
            return unpack(compression, packed);
        } catch (IOException e) {
            return new byte[0];
        }
    }

    private static byte[] unpack(Compression compression, ByteBuffer packed) throws IOException {
        var decoder = compression.decoder(packed.slice(), 1 << 30);
        try {
            var bytes = new ByteArrayOutputStream();
            for (var block = decoder.next(); block.hasRemaining(); block = decoder.next()) {
                var copy = new byte[block.remaining()];
                block.get(copy);
                bytes.write(copy);
            }
            assertThat(decoder.next().hasRemaining()).isFalse();
            return bytes.toByteArray();
        } finally {
            decoder.close();
        }
    }

    private static void write(OutputStream stream, byte[] source) throws IOException {
        try (stream) {
            stream.write(source);
        }
    }

    private static byte[] randomBytes(int size, int alphabet) {
        var random = new Random(size);
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) random.nextInt(alphabet);
        }
        return bytes;
    }
}
