package io.cordwood.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Some different values of one size that do not compress to nothing. The same on each run, whoever publishes them.
 *
 * <p>Invariant: only capital letters of ASCII, as Kafka's own tool makes them, so that a text file can hold the same values: a
 * character is a byte, and none of them ends a line.
 *
 * <p><b>Thread:</b> any; the arrays are shared and nobody writes to them.
 */
public final class Values {
    private static final int COUNT = 64;
    private static final long SEED = 42;
    private static final int LETTERS = 26;

    private final byte[][] values;

    private Values(byte[][] values) {
        this.values = values;
    }

    public static Values ofSize(int bytes) {
        var random = new Random(SEED);
        var values = new byte[COUNT][bytes];
        for (byte[] value : values) {
            for (int i = 0; i < bytes; i++) {
                value[i] = (byte) ('A' + random.nextInt(LETTERS));
            }
        }
        return new Values(values);
    }

    byte[] at(long number) {
        return values[(int) (number % COUNT)];
    }

    /** Each once, one per line; no end of line after the last one, behind which a reader could see an empty value. */
    public String lines() {
        return Arrays.stream(values)
                .map(value -> new String(value, StandardCharsets.US_ASCII))
                .collect(Collectors.joining("\n"));
    }
}
