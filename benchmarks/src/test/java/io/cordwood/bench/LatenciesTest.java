package io.cordwood.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    private static final Offset<Double> PRECISION = within(0.5);

    private final Latencies latencies = new Latencies();

    @Test
    void recordsThatCouldNotBeSentCountFromWhenTheyShouldHaveBeen() {
        var pace = Pace.from(0, 1000);
        long stallEnd = TimeUnit.MILLISECONDS.toNanos(500);

        // A server that answers nothing for half a second, and a sender that is held up by it.
        for (int record = 0; record < 500; record++) {
            latencies.record(pace.intendedNanos(record, 0), stallEnd, stallEnd);
        }
        for (int record = 500; record < 1000; record++) {
            long intended = pace.intendedNanos(record, 0);
            latencies.record(intended, intended, intended);
        }

        var summary = latencies.summary();
        assertThat(summary.require("p99Ms")).isCloseTo(490, PRECISION);
        assertThat(summary.require("maxMs")).isCloseTo(500, PRECISION);
        assertThat(summary.require("sendP99Ms")).isZero();
        assertThat(summary.require("sendMaxMs")).isZero();
    }

    @Test
    void inClosedLoopBothCountsAreTheSame() {
        long now = 7_000_000;
        var pace = Pace.from(0, 0);

        latencies.record(pace.intendedNanos(3, now), now, now + TimeUnit.MILLISECONDS.toNanos(4));

        assertThat(latencies.count()).isOne();
        assertThat(latencies.summary().require("p50Ms")).isCloseTo(4, PRECISION);
        assertThat(latencies.summary().require("sendP50Ms")).isCloseTo(4, PRECISION);
    }

    @Test
    void timeBeyondTheRangeCountsAsItsEnd() {
        latencies.record(0, 0, TimeUnit.HOURS.toNanos(1));
        latencies.record(10, 10, 0);

        assertThat(latencies.count()).isEqualTo(2);
        assertThat(latencies.summary().require("maxMs")).isCloseTo(600_000, within(600.0));
    }
}
