package io.cordwood.server.config;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Sizes and durations as people write them: {@code 64MiB}, {@code 1048588}, {@code 500ms}, {@code 7d}.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class Units {
    static final String SIZE_FORM = "bytes, or a number with KiB, MiB, GiB";
    static final String DURATION_FORM = "a number with ms, s, m, h, d";

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,18})\\s?([A-Za-z]*)");
    private static final Map<String, Long> BYTES_PER_UNIT =
            Map.of("", 1L, "B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);
    private static final Map<String, Long> MILLIS_PER_UNIT =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    private Units() {}

    /** @throws IllegalArgumentException when the text is no size or does not fit a long */
    static long parseSize(String text) {
        return parse(text, BYTES_PER_UNIT, SIZE_FORM);
    }

    /** @throws IllegalArgumentException when the text is no duration */
    static Duration parseDuration(String text) {
        return Duration.ofMillis(parse(text, MILLIS_PER_UNIT, DURATION_FORM));
    }

    static String formatSize(long bytes) {
        return format(bytes, BYTES_PER_UNIT, "");
    }

    static String formatDuration(Duration duration) {
        return format(duration.toMillis(), MILLIS_PER_UNIT, "ms");
    }

    private static long parse(String text, Map<String, Long> units, String form) {
        var match = NUMBER_AND_UNIT.matcher(text);
        Long each = match.matches() ? units.get(match.group(2)) : null;
        if (each == null) {
            throw new IllegalArgumentException(form);
        }
        try {
            return Math.multiplyExact(Long.parseLong(match.group(1)), each);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(form, e);
        }
    }

    /** In the largest unit that divides the value. */
    private static String format(long value, Map<String, Long> units, String smallest) {
        return units.entrySet().stream()
                .filter(unit -> unit.getValue() > 1 && value >= unit.getValue() && value % unit.getValue() == 0)
                .max(Map.Entry.comparingByValue())
                .map(unit -> value / unit.getValue() + unit.getKey())
                .orElse(value + smallest);
    }
}
