package io.cordwood.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AckStatisticsTest {
    private static final long MS = 1_000_000;

    @Test
    void percentilesAreOfTheLatencies() {
        var times = new ArrayList<AckTime>();
        for (var i = 1; i <= 100; i++) {
            times.add(new AckTime(0, 0, i * MS, 10));
        }

        var statistics = AckStatistics.of(times);

        assertThat(statistics.records()).isEqualTo(100);
        assertThat(statistics.p50Ms()).isEqualTo(50);
        assertThat(statistics.p99Ms()).isEqualTo(99);
    }

    @Test
    void rateIsBytesOverTheWholeTime() {
        var times = List.of(new AckTime(0, 0, 10 * MS, 1_000_000), new AckTime(0, 400 * MS, 500 * MS, 1_000_000));

        assertThat(AckStatistics.of(times).megabytesPerSecond()).isCloseTo(4.0, within(0.001));
    }

    @Test
    void nothingAcknowledgedIsZero() {
        assertThat(AckStatistics.of(List.of())).isEqualTo(new AckStatistics(0, 0, 0, 0));
    }

    @Test
    void gapIsMeasuredPerPartitionAcrossTheKill() {
        var times = List.of(
                ack(0, 100), ack(1, 110), ack(1, 300), ack(1, 500), ack(0, 1_400), ack(0, 1_450), ack(1, 1_460));

        assertThat(AckStatistics.longestGapMs(times, 200 * MS, 1_000 * MS)).isEqualTo(1_300);
    }

    @Test
    void gapsBeforeTheKillAndLongAfterItDoNotCount() {
        var times = List.of(ack(0, 0), ack(0, 900), ack(0, 1_100), ack(0, 3_000), ack(0, 9_000));

        assertThat(AckStatistics.longestGapMs(times, 1_000 * MS, 2_000 * MS)).isEqualTo(1_900);
    }

    @Test
    void timeInWhichNothingWasDueIsNoGap() {
        var times = List.of(ack(0, 100), new AckTime(0, 5_000 * MS, 5_020 * MS, 1));

        assertThat(AckStatistics.longestGapMs(times, 200 * MS, 10_000 * MS)).isEqualTo(20);
    }

    private static AckTime ack(int partition, long atMs) {
        return new AckTime(partition, 0, atMs * MS, 1);
    }
}
