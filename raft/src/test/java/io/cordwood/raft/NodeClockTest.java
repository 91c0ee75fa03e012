package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cordwood.metrics.NodeMeters;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NodeClockTest {
    private static final long START_MS = 10_000;
    private static final long MINUTE_MS = 60_000;
    private static final long DAY_MS = Duration.ofDays(1).toMillis();

    private final AtomicLong clockMs = new AtomicLong(START_MS);
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may overflow
    private final NodeClock clock = new NodeClock(clockMs::get, nanos::get);

    /** Time goes on, and the node's clock with it. */
    private void pass(long ms) {
        clockMs.addAndGet(ms);
        nanos.addAndGet(Duration.ofMillis(ms).toNanos());
    }

    @Test
    void jumpIsFollowedAtItsPaceAndAWrongClockSetBackIsBelieved() {
        clockMs.set(1L << 50);
        assertThat(clock.nowMs()).isEqualTo(START_MS + MINUTE_MS);

        pass(1_000);
        assertThat(clock.nowMs()).isEqualTo(START_MS + MINUTE_MS + 24_000);

        clockMs.set(11_000);
        assertThat(clock.nowMs()).isEqualTo(11_000);
    }

    @Test
    void tenHoursOfSleepAreMadeUpForInHalfAnHour() {
        pass(MINUTE_MS);
        clock.nowMs();
        clockMs.addAndGet(Duration.ofHours(10).toMillis());
        for (int minute = 0; minute < 25; minute++) {
            assertThat(clock.nowMs()).isLessThan(clockMs.get());
            pass(MINUTE_MS);
        }
        assertThat(clock.nowMs()).isCloseTo(clockMs.get(), within(MINUTE_MS));

        pass(MINUTE_MS);
        assertThat(clock.nowMs()).isEqualTo(clockMs.get());
    }

    @Test
    void noCreditGathersWhileNobodyAsks() {
        pass(DAY_MS);
        clockMs.addAndGet(20 * DAY_MS / 24);

        assertThat(clock.nowMs()).isLessThanOrEqualTo(START_MS + DAY_MS + 24 * MINUTE_MS);
    }

    @Test
    void whoAsksOftenGetsNoFurther() {
        clockMs.set(1L << 50);
        for (int i = 0; i < 1_000; i++) {
            clock.nowMs();
        }

        assertThat(clock.nowMs()).isEqualTo(START_MS + MINUTE_MS);
    }

    @Test
    void clockThatIsRightIsBelievedHoweverOftenItIsAsked() {
        for (int i = 0; i < 1_000; i++) {
            nanos.addAndGet(300_000_000_000L / 1_000 - 1);
            clockMs.addAndGet(300);
            assertThat(clock.nowMs()).isEqualTo(clockMs.get());
        }
        for (int i = 0; i < 300_000; i++) { // each fraction of a millisecond counts
            nanos.addAndGet(500_000);
            clockMs.addAndGet(i % 2);
            clock.nowMs();
        }

        assertThat(clock.nowMs()).isEqualTo(clockMs.get());
    }

    /** Else a jump would be believed as a whole by who leads nothing for a while. */
    @Test
    void compactionAsksTheClockAtEachLookAlsoWhereNothingIsDue() {
        var asked = new AtomicLong();
        var meters = RaftMeters.of(NodeMeters.unseen());
        var compaction = new Compaction(List::of, asked::incrementAndGet, nanos::get, CompactionLimits.DEFAULT, meters);

        compaction.tick(replica -> Optional.empty());
        compaction.tick(replica -> Optional.empty());

        assertThat(asked).hasValue(2);
    }
}
