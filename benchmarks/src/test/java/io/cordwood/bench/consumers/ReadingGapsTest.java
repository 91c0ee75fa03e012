package io.cordwood.bench.consumers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadingGapsTest {
    private final ReadingGaps gaps = new ReadingGaps(2);

    @Test
    void gapIsFromTheDeliveryBeforeOrFromWhenThereWasSomethingToRead() {
        acknowledge(0, 10, 20, 30);
        deliver(0, 11, 35, 95);
        assertThat(gaps.longestMs(0, ms(0), ms(100))).isEqualTo(95 - 35);
        assertThat(gaps.longestMs(0, ms(0), ms(50))).isEqualTo(35 - 20);
    }

    @Test
    void recordsThatWaitTogetherWaitForEachOther() {
        acknowledge(0, 10, 20);
        deliver(0, 50, 80);

        assertThat(gaps.longestMs(0, ms(0), ms(100))).isEqualTo(50 - 10);
        assertThat(gaps.longestMs(0, ms(55), ms(100))).isEqualTo(80 - 55);
    }

    @Test
    void timeWithNothingToReadIsNoGap() {
        acknowledge(0, 10, 90);
        deliver(0, 12, 91);

        assertThat(gaps.longestMs(0, ms(0), ms(100))).isEqualTo(2);
    }

    @Test
    void recordThatNobodyGetsIsAGapWithoutAnEnd() {
        acknowledge(0, 10, 40);
        deliver(0, 12);

        assertThat(gaps.longestMs(0, ms(0), ms(100))).isEqualTo(60);
        assertThat(gaps.longestMs(1, ms(0), ms(100))).isZero();
    }

    @Test
    void whatIsBeforeOrBehindIsCutOff() {
        acknowledge(0, 10, 150);
        deliver(0, 90, 199);

        assertThat(gaps.longestMs(0, ms(80), ms(100))).isEqualTo(10);
        assertThat(gaps.longestMs(0, ms(100), ms(140))).isZero();
    }

    @Test
    void recordReadBeforeItsWriterKnowsIsNoGap() {
        deliver(0, 9);
        acknowledge(0, 10);

        assertThat(gaps.longestMs(0, ms(0), ms(100))).isZero();
    }

    @Test
    void recordThatIsReadAgainSaysNothing() {
        acknowledge(0, 10, 20);
        deliver(0, 12, 22);
        gaps.delivered(0, 0, ms(90));

        assertThat(gaps.longestMs(0, ms(0), ms(100))).isEqualTo(2);
    }

    @Test
    void recordThatIsLeftOutIsAnError() {
        deliver(0, 12);

        assertThatThrownBy(() -> gaps.delivered(0, 2, ms(13)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("offset 2");
    }

    private void acknowledge(int partition, long... times) {
        for (long time : times) {
            gaps.acknowledged(partition, ms(time));
        }
    }

    private int next;

    private void deliver(int partition, long... times) {
        for (long time : times) {
            gaps.delivered(partition, next++, ms(time));
        }
    }

    private static long ms(long time) {
        return TimeUnit.MILLISECONDS.toNanos(time);
    }
}
