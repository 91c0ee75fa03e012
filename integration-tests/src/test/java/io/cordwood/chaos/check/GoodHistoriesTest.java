package io.cordwood.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.HistoryFile;
import io.cordwood.chaos.history.HistoryWriter;
import io.cordwood.chaos.history.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All judges are silent where all promises are kept, whatever else happens. */
class GoodHistoriesTest {
    private static final int SEEDS = 40;
    private static final ResourceLimits LIMITS =
            new ResourceLimits(Duration.ofSeconds(5), 1_000_000_000, 100_000_000, 1_000, 200, 1.5);

    @Test
    void goodHistoriesHaveNoViolation() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            var verdict = Verdict.of(SimulatedRun.history(seed), Verdict.allCheckers(LIMITS));

            assertThat(verdict.isClean()).as("seed %d: %s", seed, verdict).isTrue();
        }
    }

    @Test
    void verdictIsTheSameOfWhatWasWrittenDown(@TempDir Path directory) throws IOException {
        var file = directory.resolve("history");
        try (var writer = new HistoryWriter(file)) {
            SimulatedRun.events(1).forEach(writer::write);
        }

        assertThat(HistoryFile.read(file).events()).isEqualTo(SimulatedRun.events(1));
        assertThat(Verdict.of(HistoryFile.read(file), Verdict.allCheckers(LIMITS)))
                .hasToString(
                        "no violation (lost-write, lost-to-power-loss, phantom, inconsistent-offset, duplicate, producer-order,"
                                + " density, reader-continuity, unsound-read, stuck, linearizable-ends, replica-identity,"
                                + " one-leader, unprocessed, zombie-commit, early-commit, one-owner, unexplained-repeat,"
                                + " bounded-resources, enough-evidence)");
    }

    /** Else the silence would say little. */
    @Test
    void goodHistoriesHaveEverythingThatMayHappen() {
        long plainCopies = 0;
        for (long seed = 1; seed <= 5; seed++) {
            var history = SimulatedRun.history(seed);
            plainCopies += Duplicate.ofPlainProducers(history);

            // Counted, because a failure would print all of them.
            assertThat(history.calls(Operation.Write.class).size()).isGreaterThan(1_000);
            assertThat(unknownWritesThatAreThere(history)).isPositive();
            assertThat(history.calls(Operation.AppendIf.class).stream()
                            .filter(call -> call.what().foundEnd() != null)
                            .count())
                    .isPositive();
            assertThat(history.calls(Operation.Read.class).stream()
                            .filter(call -> call.what().logStart() != null)
                            .count())
                    .isPositive();
            assertThat(history.calls(Operation.LeaderSeen.class)).isNotEmpty();
            assertThat(history.finalLogs().values().stream()
                            .filter(log -> log.records().size() < log.endOffset() - log.logStart())
                            .count())
                    .isPositive();
        }
        assertThat(plainCopies).isPositive();
    }

    @Test
    void manyViolationsAreCounted() {
        var events = SimulatedRun.events(1);
        var harmed = events.stream()
                .filter(event -> !(event.what() instanceof Operation.Write && event.type() == EventType.INVOKE))
                .filter(event -> !(event.what() instanceof Operation.Write) || event.type() != EventType.OK)
                .toList();

        var violations = new Phantom().check(History.of(harmed));

        assertThat(violations).hasSize(Findings.KEPT_MAX + 1);
        assertThat(violations.get(Findings.KEPT_MAX).sentence()).matches("\\.\\.\\. and \\d+ more");
    }

    private static long unknownWritesThatAreThere(History history) {
        long count = 0;
        for (Call<Operation.Write> write : history.calls(Operation.Write.class)) {
            var log = history.finalLogs().get(write.what().partition());
            if (write.outcome() == EventType.INFO
                    && log != null
                    && log.byOffset().containsValue(write.what().value())) {
                count++;
            }
        }
        return count;
    }
}
