package io.cordwood.bench.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.bench.failover.GapSample.End;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailoverTableTest {
    private static List<GapSample> samples(End end, double... seconds) {
        var samples = new ArrayList<GapSample>();
        for (double each : seconds) {
            samples.add(new GapSample(end, 1, 2, samples.size(), true, each));
        }
        return samples;
    }

    private static boolean holds(List<GapSample> samples) {
        return new FailoverTable(samples).holdsBars();
    }

    @Test
    void rowsAreByEndAndByWhoLed() {
        var all = new ArrayList<>(samples(End.KILL, 1, 2, 3));
        all.add(new GapSample(End.KILL, 1, 2, 3, false, 0.25));
        all.addAll(samples(End.STOP, 0.125));

        assertThat(new FailoverTable(all).markdown().lines().skip(2).limit(3).toList())
                .containsExactly(
                        "| killed | led by it | 3 | 2.00 | 3.00 | 3.00 | 3.00 |",
                        "| killed | led by others | 1 | 0.25 | 0.25 | 0.25 | 0.25 |",
                        "| stopped | led by it | 1 | 0.13 | 0.13 | 0.13 | 0.13 |");
    }

    @Test
    void killsAreHeldAgainstMedianPercentileAndLongest() {
        assertThat(holds(samples(End.KILL, 1.8, 1.8, 3))).isTrue();
        assertThat(holds(samples(End.KILL, 1.9, 1.9, 1.9))).isFalse();
        assertThat(holds(samples(End.KILL, 1, 1, 3.1))).isFalse();
        var many = new ArrayList<GapSample>();
        for (int i = 0; i < 199; i++) {
            many.addAll(samples(End.KILL, 1));
        }
        many.addAll(samples(End.KILL, 5.9));
        assertThat(holds(many)).isTrue();
        many.addAll(samples(End.KILL, 6.1));
        assertThat(holds(many)).isFalse();
    }

    @Test
    void nineteenOfTwentyStopsMustBeShort() {
        var stops = new double[20];
        stops[3] = 9;
        assertThat(holds(samples(End.STOP, stops))).isTrue();
        stops[4] = 9;
        assertThat(holds(samples(End.STOP, stops))).isFalse();
    }

    @Test
    void partitionsThatOthersLedAreNoFailover() {
        assertThat(holds(List.of(new GapSample(End.KILL, 1, 1, 0, false, 7)))).isTrue();
    }

    @Test
    void csvHasALineForEachPair() {
        assertThat(new FailoverTable(samples(End.KILL, 1.5)).csv().lines().skip(1))
                .containsExactly("killed,1,2,0,true,1.5000");
    }
}
