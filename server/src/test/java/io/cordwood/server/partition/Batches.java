package io.cordwood.server.partition;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Encoded batches for tests. */
public final class Batches {
    private Batches() {}

    /** One batch with a record of each text. */
    public static ByteBuffer of(String... values) {
        var builder = new RecordBatchBuilder(Compression.NONE, 8 << 20);
        for (var value : values) {
            builder.tryAppend(1_000, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return builder.build();
    }

    /** One batch with a record of each time. */
    public static ByteBuffer at(long... timestamps) {
        var builder = new RecordBatchBuilder(Compression.NONE, 8 << 20);
        for (long timestamp : timestamps) {
            builder.tryAppend(timestamp, null, new byte[0], List.of());
        }
        return builder.build();
    }

    /** One packed batch of records with this many bytes that are all zero. */
    public static ByteBuffer packed(int recordCount, int valueBytes) {
        var builder = new RecordBatchBuilder(Compression.GZIP, 64 << 20);
        for (int i = 0; i < recordCount; i++) {
            builder.tryAppend(1_000, null, new byte[valueBytes], List.of());
        }
        return builder.build();
    }

    /** One batch of one record of about this many bytes. */
    public static ByteBuffer ofSize(int bytes) {
        return of("x".repeat(bytes));
    }
}
