package io.cordwood.client;

import java.time.Duration;
import java.time.Instant;

/**
 * Where to begin reading a partition. Prints as the words of the API: {@code earliest}, {@code latest}, {@code 42},
 * {@code last:10}, {@code @2026-11-20T10:00:00Z}, {@code -1h30m}.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed interface StartPoint {
    /** The words of the API, for people. */
    String FORMS = "earliest, latest, an offset such as 42, last:10, a time such as"
            + " @2026-11-20T10:00Z, @2026-11-20 or @1700000000000, or an age such as -1h30m";

    /** The first record that is kept. */
    static StartPoint earliest() {
        return new Earliest();
    }

    /** The records that are committed from now on. */
    static StartPoint latest() {
        return new Latest();
    }

    /** This offset. */
    static StartPoint offset(long offset) {
        return new AtOffset(offset);
    }

    /**
     * The newest {@code count} offsets of each partition, or fewer where it holds fewer, and what follows. These are as many
     * records, but where compaction removed some.
     */
    static StartPoint last(long count) {
        return new Last(count);
    }

    /**
     * The first record whose timestamp is at or after this time, and what follows it in the log; where there is none, the
     * records that are committed from now on. Timestamps have milliseconds.
     */
    static StartPoint at(Instant time) {
        return new AtTime(time);
    }

    /** As {@link #at}, so long before the time on the clock of the node that answers. */
    static StartPoint ago(Duration age) {
        return new Ago(age);
    }

    /**
     * Reads {@code earliest}, {@code latest}, an offset, {@code last:N}, a time or an age.
     *
     * <p>A time is {@code @} and a date with time of day and offset from UTC ({@code @2026-11-20T10:00Z}), a date in UTC
     * ({@code @2026-11-20}) or milliseconds since 1970 ({@code @1700000000000}). An age is {@code -} and counts of days,
     * hours, minutes, seconds and milliseconds, such as {@code -7d}, {@code -1h30m}, {@code -90s}, {@code -250ms}.
     *
     * @throws CordwoodException INVALID_ARGUMENT for anything else
     */
    static StartPoint parse(String text) {
        return StartPointText.parse(text)
                .orElseThrow(() -> CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, "start", text, FORMS));
    }

    record Earliest() implements StartPoint {
        @Override
        public String toString() {
            return "earliest";
        }
    }

    record Latest() implements StartPoint {
        @Override
        public String toString() {
            return "latest";
        }
    }

    record AtOffset(long offset) implements StartPoint {
        public AtOffset {
            if (offset < 0) {
                throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, "start", offset, "an offset from 0");
            }
        }

        @Override
        public String toString() {
            return Long.toString(offset);
        }
    }

    record Last(long count) implements StartPoint {
        public Last {
            if (count < 0) {
                throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, "start", "last:" + count, "last:N from 0");
            }
        }

        @Override
        public String toString() {
            return "last:" + count;
        }
    }

    record AtTime(Instant time) implements StartPoint {
        /** From here on a year is not four digits. */
        private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");

        private static final Instant END = Instant.ofEpochMilli(1_000_000_000_000_000_000L);

        public AtTime {
            if (time.isBefore(Instant.EPOCH) || !time.isBefore(END)) {
                throw CordwoodException.invalid(
                        ErrorCode.INVALID_ARGUMENT,
                        "start",
                        "@" + time,
                        "a time in [" + Instant.EPOCH + ", " + END + ")");
            }
        }

        @Override
        public String toString() {
            return "@" + (time.isBefore(YEAR_10000) ? time : time.toEpochMilli());
        }
    }

    record Ago(Duration age) implements StartPoint {
        private static final Duration MAX = Duration.ofDays(999_999_999);

        public Ago {
            if (age.isNegative() || age.compareTo(MAX) > 0) {
                throw CordwoodException.invalid(
                        ErrorCode.INVALID_ARGUMENT, "start", age, "an age from 0s to " + MAX.toDays() + "d");
            }
        }

        @Override
        public String toString() {
            return StartPointText.ofAge(age);
        }
    }
}
