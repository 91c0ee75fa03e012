package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.store.Backlog;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SegmentTable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class AppendPaceTest {
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 0);
    private static final long NOW = 1_700_000_000_000L;
    private static final int BATCH_BYTES = 500;
    private static final TopicConfig KILOBYTES = TopicConfig.resolve(
            new TreeMap<>(Map.of("retention.ms", "-1", "retention.bytes", "100000")), TopicConfig.DEFAULTS);

    /** A batch of ten records. */
    private static AppendEntry entry(long offset, long leaderTimeMs) {
        var header = new BatchHeader(offset, 10, BATCH_BYTES, 0, (short) 0, 0, -1, (short) -1, -1);
        return new AppendEntry(PARTITION, leaderTimeMs, false, List.of(header));
    }

    private static PartitionBacklog at(AppendPace pace, long nowMs) {
        return pace.with(new Backlog(7, Optional.of(new Backlog.Next(3, 5, 5, 40_000))), KILOBYTES, nowMs);
    }

    @Test
    void paceIsThatOfTheLeadersTimes() {
        var pace = new AppendPace(0, 0);
        for (int i = 0; i <= 100; i++) {
            pace.applied(entry(10L * i, NOW + 1_000L * i));
        }

        var backlog = at(pace, NOW + 100_000);

        assertThat(backlog.appendedPerSecond()).isCloseTo(10, Percentage.withPercentage(2));
        // Room for 60,000 bytes more, at 500 a second.
        assertThat(backlog.untilTrimmedMs().orElseThrow()).isCloseTo(120_000L, Percentage.withPercentage(2));
        assertThat(backlog.bytes()).isEqualTo(7);
        assertThat(backlog.nextTimestampMs()).hasValue(5);
    }

    @Test
    void replicaThatOpensGoesOnFromItsCheckpoint() {
        var pace = new AppendPace(NOW - 20_000, 1_000);
        assertThat(at(pace, NOW).appendedPerSecond()).isZero();

        pace.applied(entry(1_000, NOW));

        assertThat(at(pace, NOW).appendedPerSecond()).isEqualTo(0.5);
    }

    @Test
    void whatWasFetchedIsNoRise() {
        var pace = new AppendPace(NOW - 20_000, 1_000);
        pace.applied(entry(1_000, NOW - 10_000));

        pace.restart(new Checkpoint(
                PARTITION, 1, 10, 900_000, 0, NOW - 5_000, List.of(), List.of(), SegmentTable.empty(900_000)));
        assertThat(at(pace, NOW).appendedPerSecond()).isZero();

        pace.applied(entry(900_000, NOW));
        assertThat(at(pace, NOW).appendedPerSecond()).isEqualTo(2);
    }

    @Test
    void recordWithoutATimestampHasNone() {
        var nameless = new Backlog(7, Optional.of(new Backlog.Next(3, -1, -1, 40_000)));

        assertThat(new AppendPace(0, 0).with(nameless, KILOBYTES, NOW).nextTimestampMs())
                .isEmpty();
        assertThat(new AppendPace(0, 0)
                        .with(new Backlog(0, Optional.empty()), KILOBYTES, NOW)
                        .untilTrimmedMs())
                .isEmpty();
    }
}
