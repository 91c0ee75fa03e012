package io.cordwood.batch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.GzipCompression;
import org.apache.kafka.common.compress.Lz4Compression;
import org.apache.kafka.common.compress.SnappyCompression;
import org.apache.kafka.common.compress.ZstdCompression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.jspecify.annotations.Nullable;

/** Records as plain values, so that what two codecs read can be compared. */
final class Rows {
    static final long BASE_TIMESTAMP = 1_700_000_000_000L;

    private Rows() {}

    /** Buffers compare by content, so rows do. */
    record Row(
            long timestamp,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            List<RecordHeader> headers) {
        byte @Nullable [] keyBytes() {
            return bytesOf(key);
        }

        byte @Nullable [] valueBytes() {
            return bytesOf(value);
        }
    }

    static Row row(long timestamp, @Nullable String key, @Nullable String value, RecordHeader... headers) {
        return new Row(timestamp, utf8(key), utf8(value), List.of(headers));
    }

    /** Values large and repetitive enough that every codec makes the batch smaller. */
    static List<Row> random(long seed) {
        var random = new Random(seed);
        var rows = new ArrayList<Row>();
        rows.add(row(BASE_TIMESTAMP, null, "repeated ".repeat(40 + random.nextInt(10_000))));
        int count = random.nextInt(200);
        for (int i = 0; i < count; i++) {
            rows.add(randomRow(random));
        }
        return rows;
    }

    static ByteBuffer encode(List<Row> rows, Compression compression) {
        var builder = new RecordBatchBuilder(compression, 1 << 20);
        for (var row : rows) {
            if (!builder.tryAppend(row.timestamp(), row.keyBytes(), row.valueBytes(), row.headers())) {
                throw new IllegalArgumentException("too many rows for a batch: " + rows.size());
            }
        }
        return builder.build(77, (short) 3, 5);
    }

    static List<Row> read(RecordBatch batch) {
        var rows = new ArrayList<Row>();
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                rows.add(new Row(record.timestamp(), record.key(), record.value(), record.headers()));
            }
        }
        return rows;
    }

    static ByteBuffer encodeWithKafka(List<Row> rows, Compression compression) {
        var builder = MemoryRecords.builder(
                ByteBuffer.allocate(1024),
                kafka(compression),
                org.apache.kafka.common.record.TimestampType.CREATE_TIME,
                1000);
        for (var row : rows) {
            var headers = row.headers().stream()
                    .map(header -> (Header)
                            new org.apache.kafka.common.header.internals.RecordHeader(header.key(), header.value()))
                    .toArray(Header[]::new);
            builder.append(row.timestamp(), row.keyBytes(), row.valueBytes(), headers);
        }
        return builder.build().buffer();
    }

    static List<Row> readWithKafka(MutableRecordBatch batch) {
        var rows = new ArrayList<Row>();
        for (var record : batch) {
            var headers = Arrays.stream(record.headers())
                    .map(header -> new RecordHeader(header.key(), header.value()))
                    .toList();
            rows.add(new Row(record.timestamp(), record.key(), record.value(), headers));
        }
        return rows;
    }

    static long maxTimestamp(List<Row> rows) {
        return rows.stream().mapToLong(Row::timestamp).max().orElseThrow();
    }

    static org.apache.kafka.common.compress.Compression kafka(Compression compression) {
        return switch (compression) {
            case NONE -> org.apache.kafka.common.compress.Compression.NONE;
            case GZIP -> new GzipCompression.Builder().build();
            case SNAPPY -> new SnappyCompression.Builder().build();
            case LZ4 -> new Lz4Compression.Builder().build();
            case ZSTD -> new ZstdCompression.Builder().build();
        };
    }

    private static Row randomRow(Random random) {
        long timestamp = BASE_TIMESTAMP + random.nextInt(100_000) - 50_000;
        var headers = new ArrayList<RecordHeader>();
        for (int i = random.nextInt(4); i > 0; i--) {
            headers.add(new RecordHeader("näme-" + i, random.nextInt(5) == 0 ? null : randomBytes(random, 40)));
        }
        return new Row(timestamp, maybe(random, 30), maybe(random, 600), List.copyOf(headers));
    }

    private static @Nullable ByteBuffer maybe(Random random, int maxBytes) {
        return random.nextInt(4) == 0 ? null : ByteBuffer.wrap(randomBytes(random, maxBytes));
    }

    private static byte[] randomBytes(Random random, int maxBytes) {
        var bytes = new byte[random.nextInt(maxBytes)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static @Nullable ByteBuffer utf8(@Nullable String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte @Nullable [] bytesOf(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        var bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }
}
