package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.TimestampType;
import java.util.OptionalLong;

/**
 * A batch to append.
 *
 * @param batch validated: magic, size, CRC, counts, timestamps. Its bytes must not change until the answer
 * @param validatedFor by whose rules its timestamps were; with {@link TimestampType#LOG_APPEND_TIME} nobody looked at them, so
 *     the leader's time takes their place whatever the topic's settings have become since
 * @param expectedEndOffset append only where the log ends here. Also a {@link SegmentRoll} takes an offset: a
 *     mismatch does not mean that somebody wrote
 */
public record AppendRequest(RecordBatch batch, TimestampType validatedFor, OptionalLong expectedEndOffset) {

    /** Appends wherever the log ends, with the times of the records. */
    public static AppendRequest of(RecordBatch batch) {
        return new AppendRequest(batch, TimestampType.CREATE_TIME, OptionalLong.empty());
    }

    /** Whether the leader's time takes the place of the records' own, for the batch's sake. */
    boolean needsAppendTime() {
        return validatedFor == TimestampType.LOG_APPEND_TIME;
    }
}
