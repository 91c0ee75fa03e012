package io.cordwood.batch;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.StreamingXXHash32;
import net.jpountz.xxhash.XXHashFactory;
import org.jspecify.annotations.Nullable;

/**
 * One LZ4 frame, the only class that names the library. Written: blocks of 64 KiB, independent, no checksums but the
 * header's, like Kafka's clients do. Read: every frame with independent blocks and without a dictionary; checksums are
 * verified where there are any.
 *
 * <p>Invariant: a block buffer is never longer than the packed block can fill.
 *
 * <p><b>Thread:</b> one per decoder.
 *
 * <p><b>Layout</b>, little endian:
 *
 * <pre>
 * magic int32 = 184D2204 . FLG . BD . [content size int64] . [dictionary id int32] . HC
 * { block length int32, top bit = stored as it is . block . [xxh32 of the block] } . 0 int32 . [xxh32 of the content]
 * FLG: bits 7-6 version = 1, 5 blocks independent, 4 block checksums, 3 content size, 2 content checksum, 1 reserved,
 *      0 dictionary. BD: bits 6-4 block size 4..7 = 64 KiB, 256 KiB, 1 MiB, 4 MiB. HC: bits 15-8 of xxh32 of FLG...
 * </pre>
 *
 * <p><b>Source:</b> lz4_Frame_format.md 1.6.
 */
final class Lz4Frame implements BlockDecoder {
    private static final int MAGIC = 0x184d2204;
    private static final int FLAGS_WRITTEN = 0x60;
    private static final int BLOCK_DESCRIPTOR_WRITTEN = 0x40;
    private static final int BLOCK_BYTES_WRITTEN = 64 << 10;
    private static final int STORED_BIT = 0x80000000;

    private static final int VERSION_MASK = 0xc0;
    private static final int VERSION = 0x40;
    private static final int INDEPENDENT_BIT = 0x20;
    private static final int BLOCK_CHECKSUM_BIT = 0x10;
    private static final int CONTENT_SIZE_BIT = 0x08;
    private static final int CONTENT_CHECKSUM_BIT = 0x04;
    private static final int RESERVED_OR_DICTIONARY_BITS = 0x03;
    /** Each byte of a match length adds at most 255, so no valid block grows by more. */
    private static final int MAX_GROWTH = 255;

    private final ByteBuffer packed;
    private final LZ4SafeDecompressor decompressor =
            LZ4Factory.fastestInstance().safeDecompressor();
    private final int flags;
    private final int blockMaxBytes;
    private final @Nullable StreamingXXHash32 contentHash;
    private byte[] packedBlock = new byte[0];
    private byte[] block = new byte[0];
    private boolean ended;

    Lz4Frame(ByteBuffer packed) throws IOException {
        this.packed = packed.order(ByteOrder.LITTLE_ENDIAN);
        requireRemaining(Integer.BYTES + 3);
        int magic = packed.getInt();
        if (magic != MAGIC) {
            throw new IOException("lz4 frame begins with " + Integer.toHexString(magic));
        }
        int descriptorStart = packed.position();
        this.flags = checkedFlags(packed.get() & 0xff);
        this.blockMaxBytes = blockMaxBytes(packed.get() & 0xff);
        if (has(CONTENT_SIZE_BIT)) {
            requireRemaining(Long.BYTES + 1);
            packed.getLong();
        }
        checkHeader(descriptorStart);
        this.contentHash = has(CONTENT_CHECKSUM_BIT) ? newHash() : null;
    }

    /** @throws LinkageError when the library is missing; without its native part it works in Java */
    static void load() {
        LZ4Factory.fastestInstance();
        XXHashFactory.fastestInstance();
    }

    static void encode(byte[] source, int start, int end, EncodedBytes target) {
        writeInt(target, MAGIC);
        target.write(FLAGS_WRITTEN);
        target.write(BLOCK_DESCRIPTOR_WRITTEN);
        byte[] descriptor = {FLAGS_WRITTEN, BLOCK_DESCRIPTOR_WRITTEN};
        target.write(XXHashFactory.fastestInstance().hash32().hash(descriptor, 0, descriptor.length, 0) >>> 8);
        for (int at = start; at < end; at += BLOCK_BYTES_WRITTEN) {
            encodeBlock(source, at, Math.min(BLOCK_BYTES_WRITTEN, end - at), target);
        }
        writeInt(target, 0);
    }

    @Override
    public ByteBuffer next() throws IOException {
        int count = 0;
        while (count == 0 && !ended) {
            count = nextBlock();
        }
        return ByteBuffer.wrap(block, 0, count);
    }

    @Override
    public void close() {
        ended = true;
        packedBlock = new byte[0];
        block = new byte[0];
        if (contentHash != null) {
            contentHash.close();
        }
    }

    private static void encodeBlock(byte[] source, int start, int length, EncodedBytes target) {
        var compressor = LZ4Factory.fastestInstance().fastCompressor();
        int lengthAt = target.size();
        int bound = compressor.maxCompressedLength(length);
        target.reserve(Integer.BYTES + bound);
        int blockAt = lengthAt + Integer.BYTES;
        int written = compressor.compress(source, start, length, target.array(), blockAt, bound);
        if (written < length) {
            writeInt(target, written);
            target.resize(blockAt + written);
        } else {
            writeInt(target, length | STORED_BIT);
            target.write(source, start, length);
        }
    }

    private static void writeInt(EncodedBytes target, int value) {
        target.write(value);
        target.write(value >>> 8);
        target.write(value >>> 16);
        target.write(value >>> 24);
    }

    private static int checkedFlags(int flags) throws IOException {
        if ((flags & VERSION_MASK) != VERSION || (flags & RESERVED_OR_DICTIONARY_BITS) != 0) {
            throw new IOException("lz4 frame flags " + Integer.toHexString(flags) + " are not readable");
        }
        if ((flags & INDEPENDENT_BIT) == 0) {
            throw new IOException("lz4 frame with dependent blocks, which Kafka's readers refuse");
        }
        return flags;
    }

    private static int blockMaxBytes(int blockDescriptor) throws IOException {
        int code = blockDescriptor >>> 4;
        if ((blockDescriptor & 0x0f) != 0 || code < 4 || code > 7) {
            throw new IOException("lz4 block descriptor " + Integer.toHexString(blockDescriptor));
        }
        return 1 << (2 * code + 8);
    }

    private void checkHeader(int descriptorStart) throws IOException {
        var descriptor = new byte[packed.position() - descriptorStart];
        packed.get(descriptorStart, descriptor);
        int expected = (hash(descriptor, descriptor.length) >>> 8) & 0xff;
        int found = packed.get() & 0xff;
        if (found != expected) {
            throw new IOException("lz4 header checksum expected " + expected + ", found " + found);
        }
    }

    private int nextBlock() throws IOException {
        requireRemaining(Integer.BYTES);
        int word = packed.getInt();
        if (word == 0) {
            finish();
            return 0;
        }
        int length = readPackedBlock(word & ~STORED_BIT);
        int count = (word & STORED_BIT) != 0 ? copyStored(length) : decode(length);
        if (contentHash != null) {
            contentHash.update(block, 0, count);
        }
        return count;
    }

    private int readPackedBlock(int length) throws IOException {
        if (length > blockMaxBytes) {
            throw new IOException("lz4 block of " + length + " bytes, the frame allows " + blockMaxBytes);
        }
        requireRemaining(length);
        if (packedBlock.length < length) {
            packedBlock = new byte[length];
        }
        packed.get(packedBlock, 0, length);
        if (has(BLOCK_CHECKSUM_BIT)) {
            verify("block", hash(packedBlock, length));
        }
        return length;
    }

    private int copyStored(int length) {
        growBlock(length);
        System.arraycopy(packedBlock, 0, block, 0, length);
        return length;
    }

    private int decode(int length) throws IOException {
        int bound = (int) Math.min(blockMaxBytes, (long) length * MAX_GROWTH);
        growBlock(bound);
        try {
            return decompressor.decompress(packedBlock, 0, length, block, 0, bound);
        } catch (LZ4Exception e) {
            throw new IOException("lz4 block of " + length + " bytes does not unpack", e);
        }
    }

    private void growBlock(int bytes) {
        if (block.length < bytes) {
            block = new byte[bytes];
        }
    }

    private void finish() throws IOException {
        ended = true;
        if (contentHash != null) {
            verify("content", contentHash.getValue());
        }
        if (packed.hasRemaining()) {
            throw new IOException(packed.remaining() + " bytes behind the end of the lz4 frame");
        }
    }

    private void verify(String what, int expected) throws IOException {
        requireRemaining(Integer.BYTES);
        int found = packed.getInt();
        if (found != expected) {
            throw new IOException("lz4 " + what + " checksum expected " + Integer.toHexString(expected) + ", found "
                    + Integer.toHexString(found));
        }
    }

    private void requireRemaining(int bytes) throws IOException {
        if (bytes > packed.remaining()) {
            throw new EOFException(
                    "lz4 frame ends at " + packed.limit() + ", " + bytes + " bytes expected at " + packed.position());
        }
    }

    private boolean has(int bit) {
        return (flags & bit) != 0;
    }

    private static StreamingXXHash32 newHash() {
        return XXHashFactory.fastestInstance().newStreamingHash32(0);
    }

    private static int hash(byte[] bytes, int length) {
        return XXHashFactory.fastestInstance().hash32().hash(bytes, 0, length, 0);
    }
}
