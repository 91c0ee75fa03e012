package io.cordwood.store;

import java.time.Duration;

/**
 * Settings of one partition's log.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param segmentMaxBytes a segment rolls before the entry that would make it longer; at least 1 KiB
 * @param segmentMaxAge a segment rolls when its first entry is older, in leader time; at least 1 ms
 * @param indexIntervalBytes one index entry per so many bytes; at least 1 KiB
 * @param readFilesMax files of this log that are kept open for reading; at least 1
 * @param unsafeFlush for tests that must see a missing force: {@link PartitionLog#force} then forces no segment
 */
public record LogConfig(
        long segmentMaxBytes, Duration segmentMaxAge, int indexIntervalBytes, int readFilesMax, boolean unsafeFlush) {
    public static final long DEFAULT_SEGMENT_MAX_BYTES = 1L << 30;
    public static final Duration DEFAULT_SEGMENT_MAX_AGE = Duration.ofDays(7);
    public static final int DEFAULT_INDEX_INTERVAL_BYTES = 64 << 10;
    public static final int DEFAULT_READ_FILES_MAX = 3;

    private static final int MIN_BYTES = 1 << 10;

    public LogConfig {
        require(segmentMaxBytes >= MIN_BYTES, "segmentMaxBytes", MIN_BYTES, segmentMaxBytes);
        require(segmentMaxAge.toMillis() >= 1, "segmentMaxAge", Duration.ofMillis(1), segmentMaxAge);
        require(indexIntervalBytes >= MIN_BYTES, "indexIntervalBytes", MIN_BYTES, indexIntervalBytes);
        require(readFilesMax >= 1, "readFilesMax", 1, readFilesMax);
    }

    public static LogConfig defaults() {
        return new LogConfig(
                DEFAULT_SEGMENT_MAX_BYTES,
                DEFAULT_SEGMENT_MAX_AGE,
                DEFAULT_INDEX_INTERVAL_BYTES,
                DEFAULT_READ_FILES_MAX,
                false);
    }

    public LogConfig withSegmentMaxBytes(long bytes) {
        return new LogConfig(bytes, segmentMaxAge, indexIntervalBytes, readFilesMax, unsafeFlush);
    }

    public LogConfig withSegmentMaxAge(Duration age) {
        return new LogConfig(segmentMaxBytes, age, indexIntervalBytes, readFilesMax, unsafeFlush);
    }

    public LogConfig withIndexIntervalBytes(int bytes) {
        return new LogConfig(segmentMaxBytes, segmentMaxAge, bytes, readFilesMax, unsafeFlush);
    }

    public LogConfig withUnsafeFlush(boolean unsafe) {
        return new LogConfig(segmentMaxBytes, segmentMaxAge, indexIntervalBytes, readFilesMax, unsafe);
    }

    /**
     * Whether the next entry has to start a segment. Only the leader asks, with the active segment as it will be when
     * all entries in flight are written; the entry carries the answer to the other replicas.
     */
    public boolean shouldRoll(ActiveSegmentInfo active, int nextBytes, long leaderTimeMs) {
        if (active.isEmpty()) {
            return false;
        }
        return active.sizeBytes() + nextBytes > segmentMaxBytes
                || leaderTimeMs - active.openedAtMs() >= segmentMaxAge.toMillis();
    }

    private static void require(boolean holds, String name, Object min, Object found) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be at least " + min + ", found " + found);
        }
    }
}
