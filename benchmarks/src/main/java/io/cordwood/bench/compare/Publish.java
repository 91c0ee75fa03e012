package io.cordwood.bench.compare;

/**
 * A load to publish.
 *
 * @param records in total; the first tenth only warms up the client
 * @param recordsPerSecond 0 for as fast as they are taken
 */
record Publish(String topic, int recordBytes, long records, double recordsPerSecond) {
    /** The same for both clients. */
    static final int BATCH_BYTES = 64 << 10;

    static final int BUFFER_BYTES = 32 << 20;
    static final int LINGER_MS = 5;
    private static final int WARM_UP_SHARE = 10;

    Publish {
        if (recordBytes < 1 || records < WARM_UP_SHARE || recordsPerSecond < 0) {
            throw new IllegalArgumentException(
                    records + " records of " + recordBytes + " bytes at " + recordsPerSecond + "/s");
        }
    }

    long warmUpRecords() {
        return records / WARM_UP_SHARE;
    }

    long bytes() {
        return records * recordBytes;
    }
}
