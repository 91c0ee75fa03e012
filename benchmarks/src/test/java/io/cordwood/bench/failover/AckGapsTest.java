package io.cordwood.bench.failover;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AckGapsTest {
    private static final long SECOND = 1_000_000_000L;

    private final AckGaps gaps = new AckGaps(2, 10 * SECOND);

    @Test
    void longestTimeBetweenTwoAcknowledgementsCounts() {
        gaps.acknowledged(0, 11 * SECOND);
        gaps.acknowledged(0, 14 * SECOND);
        gaps.acknowledged(0, 15 * SECOND);

        assertThat(gaps.longest(0, 16 * SECOND)).isEqualTo(3);
    }

    @Test
    void timeThatLastsCounts() {
        gaps.acknowledged(0, 11 * SECOND);

        assertThat(gaps.longest(0, 13 * SECOND)).isEqualTo(2);
        assertThat(gaps.longest(1, 13 * SECOND)).isEqualTo(3);
    }

    @Test
    void timeBeforeTheBeginCountsOnlyWhereItLasted() {
        gaps.acknowledged(0, 15 * SECOND);
        gaps.begin();
        gaps.acknowledged(0, 16 * SECOND);
        gaps.acknowledged(1, 17 * SECOND);

        assertThat(gaps.longest(0, 16 * SECOND)).isEqualTo(1);
        assertThat(gaps.longest(1, 17 * SECOND)).isEqualTo(7);
    }

    @Test
    void allHadOneWhenTheLastOfThemHadIt() {
        gaps.acknowledged(0, 12 * SECOND);
        assertThat(gaps.allSince(11 * SECOND)).isFalse();

        gaps.acknowledged(1, 12 * SECOND);
        assertThat(gaps.allSince(11 * SECOND)).isTrue();
        assertThat(gaps.allSince(12 * SECOND)).isFalse();
    }

    @Test
    void acknowledgementsMayComeInAnyOrder() {
        gaps.acknowledged(0, 12 * SECOND);
        gaps.acknowledged(0, 11 * SECOND);
        gaps.acknowledged(0, 13 * SECOND);

        assertThat(gaps.longest(0, 13 * SECOND)).isEqualTo(2);
    }
}
