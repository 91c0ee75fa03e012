package io.cordwood.chaos.history;

/** A record as a reader got it. */
public record Seen(long offset, Value value) {
    public Seen {
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset + " must be >= 0");
        }
    }

    @Override
    public String toString() {
        return value + " at " + offset;
    }
}
