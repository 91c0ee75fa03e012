package io.cordwood.metadata;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a topic, each with key, range and default.
 *
 * <table>
 * <caption>Keys</caption>
 * <tr><td>{@code segment.bytes}</td><td>1 KiB .. 2 GiB - 1</td><td>a segment file is rolled beyond this; 1 GiB</td></tr>
 * <tr><td>{@code segment.age.ms}</td><td>1 .. 2^63 - 1</td><td>or at this age; 7 days</td></tr>
 * <tr><td>{@code retention.ms}</td><td>1 .. 2^63 - 1, or -1</td><td>records older than this expire, -1 = never; 7 days</td></tr>
 * <tr><td>{@code retention.bytes}</td><td>0 .. 2^63 - 1, or -1</td><td>a partition keeps so many of its newest bytes, -1 = all; -1</td></tr>
 * <tr><td>{@code max.batch.bytes}</td><td>128 .. the nodes' limit</td><td>1 MiB + 12</td></tr>
 * <tr><td>{@code cleanup.policy}</td><td>delete, compact, or both with a comma</td><td>records expire, and of each key the newest value is
 * kept; delete</td></tr>
 * <tr><td>{@code min.compaction.lag.ms}</td><td>0 .. 2^63 - 1</td><td>records stay at least so long; 0</td></tr>
 * <tr><td>{@code delete.retention.ms}</td><td>0 .. 2^63 - 1</td><td>a record without a value stays so long behind the values that it
 * deletes; 1 day</td></tr>
 * <tr><td>{@code min.cleanable.dirty.ratio}</td><td>0 .. 1</td><td>a pass of compaction begins when so much of the bytes came since the last
 * one; 0.5</td></tr>
 * <tr><td>{@code message.timestamp.type}</td><td>create, append</td><td>who sets a record's time; create</td></tr>
 * </table>
 */
public record TopicConfig(
        long segmentBytes,
        long segmentAgeMs,
        int maxBatchBytes,
        TimestampSource timestampSource,
        long retentionMs,
        long retentionBytes,
        CleanupConfig cleanup) {

    public static final String SEGMENT_BYTES = "segment.bytes";
    public static final String SEGMENT_AGE_MS = "segment.age.ms";
    public static final String MAX_BATCH_BYTES = "max.batch.bytes";
    public static final String TIMESTAMP_TYPE = "message.timestamp.type";
    public static final String RETENTION_MS = "retention.ms";
    public static final String RETENTION_BYTES = "retention.bytes";
    /** Of a retention: nothing expires by it. */
    public static final long UNLIMITED = -1;

    /** All keys, in order. */
    public static final List<String> KEYS = List.of(
            CleanupConfig.POLICY,
            CleanupConfig.DELETE_RETENTION_MS,
            MAX_BATCH_BYTES,
            TIMESTAMP_TYPE,
            CleanupConfig.MIN_DIRTY_RATIO,
            CleanupConfig.MIN_LAG_MS,
            RETENTION_BYTES,
            RETENTION_MS,
            SEGMENT_AGE_MS,
            SEGMENT_BYTES);

    private static final long WEEK_MS = 7L * 24 * 60 * 60 * 1000;

    public static final TopicConfig DEFAULTS = new TopicConfig(
            1L << 30, WEEK_MS, (1 << 20) + 12, TimestampSource.CREATE, WEEK_MS, UNLIMITED, CleanupConfig.DEFAULTS);

    private static final long MIN_ROLL_AGE_MS = 60_000;
    private static final long MIN_SEGMENT_BYTES = 1 << 10;
    private static final int MIN_BATCH_BYTES = 128;

    /** Who sets the time of a record. */
    public enum TimestampSource {
        /** The producer. */
        CREATE("create"),
        /** The leader, when it appends. */
        APPEND("append");

        private final String word;

        TimestampSource(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /** The given settings over the defaults of a node. */
    public static TopicConfig resolve(SortedMap<String, String> settings, TopicConfig defaults) {
        var refused = check(settings, Integer.MAX_VALUE);
        if (refused.isPresent()) {
            throw new IllegalArgumentException(refused.get().message());
        }
        return new TopicConfig(
                number(settings, SEGMENT_BYTES, defaults.segmentBytes),
                number(settings, SEGMENT_AGE_MS, defaults.segmentAgeMs),
                (int) number(settings, MAX_BATCH_BYTES, defaults.maxBatchBytes),
                source(settings.get(TIMESTAMP_TYPE)).orElse(defaults.timestampSource),
                number(settings, RETENTION_MS, defaults.retentionMs),
                number(settings, RETENTION_BYTES, defaults.retentionBytes),
                CleanupConfig.resolve(settings, defaults.cleanup));
    }

    /** Every key with its value as text; equal to what {@link #resolve} takes. */
    public SortedMap<String, String> values() {
        var values = new TreeMap<>(Map.of(
                SEGMENT_BYTES, Long.toString(segmentBytes),
                SEGMENT_AGE_MS, Long.toString(segmentAgeMs),
                MAX_BATCH_BYTES, Integer.toString(maxBatchBytes),
                TIMESTAMP_TYPE, timestampSource.word(),
                RETENTION_MS, Long.toString(retentionMs),
                RETENTION_BYTES, Long.toString(retentionBytes)));
        values.putAll(cleanup.values());
        return values;
    }

    /** Records of an earlier time have expired; negative where none expires. */
    public long oldestKeptMs(long nowMs) {
        return expires() && retentionMs != UNLIMITED ? nowMs - retentionMs : UNLIMITED;
    }

    /** A partition keeps so many of its newest bytes; negative where all. */
    public long newestKeptBytes() {
        return expires() ? retentionBytes : UNLIMITED;
    }

    private boolean expires() {
        return cleanup.policy().deletes();
    }

    /**
     * At which age a segment is rolled: so that what expires can be deleted, not before it is as old as records may become, but
     * at most once a minute.
     */
    public long rollAgeMs() {
        return !expires() || retentionMs == UNLIMITED
                ? segmentAgeMs
                : Math.min(segmentAgeMs, Math.max(retentionMs, MIN_ROLL_AGE_MS));
    }

    /** The first setting that is unknown, malformed or out of range. */
    public static Optional<MetadataResult.Refused> check(SortedMap<String, String> settings, int batchBytesLimit) {
        return settings.entrySet().stream()
                .flatMap(setting -> checkOne(setting, batchBytesLimit).stream())
                .findFirst();
    }

    private static Optional<MetadataResult.Refused> checkOne(Map.Entry<String, String> setting, int batchBytesLimit) {
        return switch (setting.getKey()) {
            case SEGMENT_BYTES -> checkRange(setting, MIN_SEGMENT_BYTES, Integer.MAX_VALUE);
            case SEGMENT_AGE_MS -> checkRange(setting, 1, Long.MAX_VALUE);
            case RETENTION_MS -> checkLimit(setting, 1);
            case RETENTION_BYTES -> checkLimit(setting, 0);
            case MAX_BATCH_BYTES -> checkRange(setting, MIN_BATCH_BYTES, batchBytesLimit);
            case CleanupConfig.MIN_LAG_MS, CleanupConfig.DELETE_RETENTION_MS -> checkRange(setting, 0, Long.MAX_VALUE);
            case CleanupConfig.POLICY ->
                CleanupConfig.Policy.parse(setting.getValue()).isPresent()
                        ? Optional.empty()
                        : refused(setting, "delete, compact, or compact,delete");
            case CleanupConfig.MIN_DIRTY_RATIO ->
                CleanupConfig.parseRatio(setting.getValue()).isPresent()
                        ? Optional.empty()
                        : refused(setting, "a decimal from 0 to 1, such as 0.5");
            case TIMESTAMP_TYPE ->
                source(setting.getValue()).isPresent() ? Optional.empty() : refused(setting, "create or append");
            default ->
                Optional.of(new MetadataResult.Refused(
                        MetadataResult.Reason.INVALID_CONFIG, "config", setting.getKey(), "one of " + KEYS));
        };
    }

    private static Optional<MetadataResult.Refused> checkRange(Map.Entry<String, String> setting, long min, long max) {
        var number = parse(setting.getValue());
        boolean inRange = number.isPresent() && min <= number.get() && number.get() <= max;
        return inRange ? Optional.empty() : refused(setting, "a number from " + min + " to " + max);
    }

    private static Optional<MetadataResult.Refused> checkLimit(Map.Entry<String, String> setting, long min) {
        boolean unlimited = setting.getValue().equals(Long.toString(UNLIMITED));
        return unlimited
                        || parse(setting.getValue())
                                .filter(number -> number >= min)
                                .isPresent()
                ? Optional.empty()
                : refused(setting, "a number from " + min + " on, or -1 for no limit");
    }

    private static Optional<MetadataResult.Refused> refused(Map.Entry<String, String> setting, String limit) {
        return Optional.of(new MetadataResult.Refused(
                MetadataResult.Reason.INVALID_CONFIG, setting.getKey(), setting.getValue(), limit));
    }

    private static long number(SortedMap<String, String> settings, String key, long fallback) {
        var text = settings.get(key);
        return text == null ? fallback : Long.parseLong(text);
    }

    private static Optional<Long> parse(String text) {
        // Long.parseLong takes digits of all scripts and a plus sign; formats of ours take ASCII only.
        return text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    }

    private static Optional<TimestampSource> source(@Nullable String word) {
        for (TimestampSource source : TimestampSource.values()) {
            if (source.word.equals(word)) {
                return Optional.of(source);
            }
        }
        return Optional.empty();
    }
}
