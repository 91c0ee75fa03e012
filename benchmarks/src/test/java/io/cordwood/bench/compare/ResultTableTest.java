package io.cordwood.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.bench.JsonLine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultTableTest {
    private static final Plan QUICK =
            new Plan("Quick", 3, 1_000_000_000L, Duration.ofSeconds(15), List.of(Row.THROUGHPUT_1K));
    private static final Plan FULL =
            new Plan("Full", 5, 10_000_000_000L, Duration.ofSeconds(30), List.of(Row.THROUGHPUT_1K));

    private static final Subject SUBJECT = new Subject("e5437bc", "4.4.0 (tools 4.3.1)", "17.0.15", 2);
    private static final LocalDate DAY = LocalDate.of(2026, 11, 21);

    @TempDir
    private Path directory;

    private ResultsFile results;

    @BeforeEach
    void open() throws IOException {
        results = ResultsFile.open(
                directory.resolve("results.jsonl"), QUICK.conditions().with(SUBJECT.conditions()));
    }

    @Test
    void ratiosArePairedByRound() throws IOException {
        throughput(1, 100, 50);
        throughput(2, 50, 40);
        throughput(3, 80, 80);

        // The ratio of the medians would be 0.63.
        assertThat(new ResultTable(QUICK, results).markdown())
                .contains("| 1 KB, MB/s | 3 | 80.0 |  | 50.0 | 0.80 (0.50 - 1.00) |  |");
    }

    @Test
    void roundThatOneSideMissesHasNoRatio() throws IOException {
        throughput(1, 100, 50);
        results.add(
                2, Contender.CORDWOOD, Row.THROUGHPUT_1K, DAY, JsonLine.empty().with("megabytesPerSecond", 60));

        assertThat(new ResultTable(QUICK, results).markdown())
                .contains("| 1 KB, MB/s | 2 | 100.0 |  | 55.0 | 0.50 (0.50 - 0.50) |  |");
    }

    @Test
    void headingNamesWhatWasMeasuredAndWhen() throws IOException {
        throughput(1, 100, 50);
        assertThat(new ResultTable(QUICK, results).markdown())
                .startsWith(
                        "Cordwood e5437bc, Kafka 4.4.0 (tools 4.3.1), Java 17.0.15, 2 processors; measured 2026-11-21.");

        results.add(2, Contender.KAFKA, Row.START, DAY.plusDays(1), JsonLine.empty());

        assertThat(new ResultTable(QUICK, results).markdown()).contains("measured 2026-11-21 to 2026-11-22.");
    }

    @Test
    void rowsThatNobodyMeasuredAreLeftOut() throws IOException {
        throughput(1, 100, 50);

        assertThat(new ResultTable(QUICK, results).markdown()).doesNotContain("failover");
    }

    @Test
    void onlyAWarmRunIsNotMarked() {
        assertThat(new ResultTable(QUICK, results).markdown()).contains("**not warm");
        assertThat(new ResultTable(FULL, results).markdown()).doesNotContain("not warm");
    }

    private void throughput(int round, double kafka, double cordwood) throws IOException {
        results.add(
                round, Contender.KAFKA, Row.THROUGHPUT_1K, DAY, JsonLine.empty().with("megabytesPerSecond", kafka));
        results.add(
                round,
                Contender.CORDWOOD,
                Row.THROUGHPUT_1K,
                DAY,
                JsonLine.empty().with("megabytesPerSecond", cordwood));
    }
}
