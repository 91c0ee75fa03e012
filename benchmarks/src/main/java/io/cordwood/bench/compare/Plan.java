package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import java.time.Duration;
import java.util.List;

/**
 * What a run does.
 *
 * @param rounds how often each contender is started and asked everything: n
 * @param warmupBytes of values that fresh servers take before the first measurement
 * @param duration how long one measurement shall take, about
 */
record Plan(String name, int rounds, long warmupBytes, Duration duration, List<Row> rows) {
    /** Below this a server of either kind is not at its pace yet. */
    private static final long WARM_BYTES = 10_000_000_000L;

    Plan {
        if (rounds < 1 || warmupBytes < 1_000_000 || duration.toSeconds() < 1 || rows.isEmpty()) {
            throw new IllegalArgumentException("at least one round, 1 MB, one second and one row: " + rounds + ", "
                    + warmupBytes + ", " + duration + ", " + rows);
        }
        rows = List.copyOf(rows);
    }

    /** @throws IllegalArgumentException where nothing remains */
    Plan withoutColdFiles() {
        var others = rows.stream().filter(row -> !row.needsColdFiles()).toList();
        return new Plan(name, rounds, warmupBytes, duration, others);
    }

    boolean isWarm() {
        return warmupBytes >= WARM_BYTES;
    }

    /** What of it must be equal for results to stand in one table; the number of rounds may grow. */
    JsonLine conditions() {
        return JsonLine.empty().with("warmupBytes", warmupBytes).with("seconds", duration.toSeconds());
    }
}
