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
 * @param planted a bug whose faults befall the servers
 * @param control whether the servers do without the bug itself: then nothing may be found
 * @param out takes the results
 */
record RunOptions(
        int minutes, long seed, int nodes, String faults, Optional<PlantedBug> planted, boolean control, Path out) {
    static final String ALL_FAULTS = "all";
    static final int MINUTES_MAX = 24 * 60;
    private static final long MIB = 1L << 20;
    private static final long HEAP_BYTES_PER_MINUTE = 100 * MIB;

    RunOptions {
        require(
                1 <= minutes && minutes <= MINUTES_MAX,
                "--minutes is " + minutes + ", must be from 1 to " + MINUTES_MAX);
        require(nodes == 3 || nodes == 5, "--nodes is " + nodes + ", must be 3 or 5");
        require(
                planted.isEmpty() || faults.equals(ALL_FAULTS),
                "--faults and --planted or --profile: a planted bug brings the faults that make it show");
        var unused = FaultKind.parse(faults);
    }

    private static void require(boolean expected, String problem) {
        if (!expected) {
            throw new IllegalArgumentException(problem);
        }
    }

    /** The bug that the servers have. */
    Optional<PlantedBug> bug() {
        return control ? Optional.empty() : planted;
    }

    Duration time() {
        return Duration.ofMinutes(minutes);
    }

    /** Where this is more than the driver may use, what happened cannot be judged in the end; said before it begins. */
    Optional<String> lackOfHeap(long maxBytes) {
        long needed = HEAP_BYTES_PER_MINUTE * minutes;
        return needed <= maxBytes
                ? Optional.empty()
                : Optional.of("to judge " + minutes + " minutes the driver may need some " + needed / MIB
                        + " MiB of heap, and it has at most " + maxBytes / MIB + ": CORDWOOD_CHAOS_OPTS=-Xmx"
                        + needed / MIB + "m");
    }

    /** When everything has to be over, whatever hangs. */
    Duration limit() {
        return ChaosRun.limit(time());
    }

    /** What makes the same run again, as far as machines do the same again. */
    String commandLine() {
        return "integration-tests/chaos/run --minutes " + minutes + " --seed " + seed + " --nodes " + nodes
                + planted.map(bug -> (control ? " --profile " : " --planted ") + bug.optionName())
                        .orElse(faults.equals(ALL_FAULTS) ? "" : " --faults " + faults);
    }
}
