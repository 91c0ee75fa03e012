package io.cordwood.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.bench.JsonLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsFileTest {
    private static final JsonLine CONDITIONS = JsonLine.empty().with("warmupBytes", 1_000_000_000L);
    private static final JsonLine FOUND = JsonLine.empty().with("megabytesPerSecond", 61.5);

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
        results.add(2, Contender.KAFKA_FORCED, Row.THROUGHPUT_1K, FOUND);

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
        results.add(1, Contender.KAFKA, Row.START, FOUND);
        Files.writeString(path, "{\"kind\":\"measurement\",\"round\":1,\"conten", StandardOpenOption.APPEND);

        var later = ResultsFile.open(path, CONDITIONS);
        later.add(1, Contender.CORDWOOD, Row.START, FOUND);

        var last = ResultsFile.open(path, CONDITIONS);
        assertThat(last.find(1, Contender.KAFKA, Row.START)).isPresent();
        assertThat(last.find(1, Contender.CORDWOOD, Row.START)).isPresent();
    }

    @Test
    void resultsOfOtherConditionsAreNotMixed() {
        assertThatThrownBy(() -> ResultsFile.open(path, JsonLine.empty().with("warmupBytes", 10_000_000_000L)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--out");
    }
}
