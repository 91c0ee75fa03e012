package io.cordwood.client;

import java.time.Duration;

/** Ranges of settings, refused with their name, value and limit. */
final class Settings {
    private Settings() {}

    static Duration requirePositive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, name, value, "more than zero");
        }
        return value;
    }

    static Duration requireNotNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, name, value, "zero or more");
        }
        return value;
    }

    /** @return the value when it lies in {@code [min, max]} */
    static long requireIn(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, name, value, min + " to " + max);
        }
        return value;
    }
}
