package io.cordwood.bench.restart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RestartTableTest {
    private static final long GB = 1_000_000_000L;

    @Test
    void rowsAreBySizeAndPageCache() {
        var table = new RestartTable(List.of(
                sample(5 * GB, 0, false, 3), sample(GB, 0, false, 2), sample(GB, 0, false, 4), sample(GB, 0, true, 6)));

        assertThat(table.markdown().lines().skip(2).limit(3).toList())
                .containsExactly(
                        "| 1,000 MB | warm | 2 | 1,000 | 100 | 0.0 | 1.00 | 2.50 (1.50 - 3.50) | 3.00 (2.00 - 4.00) |",
                        "| 1,000 MB | empty | 1 | 1,000 | 100 | 0.0 | 1.00 | 5.50 | 6.00 |",
                        "| 5,000 MB | warm | 1 | 5,000 | 100 | 0.0 | 1.00 | 2.50 | 3.00 |");
    }

    @Test
    void costOfTheTailIsToldApartFromThatOfSealedSegments() {
        var table = new RestartTable(List.of(
                sample(GB, 0, false, 2),
                sample(GB, 50_000_000, false, 2.5),
                sample(20 * GB, 0, false, 2),
                sample(20 * GB, 50_000_000, false, 2.5)));

        assertThat(table.markdown())
                .contains("2.00 s and +10.00 s for a GB behind the checkpoint")
                .contains("2.25 s and +0.00 s for a GB of sealed segments");
    }

    @Test
    void oneSlowStartMissesTheBar() {
        assertThat(new RestartTable(List.of(sample(GB, 0, false, 10))).holdsBar())
                .isTrue();
        var slow = new RestartTable(List.of(sample(GB, 0, false, 2), sample(GB, 0, true, 10.1)));
        assertThat(slow.holdsBar()).isFalse();
        assertThat(slow.markdown()).contains("MISSED");
    }

    @Test
    void csvHasALineForEachStart() {
        var table = new RestartTable(List.of(sample(GB, 7, true, 2)));

        assertThat(table.csv().lines().skip(1))
                .containsExactly("1000000000,empty,1000000000,100000000,7,1.000,1.500,2.000");
    }

    private static RestartSample sample(long sealedBytes, long tailBytes, boolean cold, double ackSeconds) {
        var log = new LogOnDisk(sealedBytes, 100_000_000, sealedBytes + 100_000_000 - tailBytes, sealedBytes);
        return new RestartSample(sealedBytes, log, cold, 1, ackSeconds - 0.5, ackSeconds);
    }
}
