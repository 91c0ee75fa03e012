package io.cordwood.metadata;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a topic that say what becomes of old records; see {@link TopicConfig} for their ranges.
 *
 * <p>Thread: immutable.
 *
 * @param minLagMs a record is not compacted away before it is so old
 * @param deleteRetentionMs how long a record without a value is kept, from the pass that leaves it as the only one of its key
 * @param minDirtyRatio a pass begins when at least so much of the sealed bytes came since the last one
 */
public record CleanupConfig(Policy policy, long minLagMs, long deleteRetentionMs, double minDirtyRatio) {
    public static final String POLICY = "cleanup.policy";
    public static final String MIN_LAG_MS = "min.compaction.lag.ms";
    public static final String DELETE_RETENTION_MS = "delete.retention.ms";
    public static final String MIN_DIRTY_RATIO = "min.cleanable.dirty.ratio";

    private static final long DAY_MS = 24L * 60 * 60 * 1000;

    public static final CleanupConfig DEFAULTS = new CleanupConfig(Policy.DELETE, 0, DAY_MS, 0.5);

    /** What becomes of old records. */
    public enum Policy {
        /** They expire by time and by size. */
        DELETE("delete", true, false),
        /** The newest value of each key is kept. */
        COMPACT("compact", false, true),
        /** Both. */
        COMPACT_DELETE("compact,delete", true, true);

        private final String word;
        private final boolean deletes;
        private final boolean compacts;

        Policy(String word, boolean deletes, boolean compacts) {
            this.word = word;
            this.deletes = deletes;
            this.compacts = compacts;
        }

        public String word() {
            return word;
        }

        public boolean deletes() {
            return deletes;
        }

        /** Every record has a key then. */
        public boolean compacts() {
            return compacts;
        }

        /** Both policies in either order, with or without a space. */
        static Optional<Policy> parse(@Nullable String text) {
            if (text == null) {
                return Optional.empty();
            }
            return switch (text.replace(" ", "")) {
                case "delete" -> Optional.of(DELETE);
                case "compact" -> Optional.of(COMPACT);
                case "compact,delete", "delete,compact" -> Optional.of(COMPACT_DELETE);
                default -> Optional.empty();
            };
        }
    }

    /** Settings that were checked, over defaults. */
    static CleanupConfig resolve(SortedMap<String, String> settings, CleanupConfig defaults) {
        return new CleanupConfig(
                Policy.parse(settings.get(POLICY)).orElse(defaults.policy),
                number(settings, MIN_LAG_MS, defaults.minLagMs),
                number(settings, DELETE_RETENTION_MS, defaults.deleteRetentionMs),
                parseRatio(settings.getOrDefault(MIN_DIRTY_RATIO, "")).orElse(defaults.minDirtyRatio));
    }

    private static long number(SortedMap<String, String> settings, String key, long fallback) {
        var text = settings.get(key);
        return text == null ? fallback : Long.parseLong(text);
    }

    static Optional<Double> parseRatio(String text) {
        return text.matches("0(\\.[0-9]{1,6})?|1(\\.0{1,6})?")
                ? Optional.of(Double.parseDouble(text))
                : Optional.empty();
    }

    SortedMap<String, String> values() {
        return new TreeMap<>(Map.of(
                POLICY, policy.word(),
                MIN_LAG_MS, Long.toString(minLagMs),
                DELETE_RETENTION_MS, Long.toString(deleteRetentionMs),
                MIN_DIRTY_RATIO,
                        BigDecimal.valueOf(minDirtyRatio).stripTrailingZeros().toPlainString()));
    }
}
