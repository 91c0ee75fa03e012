package io.cordwood.cli.demo;

import java.time.Duration;
import java.util.List;

/**
 * What the demo publishes and how fast.
 *
 * @param duration over which the records are spread evenly
 * @param keep whether the cluster's directory stays after a success too
 */
public record DemoOptions(List<DemoRecord> records, Duration duration, boolean keep) {
    public static final int GENERATED_RECORDS = 100_000;
    public static final long SEED = 42;
    public static final Duration DURATION = Duration.ofSeconds(20);

    public DemoOptions {
        if (records.isEmpty()) {
            throw new IllegalArgumentException("the demo needs at least one record");
        }
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException("duration " + duration + " must be positive");
        }
        records = List.copyOf(records);
    }

    /** A seeded stream of activity events. */
    public static List<DemoRecord> generatedRecords() {
        return ActivityEvents.generate(SEED, GENERATED_RECORDS);
    }
}
