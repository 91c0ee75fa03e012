package io.cordwood.batch;

import io.cordwood.batch.BatchCheck.Reason;
import io.cordwood.batch.BatchCheck.Rejected;
import org.jspecify.annotations.Nullable;

/**
 * The validator's way over all records of one batch whose header is sound.
 *
 * <p><b>Thread:</b> one; single use.
 */
final class RecordWalk {
    private final RecordBatch batch;
    private final TimestampRules rules;
    private final long nowMs;
    private int index;
    private long maxTimestamp = Long.MIN_VALUE;

    RecordWalk(RecordBatch batch, TimestampRules rules, long nowMs) {
        this.batch = batch;
        this.rules = rules;
        this.nowMs = nowMs;
    }

    /** @return what is wrong first, or null */
    @Nullable
    Rejected run(long decompressedMaxBytes) {
        try {
            return walk(RecordInput.of(batch, decompressedMaxBytes));
        } catch (DecompressionLimitException e) {
            return new Rejected(Reason.DECOMPRESSION_LIMIT, e.field(), e.limitBytes(), e.foundBytes(), message(e));
        } catch (MalformedBatchException e) {
            return new Rejected(Reason.BAD_RECORD, e.field(), -1, index, "record " + index + ": " + message(e));
        } catch (CompressionUnavailableException e) {
            return new Rejected(
                    Reason.COMPRESSION_UNAVAILABLE,
                    "attributes",
                    -1,
                    batch.compression().id(),
                    message(e));
        }
    }

    /** Of all records, once {@link #run} found nothing wrong. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    private @Nullable Rejected walk(RecordInput input) {
        try {
            var cursor = new RecordCursor(input, batch.baseTimestamp());
            int count = batch.recordCount();
            for (index = 0; index < count; index++) {
                cursor.begin();
                var rejected = check(cursor);
                if (rejected != null) {
                    return rejected;
                }
                cursor.skipBody();
            }
            input.requireEnd();
            return null;
        } finally {
            input.close();
        }
    }

    private @Nullable Rejected check(RecordCursor cursor) {
        if (cursor.offsetDelta() != index) {
            return new Rejected(
                    Reason.BAD_RECORD,
                    "offsetDelta",
                    index,
                    cursor.offsetDelta(),
                    "record " + index + " has offset delta " + cursor.offsetDelta());
        }
        if (rules.keyRequired() && !cursor.hasKey()) {
            return new Rejected(Reason.KEY_MISSING, "key", -1, index, "record " + index + " has no key");
        }
        maxTimestamp = Math.max(maxTimestamp, cursor.timestamp());
        return rules.type() == TimestampType.CREATE_TIME ? checkTimestamp(cursor.timestamp()) : null;
    }

    private @Nullable Rejected checkTimestamp(long timestamp) {
        if (timestamp == RecordBatch.NO_TIMESTAMP) {
            return null;
        }
        if (timestamp < 0) {
            return outOfRange(0, timestamp, "is before 1970");
        }
        if (nowMs - timestamp > rules.maxPastMs()) {
            return outOfRange(nowMs - rules.maxPastMs(), timestamp, "is too far in the past");
        }
        if (timestamp - nowMs > rules.maxFutureMs()) {
            return outOfRange(nowMs + rules.maxFutureMs(), timestamp, "is too far in the future");
        }
        return null;
    }

    private Rejected outOfRange(long limit, long timestamp, String what) {
        return new Rejected(
                Reason.TIMESTAMP_OUT_OF_RANGE,
                "timestamp",
                limit,
                timestamp,
                "record " + index + ": timestamp " + timestamp + " " + what + ", the limit is " + limit);
    }

    private static String message(RuntimeException e) {
        return String.valueOf(e.getMessage());
    }
}
