package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import java.time.Duration;

/**
 * A load to publish.
 *
 * @param records in total; the first third only warms up the client
 * @param recordsPerSecond 0 for as fast as they are taken
 */
record Publish(String topic, int recordBytes, long records, double recordsPerSecond) {
    /** The same for both clients. */
    static final int BATCH_BYTES = 64 << 10;

    static final int BUFFER_BYTES = 32 << 20;
    static final int LINGER_MS = 5;
    private static final int WARM_UP_SHARE = 3;
    private static final double MB = 1e6;
    private static final double MS_PER_SECOND = 1000;

    Publish {
        if (recordBytes < 1 || records < WARM_UP_SHARE || recordsPerSecond < 0) {
            throw new IllegalArgumentException(
                    records + " records of " + recordBytes + " bytes at " + recordsPerSecond + "/s");
        }
    }

    /** A load of a fixed rate of which so much is measured. */
    static Publish measured(String topic, int recordBytes, Duration measured, double recordsPerSecond) {
        long counted = Math.round(recordsPerSecond * measured.toSeconds());
        return new Publish(topic, recordBytes, counted * WARM_UP_SHARE / (WARM_UP_SHARE - 1), recordsPerSecond);
    }

    /** How long the client's warm-up takes at a fixed rate. */
    Duration warmUp() {
        return Duration.ofMillis(Math.round(warmUpRecords() / recordsPerSecond * MS_PER_SECOND));
    }

    long warmUpRecords() {
        return records / WARM_UP_SHARE;
    }

    long bytes() {
        return records * recordBytes;
    }

    /**
     * The result of a publisher with a reader at its heels: the rate counts from the publisher's launch until the reader had all,
     * on the wall clock, which both processes share.
     */
    JsonLine followed(JsonLine produced, long launchedMs, JsonLine consumed) {
        double seconds = (consumed.require("endMs") - launchedMs) / MS_PER_SECOND;
        return produced.with("producedMegabytesPerSecond", produced.require("megabytesPerSecond"))
                .with("megabytesPerSecond", bytes() / seconds / MB)
                .with("recordsPerSecond", records / seconds);
    }
}
