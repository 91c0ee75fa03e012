package io.cordwood.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What becomes of the time in which nobody looked. */
final class StallFreeClockTest {
    private final AtomicLong nanos = new AtomicLong(-5_000_000);
    private final StallFreeClock clock = new StallFreeClock(
            nanos::get, Clock.fixed(Instant.ofEpochMilli(42), ZoneOffset.UTC), Duration.ofMillis(400));

    private long after(Duration passed) {
        nanos.addAndGet(passed.toNanos());
        return clock.monotonicMillis();
    }

    @Test
    void timePassesWhileItIsLookedAt() {
        for (int i = 1; i <= 100; i++) {
            assertThat(after(Duration.ofMillis(200))).isEqualTo(200L * i);
        }
        assertThat(clock.wallMillis()).isEqualTo(42);
    }

    @Test
    void stallCountsAsOneStep() {
        assertThat(after(Duration.ofMillis(300))).isEqualTo(300);
        assertThat(after(Duration.ofMinutes(5))).isEqualTo(700);
        assertThat(after(Duration.ofMillis(100))).isEqualTo(800);
    }

    @Test
    void shortStepsAddUp() {
        for (int i = 0; i < 1_000; i++) {
            after(Duration.ofNanos(1_500));
        }

        assertThat(clock.monotonicMillis()).isEqualTo(1);
    }
}
