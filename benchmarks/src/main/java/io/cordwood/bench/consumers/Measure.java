package io.cordwood.bench.consumers;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is measured in each round, with what a user may expect: both of a topic that has so many partitions.
 * Thread: immutable.
 */
enum Measure {
    COMMITS("commits/s, as fast as they are answered", 0, Bar.atLeast(5_000)),
    COMMIT_P50("commit p50 ms, at half of that bar", 1, null),
    COMMIT_P99("commit p99 ms, at half of that bar", 1, Bar.atMost(20)),
    COMMIT_MAX("commit longest ms, at half of that bar", 1, null),
    SETTLE("%,d members join: until each has its own, s", 2, Bar.atMost(10).inEachRound()),
    LEAVE("one of %,d leaves: until its partition has an owner, s", 2, null),
    MOVED("one joins 50: partitions that move, of %,d", 0, null) {
        /** A share of the one that joins, and no more. */
        @Override
        Optional<Bar> bar(int partitions) {
            return Optional.of(
                    Bar.atMost(Math.ceil(partitions / (READERS + 1.0))).inEachRound());
        }
    },
    JOIN("one joins 50: until it has its share, s", 2, null),
    GAP(
            "one joins 50: longest reading gap of the others, ms",
            0,
            Bar.atMost(200).inEachRound()),
    GAP_BEFORE("nobody joins: longest reading gap, ms", 0, null),
    KILLED(
            "a member is killed: until others have its partitions, s",
            2,
            Bar.atMost(12).inEachRound()),
    SERIAL("10 ms handler, one after the other, records/s", 1, null),
    KEYED("10 ms handler, 16 workers by key, records/s", 1, null),
    SPEED_UP("times the serial rate", 1, Bar.atLeast(12));

    /** Members that are there when one more joins. */
    static final int READERS = 50;

    private final String words;
    private final int decimals;

    @SuppressWarnings("ImmutableEnumChecker") // of a record of values, which Error Prone does not see
    private final Optional<Bar> bar;

    /**
     * @param inEach whether every round has to hold it; else their median
     */
    record Bar(double value, boolean most, boolean inEach) {
        static Bar atLeast(double value) {
            return new Bar(value, false, false);
        }

        static Bar atMost(double value) {
            return new Bar(value, true, false);
        }

        Bar inEachRound() {
            return new Bar(value, most, true);
        }

        boolean holds(double measured) {
            return most ? measured <= value : measured >= value;
        }

        @Override
        public String toString() {
            return String.format("%s %,.0f", most ? "at most" : "at least", value);
        }
    }

    Measure(String words, int decimals, @Nullable Bar bar) {
        this.words = words;
        this.decimals = decimals;
        this.bar = Optional.ofNullable(bar);
    }

    String words(int partitions) {
        return String.format(Locale.ROOT, words, partitions);
    }

    int decimals() {
        return decimals;
    }

    Optional<Bar> bar(int partitions) {
        return bar;
    }
}
