package io.cordwood.bench.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.failover.GapSample.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FailoverTableTest {
    private static final SteadyLoad.Stream LOAD = SteadyLoad.Stream.toAll("failover", 50, 2000, 1000);

    private static List<GapSample> samples(Event event, double... seconds) {
        return samples(event, true, seconds);
    }

    private static List<GapSample> samples(Event event, boolean led, double... seconds) {
        var samples = new ArrayList<GapSample>();
        for (double each : seconds) {
            samples.add(new GapSample(event, 1, 2, samples.size(), led, each));
        }
        return samples;
    }

    private static FailoverTable table(List<GapSample> samples) {
        return new FailoverTable(LOAD, samples);
    }

    private static boolean holds(List<GapSample> samples) {
        return table(samples).holdsBars();
    }

    private static List<String> verdicts(List<GapSample> samples) {
        return table(samples)
                .markdown()
                .lines()
                .filter(line -> line.contains(": bar "))
                .map(line -> line.substring(line.lastIndexOf(": ") + 2))
                .toList();
    }

    @Test
    void rowsAreByEventAndByWhoLed() {
        var all = new ArrayList<>(samples(Event.KILL, 1, 2, 3));
        all.addAll(samples(Event.KILL, false, 0.25));
        all.addAll(samples(Event.STOP, 0.125));
        all.addAll(samples(Event.RETURN, 0.5));
        all.addAll(samples(Event.RETURN, false, 0.25));

        assertThat(table(all).markdown().lines().skip(2).limit(9).toList())
                .containsExactly(
                        "| killed | led by it | 3 | 2.00 | 3.00 | 3.00 | 3.00 |",
                        "| killed | led by others | 1 | 0.25 | 0.25 | 0.25 | 0.25 |",
                        "| killed | all | 4 | 1.00 | 3.00 | 3.00 | 3.00 |",
                        "| stopped | led by it | 1 | 0.13 | 0.13 | 0.13 | 0.13 |",
                        "| stopped | all | 1 | 0.13 | 0.13 | 0.13 | 0.13 |",
                        "| started again | handed over | 1 | 0.50 | 0.50 | 0.50 | 0.50 |",
                        "| started again | not handed over | 1 | 0.25 | 0.25 | 0.25 | 0.25 |",
                        "| started again | all | 2 | 0.25 | 0.50 | 0.50 | 0.50 |",
                        "");
    }

    @Test
    void percentilesAreOfTheNearestRank() {
        var seconds = IntStream.rangeClosed(1, 200).mapToDouble(each -> each).toArray();

        assertThat(table(samples(Event.STOP, seconds)).markdown())
                .contains("| stopped | led by it | 200 | 100.00 | 190.00 | 198.00 | 200.00 |");
    }

    @Test
    void loadIsToldInBytes() {
        assertThat(table(List.of()).markdown())
                .contains("2,000 records/s with values of 1,000 bytes (1 KB is 1,000 bytes) to 50 partitions.");
    }

    @Test
    void killsAreHeldAgainstMedianPercentileAndLongest() {
        assertThat(holds(samples(Event.KILL, 1.8, 1.8, 3))).isTrue();
        assertThat(holds(samples(Event.KILL, 1.9, 1.9, 1.9))).isFalse();
        assertThat(holds(samples(Event.KILL, 1, 1, 3.1))).isFalse();
        var many = new ArrayList<GapSample>();
        for (int i = 0; i < 199; i++) {
            many.addAll(samples(Event.KILL, 1));
        }
        many.addAll(samples(Event.KILL, 5.9));
        assertThat(holds(many)).isTrue();
        many.addAll(samples(Event.KILL, 6.1));
        assertThat(holds(many)).isFalse();
    }

    @Test
    void nineteenOfTwentyStopsMustBeShort() {
        var stops = new double[20];
        stops[3] = 9;
        assertThat(holds(samples(Event.STOP, stops))).isTrue();
        stops[4] = 9;
        assertThat(holds(samples(Event.STOP, stops))).isFalse();
    }

    @Test
    void nineteenOfTwentyHandoversToANodeThatIsBackMustBeShort() {
        var returns = new double[20];
        returns[3] = 9;
        assertThat(holds(samples(Event.RETURN, returns))).isTrue();
        returns[4] = 9;
        assertThat(holds(samples(Event.RETURN, returns))).isFalse();
        assertThat(holds(samples(Event.RETURN, false, returns))).isTrue();
    }

    @Test
    void partitionsThatOthersLedCountAtAKillToo() {
        var all = new ArrayList<>(samples(Event.KILL, 1));
        all.addAll(samples(Event.KILL, false, new double[200]));
        assertThat(verdicts(all)).first().isEqualTo("held.");
        all.addAll(samples(Event.KILL, false, 6.1));
        assertThat(verdicts(all)).first().isEqualTo("MISSED.");
    }

    @Test
    void partitionsThatOthersLedDoNotMakeUpForThoseThatItLed() {
        var all = new ArrayList<>(samples(Event.KILL, 2));
        all.addAll(samples(Event.KILL, false, new double[200]));
        assertThat(holds(all)).isFalse();
    }

    @Test
    void whatWasNotMeasuredIsNotHeld() {
        assertThat(verdicts(List.of())).containsExactly("not measured.", "not measured.", "not measured.");
        assertThat(verdicts(samples(Event.KILL, 1))).containsExactly("held.", "not measured.", "not measured.");
        assertThat(verdicts(samples(Event.KILL, false, 1))).first().isEqualTo("not measured.");
        assertThat(verdicts(samples(Event.RETURN, 1))).containsExactly("not measured.", "not measured.", "MISSED.");
        assertThat(holds(List.of())).isTrue();
    }

    @Test
    void csvHasALineForEachPair() {
        var all = new ArrayList<>(samples(Event.KILL, 1.5));
        all.addAll(samples(Event.RETURN, false, 0.5));

        assertThat(table(all).csv().lines())
                .containsExactly(
                        "event,number,node,partition,led,seconds",
                        "killed,1,2,0,true,1.5000",
                        "started again,1,2,0,false,0.5000");
    }
}
