package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import java.util.OptionalLong;

/**
 * A batch to append.
 *
 * @param batch validated: magic, size, CRC, counts, timestamps. Its bytes must not change until the answer
 * @param expectedEndOffset append only where the log ends here
 */
public record AppendRequest(RecordBatch batch, OptionalLong expectedEndOffset) {

    /** Appends wherever the log ends. */
    public static AppendRequest of(RecordBatch batch) {
        return new AppendRequest(batch, OptionalLong.empty());
    }
}
