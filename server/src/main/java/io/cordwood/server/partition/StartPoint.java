package io.cordwood.server.partition;

import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader begins: {@code earliest}, {@code latest}, an offset such as {@code 42}, {@code last:10}, at a time or an
 * age ago. Empty means earliest.
 *
 * <p>A time is {@code @} and a date with time of day and offset from UTC ({@code @2026-11-20T10:00Z}), a date in UTC
 * ({@code @2026-11-20}) or milliseconds since 1970 ({@code @1700000000000}). An age is {@code -} and counts of days, hours,
 * minutes, seconds and milliseconds ({@code -7d}, {@code -1h30m}, {@code -90s}, {@code -250ms}), from the clock of the node
 * that answers. Both mean the first record with that timestamp or a later one, and the end where there is none.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param number the offset, the count of records, the time or the age in ms; 0 where the kind needs none
 */
public record StartPoint(Kind kind, long number) {
    private static final String FORMS = "earliest, latest, an offset such as 42, last:10, a time such as"
            + " @2026-11-20T10:00Z, @2026-11-20 or @1700000000000, or an age such as -1h30m";
    private static final String NUMBER = "[0-9]{1,18}";
    private static final String LAST = "last:";
    private static final String TIME = "@";
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?");
    private static final String COUNT = "([0-9]{1,9})";
    private static final Pattern AGE =
            Pattern.compile("-(?=[0-9])(?:%1$sd)?(?:%1$sh)?(?:%1$sm)?(?:%1$ss)?(?:%1$sms)?".formatted(COUNT));

    enum Kind {
        EARLIEST,
        LATEST,
        OFFSET,
        LAST,
        TIME,
        AGE
    }

    static StartPoint at(long offset) {
        return new StartPoint(Kind.OFFSET, offset);
    }

    /** @throws io.cordwood.server.cluster.RefusedException when the text has none of the forms */
    public static StartPoint parse(String text) {
        if (text.isEmpty() || text.equals("earliest")) {
            return new StartPoint(Kind.EARLIEST, 0);
        }
        if (text.equals("latest")) {
            return new StartPoint(Kind.LATEST, 0);
        }
        if (text.matches(NUMBER)) {
            return new StartPoint(Kind.OFFSET, Long.parseLong(text));
        }
        if (text.startsWith(LAST) && text.substring(LAST.length()).matches(NUMBER)) {
            return new StartPoint(Kind.LAST, Long.parseLong(text.substring(LAST.length())));
        }
        return parseTime(text)
                .orElseThrow(() -> Refusal.field(Reason.INVALID_ARGUMENT, "start", text, FORMS)
                        .exception());
    }

    /** The oldest timestamp that is meant, for a kind that means one. */
    OptionalLong timestampMs(long nowMs) {
        return switch (kind) {
            case EARLIEST, LATEST, OFFSET, LAST -> OptionalLong.empty();
            case TIME -> OptionalLong.of(number);
            case AGE -> OptionalLong.of(Math.max(0, nowMs - number));
        };
    }

    /** The offset that is meant by a kind that means no time; it may lie outside the log where an offset was given. */
    long resolve(long logStartOffset, long highWatermark) {
        return switch (kind) {
            case EARLIEST -> logStartOffset;
            case LATEST -> highWatermark;
            case OFFSET -> number;
            case LAST -> Math.max(logStartOffset, highWatermark - number);
            case TIME, AGE -> throw new IllegalStateException(kind + " takes a search in the log");
        };
    }

    /** The refusal of an offset outside {@code [logStartOffset, logEndOffset]}. */
    public static Optional<Refusal> outOfRange(long offset, long logStartOffset, long logEndOffset) {
        if (logStartOffset <= offset && offset <= logEndOffset) {
            return Optional.empty();
        }
        return Optional.of(Refusal.of(
                        Reason.OFFSET_OUT_OF_RANGE,
                        "offset " + offset + " lies outside the log, [" + logStartOffset + ", " + logEndOffset
                                + "]; begin at earliest or latest")
                .with(Refusal.VALUE, offset)
                .with("log_start_offset", logStartOffset)
                .with("log_end_offset", logEndOffset));
    }

    private static Optional<StartPoint> parseTime(String text) {
        var age = AGE.matcher(text);
        if (age.matches()) {
            var sum = Duration.ofDays(count(age.group(1)))
                    .plusHours(count(age.group(2)))
                    .plusMinutes(count(age.group(3)))
                    .plusSeconds(count(age.group(4)))
                    .plusMillis(count(age.group(5)));
            return Optional.of(new StartPoint(Kind.AGE, sum.toMillis()));
        }
        var time = text.startsWith(TIME) ? text.substring(TIME.length()) : "";
        if (time.matches(NUMBER)) {
            return Optional.of(new StartPoint(Kind.TIME, Long.parseLong(time)));
        }
        return DATE.matcher(time).matches() ? parseDate(time) : Optional.empty();
    }

    private static Optional<StartPoint> parseDate(String date) {
        try {
            var instant = date.contains("T")
                    ? OffsetDateTime.parse(date).toInstant()
                    : LocalDate.parse(date).atStartOfDay(ZoneOffset.UTC).toInstant();
            return Optional.of(new StartPoint(Kind.TIME, millisFrom(instant)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Timestamps are whole milliseconds from 1970 on: the first one that is not before the instant. */
    private static long millisFrom(Instant instant) {
        return Math.max(0, instant.plusNanos(999_999).toEpochMilli());
    }

    private static long count(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }
}
