package io.cordwood.store;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Stamped batches for tests. */
public final class Batches {
    private static final int MAX_BYTES = 4 << 20;

    private Batches() {}

    /** One batch of so many records that all have this value. */
    public static ByteBuffer batch(long baseOffset, int leaderEpoch, int recordCount, String value) {
        var builder = new RecordBatchBuilder(Compression.NONE, MAX_BYTES);
        for (int i = 0; i < recordCount; i++) {
            builder.tryAppend(1_000 + i, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        var batch = builder.build();
        RecordBatch.stamp(batch, 0, baseOffset, leaderEpoch);
        return batch;
    }

    /** One batch with a record of this size for each timestamp. */
    static ByteBuffer batch(Compression compression, int valueBytes, long... timestamps) {
        var builder = new RecordBatchBuilder(compression, MAX_BYTES);
        for (long timestamp : timestamps) {
            builder.tryAppend(timestamp, null, new byte[valueBytes], List.of());
        }
        return builder.build();
    }

    public static ByteBuffer concat(ByteBuffer... parts) {
        int size = 0;
        for (var part : parts) {
            size += part.remaining();
        }
        var all = ByteBuffer.allocate(size);
        for (var part : parts) {
            all.put(part.duplicate());
        }
        return all.flip();
    }

    /** A copy of the batches from position to limit, one by one. */
    public static List<RecordBatch> split(ByteBuffer batches) {
        var all = new ArrayList<RecordBatch>();
        int at = batches.position();
        while (at < batches.limit()) {
            int size = RecordBatch.sizeAt(batches, at);
            all.add(RecordBatch.of(batches.slice(at, size)));
            at += size;
        }
        return all;
    }
}
