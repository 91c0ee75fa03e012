package io.cordwood.metrics;

import io.micrometer.core.instrument.Counter;

/**
 * Records and their bytes that went one way.
 *
 * <p><b>Thread:</b> any; called once for each batch or chunk, never for a record.
 */
public final class Traffic {
    private final Counter records;
    private final Counter bytes;

    Traffic(Counter records, Counter bytes) {
        this.records = records;
        this.bytes = bytes;
    }

    public void add(long moreRecords, long moreBytes) {
        records.increment((double) moreRecords);
        bytes.increment((double) moreBytes);
    }

    Counter records() {
        return records;
    }

    Counter bytes() {
        return bytes;
    }
}
