package io.cordwood.bench;

import java.time.Duration;

/**
 * How long a phase of a measurement lasts: a number of records where there is one, else a time.
 *
 * @param records 0 where the time decides
 */
record Extent(long records, Duration time) {
    Extent {
        if (records < 0 || time.isNegative()) {
            throw new IllegalArgumentException("a phase of " + records + " records, " + time);
        }
    }

    static Extent ofRecords(long records) {
        return new Extent(records, Duration.ZERO);
    }

    static Extent ofTime(Duration time) {
        return new Extent(0, time);
    }

    boolean isOver(long sent, long elapsedNanos) {
        return records > 0 ? sent >= records : elapsedNanos >= time.toNanos();
    }
}
