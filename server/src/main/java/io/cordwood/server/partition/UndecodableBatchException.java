package io.cordwood.server.partition;

import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;

/**
 * A batch whose records a reader asked for does not decode on this replica.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class UndecodableBatchException extends IOException {
    private final long baseOffset;
    private final long endOffset;

    UndecodableBatchException(RecordBatch batch, MalformedBatchException cause) {
        super("the batch at offset " + batch.baseOffset() + " does not decode (" + cause.getMessage() + ")", cause);
        this.baseOffset = batch.baseOffset();
        this.endOffset = batch.endOffset();
    }

    public long baseOffset() {
        return baseOffset;
    }

    /** Exclusive, as its header says. */
    public long endOffset() {
        return endOffset;
    }
}
