package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.util.Optional;

/**
 * What a reader that has come to an offset has before it, up to another one.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param bytes of the batches that hold these offsets; the first and the last one count whole
 * @param next the first record that is there; empty where compaction left none
 */
public record Backlog(long bytes, Optional<Next> next) {
    static final Backlog NONE = new Backlog(0, Optional.empty());

    /**
     * A record.
     *
     * @param timestampMs {@link RecordBatch#NO_TIMESTAMP} where it has none
     * @param expiresWithMs it expires by time once every record of this time and older ones do; {@link RecordBatch#NO_TIMESTAMP}
     *     where it does not expire by time as the log is now
     * @param keptBytes of the files from its batch on: it expires by size once fewer are to be kept
     */
    public record Next(long offset, long timestampMs, long expiresWithMs, long keptBytes) {}
}
