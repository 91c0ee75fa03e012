package io.cordwood.partition;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.store.PartitionId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Entries and batches for tests of the partition's core. */
final class Entries {
    static final PartitionId PARTITION = new PartitionId(new UUID(0x0123456789abcdefL, 0xfedcba9876543210L), 3);
    static final short NO_EPOCH = -1;

    private Entries() {}

    /** An entry of one batch without a producer. */
    static AppendEntry entry(long baseOffset, int recordCount, long leaderTimeMs) {
        return new AppendEntry(PARTITION, leaderTimeMs, false, List.of(header(baseOffset, recordCount)));
    }

    /** An entry of one batch of a producer. */
    static AppendEntry entryOf(long producerId, int firstSequence, long baseOffset, long leaderTimeMs) {
        var header = new BatchHeader(baseOffset, 1, 100, 7, (short) 0, 1_000, producerId, (short) 0, firstSequence);
        return new AppendEntry(PARTITION, leaderTimeMs, false, List.of(header));
    }

    static BatchHeader header(long baseOffset, int recordCount) {
        return new BatchHeader(
                baseOffset, recordCount, 100, 7, (short) 0, 1_000, BatchHeader.NO_PRODUCER, NO_EPOCH, -1);
    }

    /** Any entry that a leader could make: its batches join and each field takes any value that it may have. */
    static AppendEntry random(Random random, int batchesMax) {
        long offset = random.nextLong(1L << 40);
        var batches = new ArrayList<BatchHeader>();
        for (int i = 1 + random.nextInt(batchesMax); i > 0; i--) {
            var batch = randomHeader(random, offset);
            batches.add(batch);
            offset = batch.endOffset();
        }
        var partition =
                new PartitionId(new UUID(random.nextLong(), random.nextLong()), random.nextInt() & Integer.MAX_VALUE);
        return new AppendEntry(partition, random.nextLong(), random.nextBoolean(), batches);
    }

    private static BatchHeader randomHeader(Random random, long offset) {
        return new BatchHeader(
                offset,
                1 + random.nextInt(1 << 20),
                1 + random.nextInt(1 << 20),
                random.nextInt(),
                (short) random.nextInt(),
                random.nextLong(),
                random.nextLong(),
                (short) random.nextInt(),
                random.nextInt());
    }

    static RecordBatch batch(String... values) {
        return RecordBatch.of(builder(values).build());
    }

    static RecordBatch batchOf(long producerId, int epoch, int firstSequence, String... values) {
        return RecordBatch.of(builder(values).build(producerId, (short) epoch, firstSequence));
    }

    private static RecordBatchBuilder builder(String... values) {
        var builder = new RecordBatchBuilder(Compression.NONE, 1 << 20);
        for (String value : values) {
            builder.tryAppend(1_000, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return builder;
    }
}
