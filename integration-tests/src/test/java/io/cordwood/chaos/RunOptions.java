package io.cordwood.chaos;

import io.cordwood.chaos.faults.FaultKind;
import io.cordwood.chaos.planted.PlantedBug;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a run was asked for.
 *
 * @param faults as they were named
 * @param planted a bug that the servers get
 * @param out takes the results
 */
record RunOptions(int minutes, long seed, int nodes, String faults, Optional<PlantedBug> planted, Path out) {
    static final String ALL_FAULTS = "all";
    static final int MINUTES_MAX = 24 * 60;

    /**
     * Whatever hangs: what a run may take beyond its minutes, and beyond half of them more to judge what
     * happened.
     */
    private static final Duration MORE = Duration.ofMinutes(5);

    RunOptions {
        require(
                1 <= minutes && minutes <= MINUTES_MAX,
                "--minutes is " + minutes + ", must be from 1 to " + MINUTES_MAX);
        require(nodes == 3 || nodes == 5, "--nodes is " + nodes + ", must be 3 or 5");
        require(
                planted.isEmpty() || faults.equals(ALL_FAULTS),
                "--faults and --planted: a planted bug brings the faults that make it show");
        var unused = FaultKind.parse(faults);
    }

    private static void require(boolean expected, String problem) {
        if (!expected) {
            throw new IllegalArgumentException(problem);
        }
    }

    Duration time() {
        return Duration.ofMinutes(minutes);
    }

    /** When everything has to be over. */
    Duration limit() {
        return time().plus(time().dividedBy(2)).plus(MORE);
    }

    /** What makes the same run again, as far as machines do the same again. */
    String commandLine() {
        return "integration-tests/chaos/run --minutes " + minutes + " --seed " + seed + " --nodes " + nodes
                + planted.map(bug -> " --planted " + bug.optionName())
                        .orElse(faults.equals(ALL_FAULTS) ? "" : " --faults " + faults);
    }
}
