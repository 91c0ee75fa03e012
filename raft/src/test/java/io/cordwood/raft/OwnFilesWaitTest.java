package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OwnFilesWaitTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may overflow
    private final OwnFilesWait wait = new OwnFilesWait(nanos::get);

    private boolean goesOnAfter(Duration silence) {
        nanos.addAndGet(silence.toNanos());
        return wait.goesOn();
    }

    private void askUntilItEnds() {
        for (int second = 0; second < 60; second++) {
            assertThat(goesOnAfter(Duration.ofSeconds(second == 0 ? 0 : 1))).isTrue();
        }
        assertThat(goesOnAfter(Duration.ofSeconds(1))).isFalse();
    }

    @Test
    void whoStillAsksAfterAMinuteWaitsNoMore() {
        askUntilItEnds();

        assertThat(goesOnAfter(Duration.ofSeconds(1))).isFalse();
        assertThat(goesOnAfter(Duration.ofSeconds(10))).isFalse();
    }

    @Test
    void whoAsksADayLaterWaitsAnew() {
        askUntilItEnds();
        nanos.addAndGet(Duration.ofDays(1).toNanos());

        askUntilItEnds();
    }

    @Test
    void waitThatWasNotNeededInTheEndDoesNotCount() {
        assertThat(wait.goesOn()).isTrue();

        assertThat(goesOnAfter(Duration.ofMinutes(2))).isTrue();
    }
}
