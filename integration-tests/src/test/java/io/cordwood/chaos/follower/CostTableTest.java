package io.cordwood.chaos.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.follower.CostSample.Figures;
import io.cordwood.chaos.follower.CostSample.Recovery;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostTableTest {
    private static final Recovery RECOVERY = new Recovery(new Figures(4_000, 4, 50, 90), 2.5, 0);

    private static CostSample sample(Ailment ailment, int round, double p99Before, double p99) {
        return new CostSample(
                ailment, round, 2, new Figures(120_000, 4, p99Before, 60), new Figures(60_000, 5, p99, 80), RECOVERY);
    }

    /** Each round after 40 ms before its fault, of which 60 is allowed. */
    private static CostTable cut(double... p99) {
        var samples = new ArrayList<CostSample>();
        for (double each : p99) {
            samples.add(sample(Ailment.CUT, samples.size() + 1, 40, each));
        }
        return new CostTable(samples);
    }

    @Test
    void rowsAreMediansWithTheirEndsByAilment() {
        var table = new CostTable(List.of(
                sample(Ailment.SLOW, 1, 10, 30),
                sample(Ailment.PAUSED, 1, 10, 12.5),
                sample(Ailment.PAUSED, 2, 20, 15),
                sample(Ailment.PAUSED, 3, 10, 20)));

        assertThat(table.markdown().lines().skip(2).limit(3))
                .containsExactly(
                        "| paused | 3 | 4.0 | 5.0 | 10.0 (10.0 - 20.0) | 15.0 (12.5 - 20.0) | 1.25 (0.75 - 2.00) | 60 | 80"
                                + " | 2.5 | 50.0 | 0 |",
                        "| slow | 1 | 4.0 | 5.0 | 10.0 | 30.0 | 3.00 | 60 | 80 | 2.5 | 50.0 | 0 |",
                        "");
    }

    @Test
    void halfAsMuchAgainIsAllowed() {
        assertThat(cut(60).holdsBars()).isTrue();
        assertThat(cut(60.1).holdsBars()).isFalse();
    }

    @Test
    void thirtyMillisecondsAreAlwaysAllowed() {
        assertThat(new CostTable(List.of(sample(Ailment.SLOW, 1, 5, 30))).holdsBars())
                .isTrue();
        assertThat(new CostTable(List.of(sample(Ailment.SLOW, 1, 5, 30.1))).holdsBars())
                .isFalse();
    }

    @Test
    void medianOfTheRoundsDecides() {
        assertThat(cut(50, 60, 900).holdsBars()).isTrue();
        assertThat(cut(50, 61, 900).holdsBars()).isFalse();
    }

    @Test
    void oneAilmentThatCostsTooMuchIsEnough() {
        var table = new CostTable(List.of(sample(Ailment.PAUSED, 1, 40, 40), sample(Ailment.SLOW, 1, 40, 70)));

        assertThat(table.holdsBars()).isFalse();
        assertThat(table.markdown())
                .contains("paused: bar p99 1.5 times that before, or 30 ms where that is more: held, in 1 of 1 rounds")
                .contains("slow: bar p99 1.5 times that before, or 30 ms where that is more: MISSED, in 0 of 1 rounds");
    }

    @Test
    void csvHasALineForEachFault() {
        var lines = cut(60).csv().lines().toList();

        assertThat(lines.get(0).split(",", -1)).hasSameSizeAs(lines.get(1).split(",", -1));
        assertThat(lines.subList(1, lines.size()))
                .containsExactly(
                        "cut,1,2,120000,4.000,40.000,60.000,60000,5.000,60.000,80.000,4000,4.000,50.000,90.000,2.50,0");
    }
}
