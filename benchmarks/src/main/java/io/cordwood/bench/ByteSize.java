package io.cordwood.bench;

import java.util.Locale;

/** Sizes as people write them: bytes, or with one of the decimal units MB and GB behind the number. */
public final class ByteSize {
    private static final long MB = 1_000_000L;
    private static final long GB = 1_000_000_000L;

    private ByteSize() {}

    /** @throws IllegalArgumentException for what is no such size */
    public static long parse(String text) {
        var upper = text.strip().toUpperCase(Locale.ROOT);
        long unit = upper.endsWith("GB") ? GB : upper.endsWith("MB") ? MB : 1L;
        long number = Long.parseLong(upper.replaceAll("[GM]B$", "").strip());
        if (number < 0 || number > Long.MAX_VALUE / unit) {
            throw new IllegalArgumentException("no size: " + text);
        }
        return number * unit;
    }
}
