package io.cordwood.partition;

import io.cordwood.store.CompactionTimes;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentHash;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The header that stands in the raft log for an entry of a partition.
 *
 * <p>Layout, big endian; nothing follows:
 *
 * <pre>
 * at   bytes  field
 *  0   1      format version, 1
 *  1   1      kind: 1 append, 2 trim, 3 compact
 *  2   2      flags: bit 0 roll (append only)
 *  4   16     topic id
 * 20   4      partition number
 * 24   8      leader time, ms since 1970
 * append:
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
 * trim:
 * 32   8      log start offset
 * compact:
 * 32   8      start of the offsets whose keys were read
 * 40   8      their end
 * 48   4      number of different keys
 * 52   8      time that decided about tombstones, ms since 1970
 * 60   8      delete horizon of new tombstones, ms since 1970
 * 68   2      version of the rules by which files are written, 1
 * 70   8      end of the oldest segment that was worked on
 * 78   2      number of segments n, 0..300
 * 80   68 n   segments:
 *       0  8  base offset
 *       8  8  end offset
 *      16  8  size in bytes
 *      24  8  maximum timestamp, -1 = none
 *      32 32  SHA-256
 *      64  4  compaction generation
 * </pre>
 *
 * <p>Thread: stateless.
 */
public final class EntryCodec {
    /** Most batches in one entry. */
    public static final int MAX_BATCHES = 512;

    private static final byte VERSION = 1;
    private static final byte KIND_APPEND = 1;
    private static final byte KIND_TRIM = 2;
    private static final byte KIND_COMPACT = 3;
    private static final short FLAG_ROLL = 1;
    private static final int PROLOGUE_BYTES = 32;
    private static final int APPEND_BYTES = PROLOGUE_BYTES + Short.BYTES;
    private static final int TRIM_BYTES = PROLOGUE_BYTES + Long.BYTES;
    private static final int COMPACT_BYTES = PROLOGUE_BYTES + 5 * Long.BYTES + Integer.BYTES + 2 * Short.BYTES;
    private static final int SEGMENT_BYTES = 68;
    private static final int BATCH_BYTES = 44;

    private EntryCodec() {}

    /** The largest header: {@value #MAX_BATCHES} batches. */
    public static int maxHeaderBytes() {
        return APPEND_BYTES + MAX_BATCHES * BATCH_BYTES;
    }

    /** Encodes into an array of exactly the header's size. */
    public static byte[] encode(PartitionEntry entry) {
        if (entry instanceof AppendEntry append) {
            return encodeAppend(append);
        }
        if (entry instanceof TrimEntry trim) {
            var bytes = new byte[TRIM_BYTES];
            prologue(bytes, KIND_TRIM, (short) 0, trim).putLong(trim.logStartOffset());
            return bytes;
        }
        if (entry instanceof CompactEntry compact) {
            return encodeCompact(compact);
        }
        throw new IllegalArgumentException("entry " + entry);
    }

    private static byte[] encodeCompact(CompactEntry entry) {
        var bytes = new byte[COMPACT_BYTES + entry.segments().size() * SEGMENT_BYTES];
        var buffer = prologue(bytes, KIND_COMPACT, (short) 0, entry);
        var pass = entry.pass();
        buffer.putLong(pass.scanned().start()).putLong(pass.scanned().end()).putInt(pass.keys());
        buffer.putLong(pass.times().nowMs()).putLong(pass.times().newHorizonMs());
        buffer.putShort(pass.rewriteVersion()).putLong(entry.firstSourceEnd());
        buffer.putShort((short) entry.segments().size());
        entry.segments().forEach(segment -> put(buffer, segment));
        return bytes;
    }

    private static void put(ByteBuffer buffer, SealedSegment segment) {
        buffer.putLong(segment.baseOffset()).putLong(segment.endOffset());
        buffer.putLong(segment.sizeBytes()).putLong(segment.maxTimestamp());
        var hash = segment.hash();
        buffer.putLong(hash.first())
                .putLong(hash.second())
                .putLong(hash.third())
                .putLong(hash.fourth());
        buffer.putInt(segment.compactionGeneration());
    }

    private static byte[] encodeAppend(AppendEntry entry) {
        if (entry.batches().size() > MAX_BATCHES) {
            throw new IllegalArgumentException(entry.batches().size() + " batches in an entry, limit " + MAX_BATCHES);
        }
        var bytes = new byte[APPEND_BYTES + entry.batches().size() * BATCH_BYTES];
        var buffer = prologue(bytes, KIND_APPEND, entry.roll() ? FLAG_ROLL : 0, entry);
        buffer.putShort((short) entry.batches().size());
        entry.batches().forEach(batch -> put(buffer, batch));
        return bytes;
    }

    private static ByteBuffer prologue(byte[] target, byte kind, short flags, PartitionEntry entry) {
        var buffer = ByteBuffer.wrap(target);
        buffer.put(VERSION).put(kind).putShort(flags);
        buffer.putLong(entry.partition().topicId().getMostSignificantBits());
        buffer.putLong(entry.partition().topicId().getLeastSignificantBits());
        return buffer.putInt(entry.partition().partition()).putLong(entry.leaderTimeMs());
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
    public static PartitionEntry decode(ByteBuffer bytes) throws UnknownEntryException {
        var buffer = bytes.slice();
        try {
            return decodeHeader(buffer);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("an entry header of " + bytes.remaining() + " bytes is cut off", e);
        }
    }

    private static PartitionEntry decodeHeader(ByteBuffer buffer) throws UnknownEntryException {
        byte version = buffer.get();
        if (version != VERSION) {
            throw new UnknownEntryException("format version", version, VERSION);
        }
        byte kind = buffer.get();
        if (kind < KIND_APPEND || kind > KIND_COMPACT) {
            throw new UnknownEntryException("kind", kind, KIND_COMPACT);
        }
        short flags = buffer.getShort();
        short knownFlags = kind == KIND_APPEND ? FLAG_ROLL : 0;
        if ((flags & ~knownFlags) != 0) {
            throw new UnknownEntryException("flags", flags, knownFlags);
        }
        var partition = new PartitionId(new UUID(buffer.getLong(), buffer.getLong()), buffer.getInt());
        long leaderTimeMs = buffer.getLong();
        var entry = switch (kind) {
            case KIND_TRIM -> new TrimEntry(partition, leaderTimeMs, buffer.getLong());
            case KIND_COMPACT -> decodeCompact(partition, leaderTimeMs, buffer);
            default ->
                new AppendEntry(
                        partition, leaderTimeMs, (flags & FLAG_ROLL) != 0, decodeBatches(buffer, buffer.getShort()));
        };
        if (buffer.hasRemaining()) {
            throw new IllegalArgumentException(buffer.remaining() + " bytes behind an entry header");
        }
        return entry;
    }

    private static CompactEntry decodeCompact(PartitionId partition, long leaderTimeMs, ByteBuffer buffer) {
        var scanned = new OffsetRange(buffer.getLong(), buffer.getLong());
        int keys = buffer.getInt();
        var times = new CompactionTimes(buffer.getLong(), buffer.getLong());
        var pass = new CompactEntry.Pass(scanned, keys, times, buffer.getShort());
        long firstSourceEnd = buffer.getLong();
        int count = buffer.getShort();
        if (count < 0 || count > CompactEntry.MAX_SEGMENTS) {
            throw new IllegalArgumentException(
                    count + " segments in an entry header, limit " + CompactEntry.MAX_SEGMENTS);
        }
        var segments = new ArrayList<SealedSegment>(count);
        for (int i = 0; i < count; i++) {
            segments.add(new SealedSegment(
                    buffer.getLong(),
                    buffer.getLong(),
                    buffer.getLong(),
                    buffer.getLong(),
                    new SegmentHash(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong()),
                    buffer.getInt()));
        }
        return new CompactEntry(partition, leaderTimeMs, pass, firstSourceEnd, segments);
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
