package io.cordwood.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class RecentRateTest {
    private static final long BEGIN_MS = 1_700_000_000_000L;

    private final RecentRate rate = new RecentRate();

    private double after(long millis) {
        return rate.perSecond(BEGIN_MS + millis).orElseThrow();
    }

    /** From a time on, so much at each step. */
    private void riseSteadily(long fromMs, long toMs, long stepMs, long perStep, long first) {
        long value = first;
        for (long at = fromMs; at <= toMs; at += stepMs) {
            rate.rise(BEGIN_MS + at, value);
            value += perStep;
        }
    }

    @Test
    void nothingIsKnownBeforeItRises() {
        assertThat(rate.perSecond(BEGIN_MS)).isEmpty();

        rate.begin(BEGIN_MS, 100);
        assertThat(rate.perSecond(BEGIN_MS + 5_000)).isEmpty();

        rate.rise(BEGIN_MS + 5_000, 150);
        assertThat(after(5_000)).isEqualTo(10);
    }

    @Test
    void firstRiseBeginsIt() {
        rate.rise(BEGIN_MS, 1_000_000);
        assertThat(rate.perSecond(BEGIN_MS)).isEmpty();

        rate.rise(BEGIN_MS + 2_000, 1_000_100);
        assertThat(after(2_000)).isEqualTo(50);
    }

    @Test
    void steadyRateIsExactFromTheFirstSecondsOn() {
        rate.begin(BEGIN_MS, 0);
        for (long at = 100; at <= 300_000; at += 100) {
            rate.rise(BEGIN_MS + at, at);
            if (at >= 1_000) {
                assertThat(after(at)).as("after %d ms", at).isCloseTo(1_000, Percentage.withPercentage(1));
            }
        }
    }

    @Test
    void aNewPaceIsKnownAfterAMinuteAndASlot() {
        rate.begin(BEGIN_MS, 0);
        riseSteadily(0, 120_000, 100, 100, 0);
        riseSteadily(120_100, 185_100, 100, 5, 120_005);

        assertThat(after(185_100)).isCloseTo(50, Percentage.withPercentage(2));
    }

    @Test
    void silenceBringsItToZeroWithinAMinute() {
        riseSteadily(0, 60_000, 100, 100, 0);

        assertThat(after(60_000)).isCloseTo(1_000, Percentage.withPercentage(1));
        assertThat(after(90_000)).isCloseTo(500, Percentage.withPercentage(10));
        assertThat(after(126_000)).isZero();
    }

    @Test
    void burstAfterALongSilenceCountsWholeForAMinute() {
        riseSteadily(0, 60_000, 100, 100, 0);
        rate.rise(BEGIN_MS + 3_600_000, 66_000);

        assertThat(after(3_600_000)).isCloseTo(100, within(1.0));
        assertThat(after(3_659_000)).isCloseTo(100, within(1.0));
        assertThat(after(3_666_000)).isZero();
    }

    @Test
    void rareStepsCountOverTheMinute() {
        riseSteadily(0, 300_000, 10_000, 100, 0);

        assertThat(after(300_000)).isCloseTo(10, Percentage.withPercentage(20));
        assertThat(after(309_000)).isCloseTo(10, Percentage.withPercentage(20));
    }

    @Test
    void lessThanASecondCountsAsOne() {
        rate.begin(BEGIN_MS, 0);
        rate.rise(BEGIN_MS + 1, 30);

        assertThat(after(1)).isEqualTo(30);
    }

    @Test
    void clockThatWentBackStandsStill() {
        rate.begin(BEGIN_MS, 0);
        rate.rise(BEGIN_MS + 10_000, 100);
        rate.rise(BEGIN_MS + 4_000, 200);

        assertThat(after(4_000)).isEqualTo(20);
        assertThat(after(10_000)).isEqualTo(20);
    }

    @Test
    void beginningAnewForgetsWhatWas() {
        riseSteadily(0, 60_000, 100, 100, 0);

        rate.begin(BEGIN_MS + 60_000, 5);
        rate.rise(BEGIN_MS + 62_000, 25);

        assertThat(after(62_000)).isEqualTo(10);
    }
}
