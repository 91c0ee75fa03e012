package io.cordwood.batch;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The records of a batch in order.
 *
 * <p>Invariants: offsets rise within {@code [baseOffset, endOffset)} of the batch (compaction may have left holes);
 * the last record is given only when nothing follows it. Any contradiction is a {@link MalformedBatchException}, after
 * which the iterator is at its end.
 *
 * <p><b>Thread:</b> one. What it holds of native memory is freed at the end, at an error, or by {@link #close}.
 */
public final class RecordIterator implements Iterator<BatchRecord>, AutoCloseable {
    private final RecordBatch batch;
    private final RecordInput input;
    private final RecordCursor cursor;
    private final boolean leaderTime;
    private int remaining;
    private int lastDelta = -1;
    private boolean closed;

    RecordIterator(RecordBatch batch, RecordInput input) {
        this.batch = batch;
        this.input = input;
        this.cursor = new RecordCursor(input, batch.baseTimestamp());
        this.leaderTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
        this.remaining = batch.recordCount();
        if (remaining <= 0) {
            requireEmpty();
        }
    }

    @Override
    public boolean hasNext() {
        return remaining > 0;
    }

    @Override
    public BatchRecord next() {
        if (remaining <= 0) {
            throw new NoSuchElementException("all of the batch's " + batch.recordCount() + " records are read");
        }
        boolean done = false;
        try {
            var record = read();
            remaining--;
            if (remaining == 0) {
                input.requireEnd();
            }
            done = true;
            return record;
        } finally {
            if (!done || remaining == 0) {
                close();
            }
        }
    }

    @Override
    public void close() {
        remaining = 0;
        if (!closed) {
            closed = true;
            input.close();
        }
    }

    private BatchRecord read() {
        cursor.begin();
        int delta = cursor.offsetDelta();
        if (delta <= lastDelta || delta > batch.lastOffsetDelta()) {
            throw new MalformedBatchException(
                    "offsetDelta", delta + " is not in (" + lastDelta + ", " + batch.lastOffsetDelta() + "]");
        }
        lastDelta = delta;
        return cursor.readBody(batch.baseOffset() + delta, leaderTime ? batch.maxTimestamp() : cursor.timestamp());
    }

    /** Compaction keeps the header of a batch whose records are all gone. */
    private void requireEmpty() {
        try {
            if (remaining < 0) {
                throw new MalformedBatchException("recordCount", "negative, " + remaining);
            }
            input.requireEnd();
        } finally {
            close();
        }
    }
}
