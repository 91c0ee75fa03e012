package io.cordwood.partition;

import io.cordwood.store.PartitionId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The header that stands in the raft log for an entry of a partition.
 *
 * <p>Layout, big endian; a header ends after its last batch:
 *
 * <pre>
 * at   bytes  field
 *  0   1      format version, 1
 *  1   1      kind: 1 append
 *  2   2      flags: bit 0 roll
 *  4   16     topic id
 * 20   4      partition number
 * 24   8      leader time, ms since 1970
 * 32   2      number of batches n, 1..512
 * 34   44 n   batches:
 *       0  8  base offset
 *       8  4  record count
 *      12  4  size in bytes
 *      16  4  CRC-32C
 *      20  2  attributes
 *      22  8  max timestamp, ms since 1970
 *      30  8  producer id, -1 without one
 *      38  2  producer epoch
 *      40  4  first sequence
 * </pre>
 *
 * <p>Thread: stateless.
 */
public final class EntryCodec {
    /** Most batches in one entry. */
    public static final int MAX_BATCHES = 512;

    private static final byte VERSION = 1;
    private static final byte KIND_APPEND = 1;
    private static final short FLAG_ROLL = 1;
    private static final int FIXED_BYTES = 34;
    private static final int BATCH_BYTES = 44;

    private EntryCodec() {}

    /** The largest header: {@value #MAX_BATCHES} batches. */
    public static int maxHeaderBytes() {
        return FIXED_BYTES + MAX_BATCHES * BATCH_BYTES;
    }

    /** Encodes into an array of exactly the header's size. */
    public static byte[] encode(AppendEntry entry) {
        if (entry.batches().size() > MAX_BATCHES) {
            throw new IllegalArgumentException(entry.batches().size() + " batches in an entry, limit " + MAX_BATCHES);
        }
        var buffer = ByteBuffer.allocate(FIXED_BYTES + entry.batches().size() * BATCH_BYTES);
        buffer.put(VERSION).put(KIND_APPEND).putShort(entry.roll() ? FLAG_ROLL : 0);
        buffer.putLong(entry.partition().topicId().getMostSignificantBits());
        buffer.putLong(entry.partition().topicId().getLeastSignificantBits());
        buffer.putInt(entry.partition().partition()).putLong(entry.leaderTimeMs());
        buffer.putShort((short) entry.batches().size());
        entry.batches().forEach(batch -> put(buffer, batch));
        return buffer.array();
    }

    private static void put(ByteBuffer buffer, BatchHeader batch) {
        buffer.putLong(batch.baseOffset()).putInt(batch.recordCount()).putInt(batch.sizeBytes());
        buffer.putInt(batch.crc()).putShort(batch.attributes()).putLong(batch.maxTimestampMs());
        buffer.putLong(batch.producerId()).putShort(batch.producerEpoch()).putInt(batch.firstSequence());
    }

    /**
     * Decodes a header.
     *
     * @throws UnknownEntryException where a newer version wrote it: the replica must stop, never skip it
     * @throws IllegalArgumentException where the bytes are no header
     */
    public static AppendEntry decode(ByteBuffer bytes) throws UnknownEntryException {
        var buffer = bytes.slice();
        try {
            return decodeHeader(buffer);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("an entry header of " + bytes.remaining() + " bytes is cut off", e);
        }
    }

    private static AppendEntry decodeHeader(ByteBuffer buffer) throws UnknownEntryException {
        byte version = buffer.get();
        if (version != VERSION) {
            throw new UnknownEntryException("format version", version, VERSION);
        }
        byte kind = buffer.get();
        if (kind != KIND_APPEND) {
            throw new UnknownEntryException("kind", kind, KIND_APPEND);
        }
        short flags = buffer.getShort();
        if ((flags & ~FLAG_ROLL) != 0) {
            throw new UnknownEntryException("flags", flags, FLAG_ROLL);
        }
        var partition = new PartitionId(new UUID(buffer.getLong(), buffer.getLong()), buffer.getInt());
        long leaderTimeMs = buffer.getLong();
        int count = buffer.getShort();
        var batches = decodeBatches(buffer, count);
        if (buffer.hasRemaining()) {
            throw new IllegalArgumentException(buffer.remaining() + " bytes behind an entry header");
        }
        return new AppendEntry(partition, leaderTimeMs, (flags & FLAG_ROLL) != 0, batches);
    }

    private static List<BatchHeader> decodeBatches(ByteBuffer buffer, int count) {
        if (count < 1 || count > MAX_BATCHES) {
            throw new IllegalArgumentException(count + " batches in an entry header, limit " + MAX_BATCHES);
        }
        var batches = new ArrayList<BatchHeader>(count);
        for (int i = 0; i < count; i++) {
            batches.add(new BatchHeader(
                    buffer.getLong(),
                    buffer.getInt(),
                    buffer.getInt(),
                    buffer.getInt(),
                    buffer.getShort(),
                    buffer.getLong(),
                    buffer.getLong(),
                    buffer.getShort(),
                    buffer.getInt()));
        }
        return batches;
    }
}
