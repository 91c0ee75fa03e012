package io.cordwood.bench;

import java.util.Random;

/**
 * Some different values of one size that do not compress to nothing. The same on each run.
 *
 * <p><b>Thread:</b> any; the arrays are shared and nobody writes to them.
 */
final class Values {
    private static final int COUNT = 64;
    private static final long SEED = 42;

    private final byte[][] values;

    private Values(byte[][] values) {
        this.values = values;
    }

    static Values ofSize(int bytes) {
        var random = new Random(SEED);
        var values = new byte[COUNT][bytes];
        for (byte[] value : values) {
            random.nextBytes(value);
        }
        return new Values(values);
    }

    byte[] at(long number) {
        return values[(int) (number % COUNT)];
    }
}
