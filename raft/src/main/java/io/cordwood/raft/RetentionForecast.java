package io.cordwood.raft;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.Backlog;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * When {@link Retention} may trim a record: as it decides, with the settings, the clock and the rate of now. It looks at intervals, so
 * it may take it a little later.
 *
 * <p>Thread: any; no state.
 */
final class RetentionForecast {
    private static final double MILLIS = 1_000;
    /** Further ahead nothing is foreseen. */
    private static final double FORESEEN_MS = Duration.ofDays(36_500).toMillis();

    private RetentionForecast() {}

    /**
     * @param bytesPerSecond at which the log grows
     * @return 0 where it may already; empty where it will not
     */
    static OptionalLong untilTrimmedMs(TopicConfig config, long nowMs, Backlog.Next record, double bytesPerSecond) {
        var byTime = untilExpiredMs(config.oldestKeptMs(nowMs), record.expiresWithMs());
        var bySize = untilCrowdedOutMs(config.newestKeptBytes(), record.keptBytes(), bytesPerSecond);
        return LongStream.concat(byTime.stream(), bySize.stream()).min();
    }

    /** Trimmed is what is older than the oldest kept. */
    private static OptionalLong untilExpiredMs(long oldestKeptMs, long expiresWithMs) {
        return oldestKeptMs < 0 || expiresWithMs < 0
                ? OptionalLong.empty()
                : OptionalLong.of(Math.max(0, expiresWithMs - oldestKeptMs + 1));
    }

    private static OptionalLong untilCrowdedOutMs(long newestKeptBytes, long keptBytes, double bytesPerSecond) {
        if (newestKeptBytes < 0) {
            return OptionalLong.empty();
        }
        long room = newestKeptBytes - keptBytes;
        if (room < 0) {
            return OptionalLong.of(0);
        }
        double millis = room / bytesPerSecond * MILLIS;
        return bytesPerSecond > 0 && millis < FORESEEN_MS ? OptionalLong.of((long) millis) : OptionalLong.empty();
    }
}
