package io.cordwood.server.config;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One key: what it means, what it allows and what holds without it.
 *
 * <p>Invariant: the default, where there is one, is itself allowed.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param allowed the range or form, as it stands in the help and in error lines
 * @param defaultText null where the setting is required or derived; {@code absentMeans} then says which
 * @param parser throws IllegalArgumentException for what is not allowed
 * @param hidden left out of the help
 */
record Setting<T>(
        String key,
        String meaning,
        String allowed,
        @Nullable String defaultText,
        String absentMeans,
        Function<String, T> parser,
        boolean hidden) {
    static final String REQUIRED = "required";

    Setting {
        if (defaultText != null) {
            Objects.requireNonNull(parser.apply(defaultText), key);
        }
    }

    static Setting<Integer> integer(String key, String meaning, int min, int max, @Nullable Integer defaultValue) {
        return of(
                key,
                meaning,
                "an integer from " + min + " to " + max,
                defaultValue == null ? null : Integer.toString(defaultValue),
                text -> (int) inRange(parseInteger(text), min, max));
    }

    static Setting<Long> size(String key, String meaning, long min, long max, long defaultValue) {
        return of(
                key,
                meaning,
                "a size from " + Units.formatSize(min) + " to " + Units.formatSize(max) + " (" + Units.SIZE_FORM + ")",
                Units.formatSize(defaultValue),
                text -> inRange(Units.parseSize(text), min, max));
    }

    static Setting<Duration> duration(String key, String meaning, Duration min, Duration max, Duration defaultValue) {
        return of(
                key,
                meaning,
                "a duration from " + Units.formatDuration(min) + " to " + Units.formatDuration(max) + " ("
                        + Units.DURATION_FORM + ")",
                Units.formatDuration(defaultValue),
                text -> {
                    var duration = Units.parseDuration(text);
                    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
                        throw new IllegalArgumentException("out of range");
                    }
                    return duration;
                });
    }

    static Setting<Boolean> flag(String key, String meaning) {
        return flag(key, meaning, false);
    }

    static Setting<Boolean> flag(String key, String meaning, boolean byDefault) {
        return of(key, meaning, "true or false", String.valueOf(byDefault), text -> {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException("neither true nor false");
            }
            return text.equals("true");
        });
    }

    static <T> Setting<T> of(
            String key, String meaning, String allowed, @Nullable String defaultText, Function<String, T> parser) {
        return new Setting<>(key, meaning, allowed, defaultText, REQUIRED, parser, false);
    }

    /** Without a value something else decides, as the text says. */
    Setting<T> derivedFrom(String absentMeans) {
        return new Setting<>(key, meaning, allowed, null, absentMeans, parser, hidden);
    }

    Setting<T> hide() {
        return new Setting<>(key, meaning, allowed, defaultText, absentMeans, parser, true);
    }

    boolean required() {
        return defaultText == null && absentMeans.equals(REQUIRED);
    }

    String help() {
        var otherwise = defaultText == null ? absentMeans : "default " + defaultText;
        return "  --" + key + "\n      " + meaning + "\n      " + allowed + "; " + otherwise + "\n";
    }

    private static long parseInteger(String text) {
        if (!text.matches("-?[0-9]{1,18}")) {
            throw new IllegalArgumentException("not an integer");
        }
        return Long.parseLong(text);
    }

    private static long inRange(long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("out of range");
        }
        return value;
    }
}
