package io.cordwood.chaos.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.bench.SteadyLoad;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class FollowerTest {
    private static FollowerPlan plan(String... arguments) {
        var all = new ArrayList<>(List.of("--work", "work", "--out", "out"));
        all.addAll(List.of(arguments));
        var follower = new Follower();
        new CommandLine(follower).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(all.toArray(String[]::new));
        return follower.plan();
    }

    @Test
    void withoutOptionsItIsTheLoadOfTheRequirement() {
        var plan = plan();

        assertThat(plan.stream()).isEqualTo(SteadyLoad.Stream.toAll("follower", 6, 2_000, 1_000));
        assertThat(plan.ailments()).containsExactly(Ailment.values());
        assertThat(plan.rounds()).isEqualTo(3);
        assertThat(plan.times().before()).isEqualTo(Duration.ofSeconds(60));
        assertThat(plan.times().fault()).isEqualTo(Duration.ofSeconds(30));
        assertThat(plan.slowness()).isEqualTo(new Slowness(100, 1_000_000));
    }

    @Test
    void someFaultsCanBeChosen() {
        assertThat(plan("--faults", "cut,Slow").ailments()).containsExactly(Ailment.CUT, Ailment.SLOW);
    }

    @Test
    void whatMakesNoSenseIsBadUsage() {
        for (var arguments : List.of(
                List.of("--rate", "5"),
                List.of("--rounds", "0"),
                List.of("--before-seconds", "0"),
                List.of("--fault-seconds", "51"),
                List.of("--settle-seconds", "-1"),
                List.of("--delay-ms", "-1"),
                List.of("--slow-bytes-per-second", "1"),
                List.of("--faults", "killed"))) {
            assertThatThrownBy(() -> plan(arguments.toArray(String[]::new)))
                    .as(arguments.toString())
                    .isInstanceOf(ParameterException.class);
        }
    }
}
