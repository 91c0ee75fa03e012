package io.cordwood.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.bench.JsonLine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
    @Test
    void rowIsReadByItsWord() {
        for (var row : Row.values()) {
            assertThat(Row.parse(row.word())).isEqualTo(row);
        }
        assertThatThrownBy(() -> Row.parse("throughput")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyContenderIsFirstOnceInThreeRounds() {
        assertThat(List.of(1, 2, 3))
                .extracting(round -> Contender.orderOf(round).get(0))
                .containsExactlyInAnyOrder(Contender.values());
        assertThat(Contender.orderOf(4)).isEqualTo(Contender.orderOf(1));
    }

    @Test
    void kafkasWordsMeanTheTimesFromTheSend() {
        var result = JsonLine.parse(
                "{\"records\":9,\"megabytesPerSecond\":1,\"recordsPerSecond\":2,\"p50Ms\":30,\"p99Ms\":40,"
                        + "\"maxMs\":50,\"sendP50Ms\":3,\"sendP99Ms\":4,\"sendMaxMs\":5}");

        var words = CordwoodService.fromSend(result);

        assertThat(words.require("p99Ms")).isEqualTo(4);
        assertThat(words.require("maxMs")).isEqualTo(5);
        assertThat(words.require("intendedP99Ms")).isEqualTo(40);
    }

    @Test
    void readerAtTheTailIsTimedFromTheLaunchOfThePublisher() {
        var load = new Publish("t", 1000, 20_000, 0);
        var produced = JsonLine.empty().with("megabytesPerSecond", 20).with("p99Ms", 7);

        var both = load.followed(produced, 1_000_000, JsonLine.empty().with("endMs", 1_004_000));

        assertThat(both.require("megabytesPerSecond")).isEqualTo(5);
        assertThat(both.require("recordsPerSecond")).isEqualTo(5000);
        assertThat(both.require("producedMegabytesPerSecond")).isEqualTo(20);
        assertThat(both.require("p99Ms")).isEqualTo(7);
    }

    @Test
    void whatIsMeasuredComesBehindTheClientsWarmUp() {
        var load = Publish.measured("t", 1000, Duration.ofSeconds(50), 1000);

        assertThat(load.records() - load.warmUpRecords()).isEqualTo(50_000);
        assertThat(load.warmUp()).isEqualTo(Duration.ofSeconds(25));
    }

    @Test
    void kafkasPublisherTakesItsValuesFromTheFile() {
        var arguments = KafkaService.producerArguments(new Publish("t", 1000, 20_000, 0), Path.of("/values-1000.txt"));

        assertThat(arguments)
                .containsSequence("--payload-file", "/values-1000.txt")
                .containsSequence("--num-records", "20000")
                .doesNotContain("--record-size");
    }

    @Test
    void readersFromColdFilesAllReadTheSame() {
        assertThat(Round.coldRecords(plan(50_000_000, List.of(Row.START)))).isEqualTo(50_000);
        assertThat(Round.coldRecords(plan(10_000_000_000L, List.of(Row.START)))).isEqualTo(2_000_000);
    }

    @Test
    void rowOfColdFilesIsLeftOutWhereCachesStay() {
        var plan = plan(1_000_000, List.of(Row.START, Row.CONSUME_COLD));

        assertThat(plan.withoutColdFiles().rows()).containsExactly(Row.START);
        assertThatThrownBy(() -> plan(1_000_000, List.of(Row.CONSUME_COLD)).withoutColdFiles())
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static Plan plan(long warmupBytes, List<Row> rows) {
        return new Plan("Quick", 1, warmupBytes, Duration.ofSeconds(3), rows);
    }

    @Test
    void everyRowIsInTheTable() {
        assertThat(TableLine.all()).extracting(TableLine::row).containsAll(List.of(Row.values()));
    }
}
