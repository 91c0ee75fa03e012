package io.cordwood.client;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The written forms of {@link StartPoint}, as the server reads them.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class StartPointText {
    private static final String NUMBER = "[0-9]{1,18}";
    private static final String LAST = "last:";
    private static final String TIME = "@";
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?");
    private static final String COUNT = "([0-9]{1,9})";
    private static final Pattern AGE =
            Pattern.compile("-(?=[0-9])(?:%1$sd)?(?:%1$sh)?(?:%1$sm)?(?:%1$ss)?(?:%1$sms)?".formatted(COUNT));

    private StartPointText() {}

    /** Empty where the text has none of the forms. */
    static Optional<StartPoint> parse(String text) {
        if (text.equals("earliest")) {
            return Optional.of(StartPoint.earliest());
        }
        if (text.equals("latest")) {
            return Optional.of(StartPoint.latest());
        }
        if (text.matches(NUMBER)) {
            return Optional.of(StartPoint.offset(Long.parseLong(text)));
        }
        if (text.startsWith(LAST) && text.substring(LAST.length()).matches(NUMBER)) {
            return Optional.of(StartPoint.last(Long.parseLong(text.substring(LAST.length()))));
        }
        return text.startsWith(TIME) ? parseTime(text.substring(TIME.length())) : parseAge(text);
    }

    /** In the units that the age has any of. */
    static String ofAge(Duration age) {
        var text = new StringBuilder("-");
        append(text, age.toDays(), "d");
        append(text, age.toHoursPart(), "h");
        append(text, age.toMinutesPart(), "m");
        append(text, age.toSecondsPart(), "s");
        append(text, age.toMillisPart(), "ms");
        return text.length() == 1 ? "-0s" : text.toString();
    }

    private static void append(StringBuilder text, long count, String unit) {
        if (count > 0) {
            text.append(count).append(unit);
        }
    }

    private static Optional<StartPoint> parseAge(String text) {
        var parts = AGE.matcher(text);
        return parts.matches()
                ? Optional.of(StartPoint.ago(Duration.ofDays(count(parts.group(1)))
                        .plusHours(count(parts.group(2)))
                        .plusMinutes(count(parts.group(3)))
                        .plusSeconds(count(parts.group(4)))
                        .plusMillis(count(parts.group(5)))))
                : Optional.empty();
    }

    private static Optional<StartPoint> parseTime(String time) {
        if (time.matches(NUMBER)) {
            return Optional.of(StartPoint.at(Instant.ofEpochMilli(Long.parseLong(time))));
        }
        if (!DATE.matcher(time).matches()) {
            return Optional.empty();
        }
        try {
            var instant = time.contains("T")
                    ? OffsetDateTime.parse(time).toInstant()
                    : LocalDate.parse(time).atStartOfDay(ZoneOffset.UTC).toInstant();
            // Records have no time before.
            return Optional.of(StartPoint.at(instant.isBefore(Instant.EPOCH) ? Instant.EPOCH : instant));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static long count(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }
}
