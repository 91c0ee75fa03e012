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
        assertThat(options.limit()).isEqualTo(Duration.ofSeconds(1039));
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

    @Test
    void moreMinutesThanTheHeapTakesAreSaid() {
        assertThat(parsed("--minutes 10").lackOfHeap(1000L << 20)).isEmpty();
        assertThat(parsed("--minutes 11").lackOfHeap(1000L << 20))
                .get()
                .asString()
                .contains("CORDWOOD_CHAOS_OPTS=-Xmx1100m");
    }

    @Test
    void theFaultsOfABugGoWithoutIt() {
        var options = parsed("--seed 1 --profile ack-before-force");

        assertThat(options.planted()).contains(PlantedBug.ACK_BEFORE_FORCE);
        assertThat(options.bug()).isEmpty();
        assertThat(options.commandLine()).endsWith(" --profile ack-before-force");
        assertThat(parsed("--planted ack-before-force").bug()).contains(PlantedBug.ACK_BEFORE_FORCE);
    }

    /** The script that runs all of them, and each one's faults without it. */
    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void theScriptOfPlantedBugsHasEach(PlantedBug bug) {
        assertThat(Path.of("chaos/planted")).content().contains(bug.optionName());
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
                "--profile ack-before-force --faults kill",
                "--planted ack-before-force --profile ack-before-force",
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
