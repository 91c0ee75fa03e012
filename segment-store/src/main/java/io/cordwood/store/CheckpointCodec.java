package io.cordwood.store;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The bytes of a checkpoint, behind the prologue that {@link FramedFile} writes.
 *
 * <p><b>Thread:</b> any.
 *
 * <p><b>Layout</b> of version {@value #VERSION}, big endian. In version {@value #OLDEST_VERSION} a producer has at most five batches,
 * else it is the same:
 *
 * <pre>
 * bytes  field
 * 16     topic id: most significant half, least significant half
 *  4     partition
 *  8     term            of the entry at the raft index
 *  8     raft index
 *  8     high watermark
 *  8     log start offset
 *  8     last leader time, ms
 *  4     number of leader epochs, then for each
 *          4  leader epoch
 *          8  start offset
 *  4     number of producers, least recently used first, then for each
 *          8  producer id
 *          2  producer epoch
 *          8  last used, leader time in ms
 *          1  number of batches (1 to 32), oldest first, then for each
 *               4  first sequence
 *               4  record count
 *               8  base offset
 *  8     active segment: base offset
 *  8                     leader time at which it was opened, ms
 *  8                     size in bytes up to the high watermark
 *  8                     maximum timestamp, ms (-1 = none)
 *  4     number of sealed segments, in order of offset, then for each
 *          8  base offset
 *          8  end offset (exclusive)
 *          8  size in bytes
 *          8  maximum timestamp, ms (-1 = none)
 *         32  SHA-256 of the file (all zero = not computed)
 *          4  compaction generation
 *  8     end of the offsets whose keys compaction has read
 * </pre>
 */
final class CheckpointCodec {
    static final int OLDEST_VERSION = 1;
    static final int VERSION = 2;

    private static final int FIXED_BYTES = 16 + 4 + 5 * 8 + 3 * 4 + 4 * 8 + 8;
    private static final int EPOCH_BYTES = 4 + 8;
    private static final int PRODUCER_BYTES = 8 + 2 + 8 + 1;
    private static final int BATCH_BYTES = 4 + 4 + 8;
    private static final int SEALED_BYTES = 4 * 8 + 32 + 4;

    private CheckpointCodec() {}

    static ByteBuffer encode(Checkpoint checkpoint) {
        var out = ByteBuffer.allocate(sizeBytes(checkpoint));
        putPartition(out, checkpoint.partition());
        out.putLong(checkpoint.term()).putLong(checkpoint.index());
        out.putLong(checkpoint.highWatermark()).putLong(checkpoint.logStartOffset());
        out.putLong(checkpoint.lastLeaderTimeMs());
        putAll(
                out,
                checkpoint.leaderEpochs(),
                epoch -> out.putInt(epoch.epoch()).putLong(epoch.startOffset()));
        putAll(out, checkpoint.producers(), producer -> putProducer(out, producer));
        putActive(out, checkpoint.segments().active());
        putAll(out, checkpoint.segments().sealed(), segment -> putSealed(out, segment));
        out.putLong(checkpoint.compactedEnd());
        return out.flip();
    }

    /** @throws IllegalArgumentException when the bytes are no checkpoint: their CRC was right, so a build wrote them wrong */
    static Checkpoint decode(ByteBuffer in) {
        try {
            return decodeFields(in);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a checkpoint of " + in.limit() + " bytes is cut off", e);
        }
    }

    private static Checkpoint decodeFields(ByteBuffer in) {
        var partition = new PartitionId(new UUID(in.getLong(), in.getLong()), in.getInt());
        long term = in.getLong();
        long index = in.getLong();
        long highWatermark = in.getLong();
        long logStartOffset = in.getLong();
        long lastLeaderTimeMs = in.getLong();
        var epochs = takeAll(in, EPOCH_BYTES, b -> new LeaderEpoch(b.getInt(), b.getLong()));
        var producers = takeAll(in, PRODUCER_BYTES, CheckpointCodec::takeProducer);
        var active = new ActiveSegmentInfo(in.getLong(), in.getLong(), in.getLong(), in.getLong());
        var sealed = takeAll(in, SEALED_BYTES, CheckpointCodec::takeSealed);
        long compactedEnd = in.getLong();
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(in.remaining() + " bytes behind the checkpoint");
        }
        return new Checkpoint(
                partition,
                term,
                index,
                highWatermark,
                logStartOffset,
                lastLeaderTimeMs,
                epochs,
                producers,
                SegmentTable.of(sealed, active),
                compactedEnd);
    }

    private static int sizeBytes(Checkpoint checkpoint) {
        int batches = checkpoint.producers().stream()
                .mapToInt(producer -> producer.batches().size())
                .sum();
        return FIXED_BYTES
                + EPOCH_BYTES * checkpoint.leaderEpochs().size()
                + PRODUCER_BYTES * checkpoint.producers().size()
                + BATCH_BYTES * batches
                + SEALED_BYTES * checkpoint.segments().sealed().size();
    }

    private static void putPartition(ByteBuffer out, PartitionId partition) {
        out.putLong(partition.topicId().getMostSignificantBits());
        out.putLong(partition.topicId().getLeastSignificantBits());
        out.putInt(partition.partition());
    }

    private static void putProducer(ByteBuffer out, ProducerEntry producer) {
        out.putLong(producer.producerId()).putShort(producer.epoch()).putLong(producer.lastUsedMs());
        out.put((byte) producer.batches().size());
        for (var batch : producer.batches()) {
            out.putInt(batch.firstSequence()).putInt(batch.recordCount()).putLong(batch.baseOffset());
        }
    }

    private static ProducerEntry takeProducer(ByteBuffer in) {
        long producerId = in.getLong();
        short epoch = in.getShort();
        long lastUsedMs = in.getLong();
        int count = in.get();
        var batches = new ArrayList<ProducerEntry.Batch>();
        for (int i = 0; i < count; i++) {
            batches.add(new ProducerEntry.Batch(in.getInt(), in.getInt(), in.getLong()));
        }
        return new ProducerEntry(producerId, epoch, lastUsedMs, batches);
    }

    private static void putActive(ByteBuffer out, ActiveSegmentInfo active) {
        out.putLong(active.baseOffset()).putLong(active.openedAtMs());
        out.putLong(active.sizeBytes()).putLong(active.maxTimestamp());
    }

    private static void putSealed(ByteBuffer out, SealedSegment segment) {
        out.putLong(segment.baseOffset()).putLong(segment.endOffset());
        out.putLong(segment.sizeBytes()).putLong(segment.maxTimestamp());
        var hash = segment.hash();
        out.putLong(hash.first()).putLong(hash.second()).putLong(hash.third()).putLong(hash.fourth());
        out.putInt(segment.compactionGeneration());
    }

    private static SealedSegment takeSealed(ByteBuffer in) {
        return new SealedSegment(
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                new SegmentHash(in.getLong(), in.getLong(), in.getLong(), in.getLong()),
                in.getInt());
    }

    private static <T> void putAll(ByteBuffer out, List<T> values, Consumer<T> put) {
        out.putInt(values.size());
        values.forEach(put);
    }

    private static <T> List<T> takeAll(ByteBuffer in, int minBytesEach, Function<ByteBuffer, T> take) {
        int count = in.getInt();
        if (count < 0 || (long) count * minBytesEach > in.remaining()) {
            throw new IllegalArgumentException(count + " values do not fit into " + in.remaining() + " bytes");
        }
        var values = new ArrayList<T>(count);
        for (int i = 0; i < count; i++) {
            values.add(take.apply(in));
        }
        return values;
    }
}
