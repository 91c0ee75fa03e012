package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    @Test
    void openLoopSticksToItsScheduleWhateverTheTime() {
        var pace = Pace.from(1_000_000_000L, 5000);

        assertThat(pace.intendedNanos(0, 0)).isEqualTo(1_000_000_000L);
        assertThat(pace.intendedNanos(5000, 0)).isEqualTo(2_000_000_000L);
        assertThat(pace.intendedNanos(5000, 9_000_000_000L)).isEqualTo(2_000_000_000L);
    }

    @Test
    void awaitNeverReturnsBeforeTheIntendedTime() {
        var pace = Pace.from(System.nanoTime(), 1000);

        long intended = pace.await(5);

        assertThat(System.nanoTime() - intended).isNotNegative();
    }

    @Test
    void negativeRateIsRefused() {
        assertThatThrownBy(() -> Pace.from(0, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void extentOfRecordsIgnoresTheTimeAndOneOfTimeTheRecords() {
        var records = Extent.ofRecords(10);
        var time = Extent.ofTime(Duration.ofSeconds(1));

        assertThat(records.isOver(9, Long.MAX_VALUE)).isFalse();
        assertThat(records.isOver(10, 0)).isTrue();
        assertThat(time.isOver(Long.MAX_VALUE, 999_999_999L)).isFalse();
        assertThat(time.isOver(0, 1_000_000_000L)).isTrue();
    }

    @Test
    void extentOfNothingIsOverAtOnce() {
        assertThat(Extent.ofRecords(0).isOver(0, 0)).isTrue();
    }
}
