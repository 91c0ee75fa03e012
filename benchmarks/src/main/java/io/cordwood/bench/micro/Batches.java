package io.cordwood.bench.micro;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/** Batches as a busy producer makes them: 64 KiB, records of one size without keys. */
final class Batches {
    static final int MAX_BYTES = 64 << 10;
    private static final long SEED = 42;

    private Batches() {}

    /** As it comes from a producer: base offset 0, no leader epoch. */
    static ByteBuffer full(int recordBytes, Compression compression) {
        var random = new Random(SEED);
        var builder = new RecordBatchBuilder(compression, MAX_BYTES);
        long now = System.currentTimeMillis();
        var value = new byte[recordBytes];
        do {
            // Half of the bytes are noise, so that codecs have something to do and something to gain.
            for (int i = 0; i < recordBytes / 2; i++) {
                value[i] = (byte) random.nextInt();
            }
        } while (builder.tryAppend(now, null, value, List.of()));
        return builder.build();
    }

    /** As the leader writes it. */
    static ByteBuffer stamped(ByteBuffer batch, long baseOffset) {
        RecordBatch.stamp(batch, batch.position(), baseOffset, 1);
        return batch;
    }
}
