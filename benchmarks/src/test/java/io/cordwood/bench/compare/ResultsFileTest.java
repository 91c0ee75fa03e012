package io.cordwood.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.bench.JsonLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsFileTest {
    private static final JsonLine CONDITIONS =
            JsonLine.empty().with("warmupBytes", 1_000_000_000L).with("cordwood", "e5437bc");
    private static final JsonLine FOUND = JsonLine.empty().with("megabytesPerSecond", 61.5);

    private static final LocalDate DAY = LocalDate.of(2026, 11, 21);

    @TempDir
    private Path directory;

    private Path path;
    private ResultsFile results;

    @BeforeEach
    void open() throws IOException {
        path = directory.resolve("deeper/results.jsonl");
        results = ResultsFile.open(path, CONDITIONS);
    }

    @Test
    void laterRunFindsWhatAnEarlierOneMeasured() throws IOException {
        results.addMachine(JsonLine.empty().with("forceP50Ms", 1.5));
        results.add(2, Contender.KAFKA_FORCED, Row.THROUGHPUT_1K, DAY, FOUND);

        var later = ResultsFile.open(path, CONDITIONS);

        assertThat(later.find(2, Contender.KAFKA_FORCED, Row.THROUGHPUT_1K)
                        .orElseThrow()
                        .require("megabytesPerSecond"))
                .isEqualTo(61.5);
        assertThat(later.machine().orElseThrow().require("forceP50Ms")).isEqualTo(1.5);
        assertThat(later.lastRound()).isEqualTo(2);
        assertThat(later.find(1, Contender.KAFKA_FORCED, Row.THROUGHPUT_1K)).isEmpty();
        assertThat(later.find(2, Contender.KAFKA, Row.THROUGHPUT_1K)).isEmpty();
        assertThat(later.find(2, Contender.KAFKA_FORCED, Row.THROUGHPUT_100B)).isEmpty();
    }

    @Test
    void tornLineIsCutAndItsMeasurementIsMissing() throws IOException {
        results.add(1, Contender.KAFKA, Row.START, DAY, FOUND);
        Files.writeString(path, "{\"kind\":\"measurement\",\"round\":1,\"conten", StandardOpenOption.APPEND);

        var later = ResultsFile.open(path, CONDITIONS);
        later.add(1, Contender.CORDWOOD, Row.START, DAY, FOUND);

        var last = ResultsFile.open(path, CONDITIONS);
        assertThat(last.find(1, Contender.KAFKA, Row.START)).isPresent();
        assertThat(last.find(1, Contender.CORDWOOD, Row.START)).isPresent();
    }

    @Test
    void resultsOfOtherConditionsAreNotMixed() {
        assertThatThrownBy(() -> ResultsFile.open(path, CONDITIONS.with("cordwood", "abcdef0")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds results of {\"cordwood\":\"e5437bc\"}, not of {\"cordwood\":\"abcdef0\"}")
                .hasMessageContaining("--out");
    }

    @Test
    void contenderIsWholeOnlyWithEveryRow() throws IOException {
        results.start(1, Contender.KAFKA);
        results.add(1, Contender.KAFKA, Row.START, DAY, FOUND);

        assertThat(results.isWhole(1, Contender.KAFKA, List.of(Row.START))).isTrue();
        assertThat(results.isWhole(1, Contender.KAFKA, List.of(Row.START, Row.MEMORY)))
                .isFalse();
        assertThat(results.isWhole(2, Contender.KAFKA, List.of(Row.START))).isFalse();
    }

    @Test
    void newStartMakesTheRowsOfTheOneBeforeVoid() throws IOException {
        results.start(1, Contender.KAFKA);
        results.add(1, Contender.KAFKA, Row.START, DAY, FOUND);
        results.add(1, Contender.CORDWOOD, Row.START, DAY, FOUND);
        results.start(1, Contender.KAFKA);
        results.add(1, Contender.KAFKA, Row.MEMORY, DAY, FOUND);

        var later = ResultsFile.open(path, CONDITIONS);

        assertThat(later.find(1, Contender.KAFKA, Row.START)).isEmpty();
        assertThat(later.find(1, Contender.KAFKA, Row.MEMORY)).isPresent();
        assertThat(later.find(1, Contender.CORDWOOD, Row.START)).isPresent();
        assertThat(later.isWhole(1, Contender.KAFKA, List.of(Row.START, Row.MEMORY)))
                .isFalse();
    }
}
