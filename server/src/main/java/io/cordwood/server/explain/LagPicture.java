package io.cordwood.server.explain;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far a group is behind in a partition, as its leader measured it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param records offsets that are kept and that the group has not processed
 * @param trimmedRecords offsets that the group had not processed and that are kept no more
 * @param logStartOffset first offset that is kept
 * @param highWatermark exclusive end of what is committed
 * @param age how long ago the next record was written
 * @param untilTrimmed time until retention may remove the next record
 */
public record LagPicture(
        long records,
        long trimmedRecords,
        long logStartOffset,
        long highWatermark,
        Optional<Duration> age,
        Optional<Duration> untilTrimmed,
        Rates rates) {

    /**
     * Offsets per second, over about the last minute.
     *
     * @param untilCaughtUp if both stay as they are; empty where they are not known, or where it never will
     *     be
     */
    public record Rates(OptionalDouble committed, OptionalDouble appended, Optional<Duration> untilCaughtUp) {
        /** Where nobody knows. */
        public static final Rates UNKNOWN = new Rates(OptionalDouble.empty(), OptionalDouble.empty(), Optional.empty());
    }
}
