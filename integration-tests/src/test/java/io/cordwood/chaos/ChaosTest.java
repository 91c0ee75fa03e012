package io.cordwood.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.planted.PlantedBug;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ChaosTest {
    private static final int USAGE = CommandLine.ExitCode.USAGE;

    @Test
    void theOptionsOfARunAreThoseThatWereGiven() {
        var options = parsed("--minutes 3 --seed 17 --nodes 5 --faults kill,net --out results");

        assertThat(options.minutes()).isEqualTo(3);
        assertThat(options.seed()).isEqualTo(17);
        assertThat(options.out()).isEqualTo(Path.of("results").toAbsolutePath());
        assertThat(options.limit()).isEqualTo(Duration.ofSeconds(570));
        assertThat(options.commandLine())
                .isEqualTo("integration-tests/chaos/run --minutes 3 --seed 17 --nodes 5 --faults kill,net");
    }

    @Test
    void allElseHasADefault() {
        var options = parsed("");

        assertThat(options.minutes()).isEqualTo(10);
        assertThat(options.nodes()).isEqualTo(3);
        assertThat(options.planted()).isEmpty();
        assertThat(options.out()).hasFileName("seed-" + options.seed());
    }

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void aPlantedBugIsRunAgainBySayingItsName(PlantedBug bug) {
        var options = parsed("--seed 1 --planted " + bug.optionName());

        assertThat(options.planted()).contains(bug);
        assertThat(parsed(options.commandLine().substring("integration-tests/chaos/run ".length())))
                .isEqualTo(options);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--minutes 0",
                "--minutes 1441",
                "--minutes few",
                "--nodes 4",
                "--nodes 3 --faults move-replica",
                "--faults rain",
                "--planted nothing",
                "--planted ack-before-force --faults kill",
                "--unknown",
                "seven"
            })
    void badUsageIsSaid(String arguments) {
        var said = new StringWriter();
        var line = Chaos.commandLine(new Chaos()).setErr(new PrintWriter(said));

        assertThat(line.execute(arguments.split(" "))).isEqualTo(USAGE);
        assertThat(said.toString()).contains("Usage: run");
    }

    @Test
    void helpNamesEachBugThatCanBePlanted() {
        var said = new StringWriter();
        var line = Chaos.commandLine(new Chaos()).setOut(new PrintWriter(said));

        assertThat(line.execute("--help")).isZero();
        for (var bug : PlantedBug.values()) {
            assertThat(said.toString().replaceAll("\\s+", "")).contains(bug.optionName());
        }
    }

    private static RunOptions parsed(String arguments) {
        var chaos = new Chaos();
        var unused = Chaos.commandLine(chaos).parseArgs(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        return chaos.options();
    }
}
