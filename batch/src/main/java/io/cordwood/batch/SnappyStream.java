package io.cordwood.batch;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyError;

/**
 * Snappy blocks in the framing of snappy-java's streams, which is what Kafka means by snappy; and a single block
 * without any framing, which librdkafka writes. The only class that names the library.
 *
 * <p>Invariant: no block is unpacked whose stated size its packed bytes cannot hold, so a lying header costs no
 * memory. An unframed batch is one block and is unpacked at once.
 *
 * <p><b>Thread:</b> one per decoder.
 *
 * <p><b>Layout</b>, big endian; the 16 bytes of the header may come again between blocks:
 *
 * <pre>
 * 82 'S' 'N' 'A' 'P' 'P' 'Y' 00 . version int32 = 1 . oldest readable version int32 = 1
 * { packed length int32 . snappy block }
 * </pre>
 *
 * <p><b>Source:</b> snappy-java SnappyOutputStream; google/snappy format_description.txt.
 */
final class SnappyStream implements BlockDecoder {
    private static final long MAGIC = 0x82534e4150505900L;
    private static final int MAGIC_FIRST_WORD = (int) (MAGIC >>> Integer.SIZE);
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = Long.BYTES + 2 * Integer.BYTES;
    private static final int BLOCK_BYTES = 32 << 10;
    /** A copy element of three bytes gives at most 64, so no valid block grows by more than this. */
    private static final int MAX_GROWTH = 22;

    private final ByteBuffer packed;
    private final long decodedMaxBytes;
    private final boolean framed;
    private byte[] packedBlock = new byte[0];
    private byte[] block = new byte[0];

    SnappyStream(ByteBuffer packed, long decodedMaxBytes) throws IOException {
        this.packed = packed;
        this.decodedMaxBytes = decodedMaxBytes;
        this.framed = packed.remaining() >= HEADER_BYTES && packed.getLong(packed.position()) == MAGIC;
        if (framed) {
            skipHeader();
        }
    }

    /** @throws LinkageError when the library or its native part is missing */
    static void load() {
        try {
            Snappy.maxCompressedLength(0);
        } catch (SnappyError e) {
            throw (LinkageError) new UnsatisfiedLinkError(e.getMessage()).initCause(e);
        }
    }

    static void encode(byte[] source, int start, int end, EncodedBytes target) {
        target.write(ByteBuffer.allocate(HEADER_BYTES)
                .putLong(MAGIC)
                .putInt(VERSION)
                .putInt(VERSION)
                .array());
        for (int at = start; at < end; at += BLOCK_BYTES) {
            encodeBlock(source, at, Math.min(BLOCK_BYTES, end - at), target);
        }
    }

    @Override
    public ByteBuffer next() throws IOException {
        while (packed.hasRemaining()) {
            int length = framed ? nextFramedLength() : packed.remaining();
            int count = length == 0 ? 0 : decode(length);
            if (count > 0) {
                return ByteBuffer.wrap(block, 0, count);
            }
        }
        return ByteBuffer.wrap(block, 0, 0);
    }

    @Override
    public void close() {
        packedBlock = new byte[0];
        block = new byte[0];
    }

    private static void encodeBlock(byte[] source, int start, int length, EncodedBytes target) {
        int lengthAt = target.size();
        target.reserve(Integer.BYTES + Snappy.maxCompressedLength(length));
        int blockAt = lengthAt + Integer.BYTES;
        try {
            int written = Snappy.compress(source, start, length, target.array(), blockAt);
            ByteBuffer.wrap(target.array()).putInt(lengthAt, written);
            target.resize(blockAt + written);
        } catch (IOException e) {
            throw new IllegalStateException("snappy failed on " + length + " bytes in memory", e);
        }
    }

    private void skipHeader() throws IOException {
        if (packed.remaining() < HEADER_BYTES || packed.getLong() != MAGIC) {
            throw new IOException("snappy header expected at " + packed.position());
        }
        packed.getInt();
        int oldestReader = packed.getInt();
        if (oldestReader > VERSION) {
            throw new IOException("snappy stream needs version " + oldestReader + ", known is " + VERSION);
        }
    }

    private int nextFramedLength() throws IOException {
        requireRemaining(Integer.BYTES);
        if (packed.getInt(packed.position()) == MAGIC_FIRST_WORD) {
            skipHeader();
            return 0;
        }
        int length = packed.getInt();
        if (length <= 0) {
            throw new IOException("snappy block of " + length + " bytes");
        }
        requireRemaining(length);
        return length;
    }

    private int decode(int length) throws IOException {
        if (packedBlock.length < length) {
            packedBlock = new byte[length];
        }
        packed.get(packedBlock, 0, length);
        int size = Snappy.uncompressedLength(packedBlock, 0, length);
        if (size < 0 || size > (long) length * MAX_GROWTH) {
            throw new IOException("snappy block of " + length + " bytes states a size of " + size);
        }
        if (size > decodedMaxBytes) {
            throw new DecompressionLimitException(decodedMaxBytes, size);
        }
        if (block.length < size) {
            block = new byte[size];
        }
        return Snappy.uncompress(packedBlock, 0, length, block, 0);
    }

    private void requireRemaining(int bytes) throws IOException {
        if (bytes > packed.remaining()) {
            throw new EOFException("snappy stream ends at " + packed.limit() + ", " + bytes + " bytes expected at "
                    + packed.position());
        }
    }
}
