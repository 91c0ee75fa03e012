package io.cordwood.chaos.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PhasesTest {
    private static final long MS = 1_000_000;
    /** A second before the clock passes from its largest value to its smallest. */
    private static final long START = Long.MAX_VALUE - 1_000 * MS;

    private final Phases phases = new Phases(START);

    private void acknowledged(long intendedMs, long afterMs) {
        phases.acknowledged(at(intendedMs), at(intendedMs), at(intendedMs + afterMs));
    }

    private static long at(long millis) {
        return START + millis * MS;
    }

    @Test
    void recordBelongsToThePhaseInWhichItWasDue() {
        var before = phases.begin(at(500));
        var during = phases.begin(at(2_000));
        var behind = phases.begin(at(3_000));

        acknowledged(499, 7);
        acknowledged(500, 10);
        acknowledged(1_999, 20);
        acknowledged(2_000, 5_000);

        assertThat(before.count()).isEqualTo(2);
        assertThat(before.summary().require("maxMs")).isCloseTo(20, within(0.1));
        assertThat(during.count()).isOne();
        assertThat(during.summary().require("maxMs")).isCloseTo(5_000, within(5.0));
        assertThat(behind.count()).isZero();
    }

    @Test
    void recordThatWasSentLateBelongsToThePhaseInWhichItWasDue() {
        var during = phases.begin(at(100));
        var behind = phases.begin(at(200));

        phases.acknowledged(at(150), at(900), at(910));

        assertThat(during.summary().require("maxMs")).isCloseTo(760, within(1.0));
        assertThat(behind.count()).isZero();
    }
}
