package io.cordwood.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.check.SimulatedRun;
import io.cordwood.chaos.history.HistoryWriter;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.planted.PlantedAgent;
import io.cordwood.chaos.planted.PlantedBug;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run is a good one where nothing is wrong; with a planted bug where that was found. */
class JudgementTest {
    private static final PlantedBug BUG = PlantedBug.ACK_BEFORE_FORCE;

    @TempDir
    Path directory;

    private Optional<Results> results = Optional.empty();

    @BeforeEach
    void make() throws IOException {
        results = Optional.of(Results.in(directory));
    }

    @Test
    void cleanRunPassesAndOneWithAProblemDoesNot() throws IOException {
        write(true);

        assertThat(pass(Optional.empty(), false, List.of())).isTrue();
        assertThat(pass(Optional.empty(), false, List.of("node 1 ended by itself")))
                .isFalse();
    }

    @Test
    void plantedBugThatIsCaughtPasses() throws IOException {
        write(false);
        reached();

        assertThat(pass(Optional.of(BUG), false, List.of())).isTrue();
        assertThat(pass(Optional.empty(), false, List.of())).isFalse();
    }

    @Test
    void plantedBugThatIsNotCaughtDoesNotPass() throws IOException {
        write(true);
        reached();

        assertThat(pass(Optional.of(BUG), false, List.of())).isFalse();
        // Something else is wrong.
        assertThat(pass(Optional.of(BUG), false, List.of("node 1 ended by itself")))
                .isFalse();
    }

    @Test
    void plantedBugThatWasNeverReachedDoesNotPass() throws IOException {
        write(false);

        assertThat(pass(Optional.of(BUG), false, List.of())).isFalse();
    }

    @Test
    void faultsOfABugWithoutItPassWhereNothingIsWrong() throws IOException {
        write(true);

        assertThat(pass(Optional.of(BUG), true, List.of())).isTrue();
        assertThat(pass(Optional.of(BUG), true, List.of("node 1 ended by itself")))
                .isFalse();
    }

    private boolean pass(Optional<PlantedBug> bug, boolean control, List<String> problems) throws IOException {
        var options = new RunOptions(1, 7, 3, RunOptions.ALL_FAULTS, bug, control, directory);
        return new Judgement(options, results.orElseThrow(), problems, List.of()).pass();
    }

    /** @param whole without its final read all that was acknowledged is lost */
    private void write(boolean whole) throws IOException {
        try (var writer = new HistoryWriter(results.orElseThrow().history())) {
            SimulatedRun.events(1).stream()
                    .filter(event -> whole || !(event.what() instanceof Operation.FinalRead))
                    .forEach(writer::write);
        }
    }

    private void reached() throws IOException {
        var logs = Files.createDirectories(directory.resolve("logs"));
        Files.writeString(logs.resolve("node-1.log"), PlantedAgent.reachedMessage(BUG) + "\n");
    }
}
