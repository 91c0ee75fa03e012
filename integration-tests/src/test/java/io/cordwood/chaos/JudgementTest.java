package io.cordwood.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.check.SimulatedRun;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HistoryWriter;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.planted.PlantedAgent;
import io.cordwood.chaos.planted.PlantedBug;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run is a good one where nothing is wrong; with a planted bug where that was found. */
class JudgementTest {
    private static final PlantedBug BUG = PlantedBug.ACK_BEFORE_FORCE;
    private static final Predicate<Event> NOTHING = event -> false;
    /** All that was acknowledged is lost then, and replicas are silent about it. */
    private static final Predicate<Event> THE_FINAL_READ = event -> event.what() instanceof Operation.FinalRead;

    @TempDir
    Path directory;

    private Optional<Results> results = Optional.empty();

    @BeforeEach
    void make() throws IOException {
        results = Optional.of(Results.in(directory));
    }

    @Test
    void cleanRunPassesAndOneWithAProblemDoesNot() throws IOException {
        write(NOTHING);

        assertThat(pass(Optional.empty(), false, List.of())).isTrue();
        assertThat(pass(Optional.empty(), false, List.of("node 1 ended by itself"))).isFalse();
    }

    @Test
    void plantedBugThatIsCaughtPasses() throws IOException {
        write(THE_FINAL_READ);
        reached();

        assertThat(pass(Optional.of(BUG), false, List.of())).isTrue();
        assertThat(pass(Optional.empty(), false, List.of())).isFalse();
    }

    @Test
    void plantedBugThatIsNotCaughtDoesNotPass() throws IOException {
        write(NOTHING);
        reached();

        assertThat(pass(Optional.of(BUG), false, List.of())).isFalse();
        // Something else is wrong.
        assertThat(pass(Optional.of(BUG), false, List.of("node 1 ended by itself")))
                .isFalse();
    }

    @Test
    void plantedBugThatWasNeverReachedDoesNotPass() throws IOException {
        write(THE_FINAL_READ);

        assertThat(pass(Optional.of(BUG), false, List.of())).isFalse();
    }

    @Test
    void faultsOfABugWithoutItPassWhereNothingIsWrong() throws IOException {
        write(NOTHING);

        assertThat(pass(Optional.of(BUG), true, List.of())).isTrue();
        assertThat(pass(Optional.of(BUG), true, List.of("node 1 ended by itself")))
                .isFalse();
    }

    private boolean pass(Optional<PlantedBug> bug, boolean control, List<String> problems) throws IOException {
        var options = new RunOptions(1, 7, 3, RunOptions.ALL_FAULTS, bug, control, directory);
        return new Judgement(options, results.orElseThrow(), problems).pass();
    }

    private void write(Predicate<Event> without) throws IOException {
        try (var writer = new HistoryWriter(results.orElseThrow().history())) {
            SimulatedRun.events(1).stream().filter(without.negate()).forEach(writer::write);
        }
    }

    private void reached() throws IOException {
        var logs = Files.createDirectories(directory.resolve("logs"));
        Files.writeString(logs.resolve("node-1.log"), PlantedAgent.reachedMessage(BUG) + "\n");
    }
}
