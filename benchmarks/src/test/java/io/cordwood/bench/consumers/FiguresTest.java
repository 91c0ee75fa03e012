package io.cordwood.bench.consumers;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.bench.JsonLine;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {
    private final Figures figures =
            new Figures(JsonLine.empty().with("cordwood", "abc1234").with("processors", 2), 500);

    private void add(Measure measure, double... values) {
        for (double value : values) {
            figures.add(measure, value);
        }
    }

    @Test
    void medianDecidesAndRoundsThatHoldAreCounted() {
        add(Measure.COMMIT_P99, 12, 25, 19);
        add(Measure.COMMITS, 6000, 4000, 4999);

        assertThat(figures.markdown().lines())
                .contains(
                        "| commits/s, as fast as they are answered | 3 | 4,999 (4,000 - 6,000) | at least 5,000 | 1 | MISSED |",
                        "| commit p99 ms, at half of that bar | 3 | 19.0 (12.0 - 25.0) | at most 20 | 2 | held |",
                        "cordwood abc1234, processors 2.");
        assertThat(figures.holdBars()).isFalse();
    }

    @Test
    void moreThanTheShareMayMoveInNoRound() {
        add(Measure.MOVED, 9, 9, 10);
        assertThat(figures.holdBars()).isTrue();

        add(Measure.MOVED, 11);
        assertThat(figures.holdBars()).isFalse();
        assertThat(figures.markdown()).contains("| 4 | 10 (9 - 11) | at most 10 | 3 | MISSED |");
    }

    @Test
    void shareFollowsTheNumberOfPartitions() {
        var few = new Figures(JsonLine.empty(), 100);
        few.add(Measure.MOVED, 2);
        assertThat(few.holdBars()).isTrue();
        assertThat(few.markdown())
                .contains("| one joins 50: partitions that move, of 100 | 1 | 2 | at most 2 | 1 | held |");

        few.add(Measure.MOVED, 3);
        assertThat(few.holdBars()).isFalse();
    }

    @Test
    void gapsAndMembersThatAreKilledOrSettleHoldInEachRound() {
        for (var measure : List.of(Measure.GAP, Measure.SETTLE, Measure.KILLED)) {
            var one = new Figures(JsonLine.empty(), 500);
            one.add(measure, 1);
            one.add(measure, 2);
            assertThat(one.holdBars()).isTrue();

            one.add(measure, 201);
            assertThat(one.holdBars()).as(measure.name()).isFalse();
        }
    }

    @Test
    void barsThatAreJustHeldAreHeld() {
        add(Measure.COMMITS, 5000);
        add(Measure.COMMIT_P99, 20);
        add(Measure.SETTLE, 10);
        add(Measure.GAP, 200);
        add(Measure.KILLED, 12);
        add(Measure.SPEED_UP, 12);
        assertThat(figures.holdBars()).isTrue();

        add(Measure.SPEED_UP, 11.8);
        assertThat(figures.holdBars()).isFalse();
    }

    @Test
    void figureWithoutABarIsJustThere() {
        add(Measure.GAP_BEFORE, 30);

        assertThat(figures.holdBars()).isTrue();
        assertThat(figures.markdown()).contains("| nobody joins: longest reading gap, ms | 1 | 30 |  |  |  |");
    }

    @Test
    void everyRoundIsALineBehindTheConditions() {
        add(Measure.SETTLE, 3.5, 4);

        assertThat(figures.json().lines().map(JsonLine::parse))
                .containsExactly(
                        JsonLine.empty()
                                .with("cordwood", "abc1234")
                                .with("processors", 2)
                                .with("kind", "conditions"),
                        JsonLine.empty()
                                .with("kind", "figure")
                                .with("measure", "settle")
                                .with("round", 1)
                                .with("value", 3.5),
                        JsonLine.empty()
                                .with("kind", "figure")
                                .with("measure", "settle")
                                .with("round", 2)
                                .with("value", 4));
    }
}
