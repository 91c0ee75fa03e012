package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.Backlog;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RetentionForecastTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final long HOUR_MS = 3_600_000;

    private static TopicConfig config(Map<String, String> settings) {
        return TopicConfig.resolve(new TreeMap<>(settings), TopicConfig.DEFAULTS);
    }

    private static OptionalLong until(Map<String, String> settings, long expiresWithMs, long keptBytes, double rate) {
        var next = new Backlog.Next(7, expiresWithMs, expiresWithMs, keptBytes);
        return RetentionForecast.untilTrimmedMs(config(settings), NOW, next, rate);
    }

    private static final Map<String, String> HOUR = Map.of("retention.ms", Long.toString(HOUR_MS));
    private static final Map<String, String> KILOBYTE = Map.of("retention.ms", "-1", "retention.bytes", "1000");

    @Test
    void byTimeItIsTheMomentAtWhichItIsOlderThanTheOldestKept() {
        assertThat(until(HOUR, NOW - 1_000, 0, 0)).hasValue(HOUR_MS - 1_000 + 1);
        assertThat(until(HOUR, NOW - HOUR_MS, 0, 0)).hasValue(1);
        assertThat(until(HOUR, NOW - HOUR_MS - 1, 0, 0)).hasValue(0);
        assertThat(until(HOUR, NOW - 2 * HOUR_MS, 0, 0)).hasValue(0);
    }

    @Test
    void bySizeItIsWhenTheRoomBehindItIsFilled() {
        assertThat(until(KILOBYTE, NOW, 400, 50)).hasValue(12_000);
        assertThat(until(KILOBYTE, NOW, 1_000, 50)).hasValue(0);
        assertThat(until(KILOBYTE, NOW, 1_001, 50)).hasValue(0);
        assertThat(until(KILOBYTE, NOW, 1_001, 0)).hasValue(0);
    }

    @Test
    void nothingIsForeseenWhereNothingComesOrNotInALifetime() {
        assertThat(until(KILOBYTE, NOW, 400, 0)).isEmpty();
        assertThat(until(KILOBYTE, NOW, 400, 1e-8)).isEmpty();
        assertThat(until(HOUR, RecordBatch.NO_TIMESTAMP, 0, 0)).isEmpty();
        assertThat(until(Map.of("retention.ms", "-1"), NOW, 400, 50)).isEmpty();
    }

    @Test
    void theEarlierOneCounts() {
        var both = Map.of("retention.ms", Long.toString(HOUR_MS), "retention.bytes", "1000");

        assertThat(until(both, NOW - 1_000, 400, 50)).hasValue(12_000);
        assertThat(until(both, NOW - HOUR_MS + 5_000, 400, 50)).hasValue(5_001);
    }

    @Test
    void whatIsOnlyCompactedIsNotTrimmed() {
        var compacted =
                Map.of("cleanup.policy", "compact", "retention.ms", Long.toString(HOUR_MS), "retention.bytes", "1000");

        assertThat(until(compacted, NOW - 2 * HOUR_MS, 2_000, 50)).isEmpty();
    }
}
