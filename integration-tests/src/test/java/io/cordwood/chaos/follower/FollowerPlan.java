package io.cordwood.chaos.follower;

import io.cordwood.bench.SteadyLoad;
import java.time.Duration;
import java.util.List;

/**
 * How a run goes.
 *
 * @param ailments of each round, one after the other
 */
record FollowerPlan(SteadyLoad.Stream stream, List<Ailment> ailments, int rounds, Times times, Slowness slowness) {
    /** Ratis closes the server of a node that paused for more than 60 s: raft.server.close.threshold. */
    static final Duration FAULT_MAX = Duration.ofSeconds(50);

    FollowerPlan {
        ailments = List.copyOf(ailments);
        if (rounds < 1 || ailments.isEmpty()) {
            throw new IllegalArgumentException(rounds + " rounds of " + ailments + ", must be at least one of each");
        }
    }

    /**
     * How long each part takes.
     *
     * @param warmUp before all else
     * @param settle from when all is as it should be, and the node leads nothing, until {@code before}
     * @param before what the fault is compared with
     */
    record Times(Duration warmUp, Duration settle, Duration before, Duration fault) {
        Times {
            if (warmUp.isNegative() || settle.isNegative() || before.toSeconds() < 1) {
                throw new IllegalArgumentException("warm-up " + warmUp + " and settle " + settle
                        + ", must not be negative, and " + before + " before a fault, must be at least 1 s");
            }
            if (fault.toSeconds() < 1 || fault.compareTo(FAULT_MAX) > 0) {
                throw new IllegalArgumentException(
                        "a fault of " + fault.toSeconds() + " s, must be from 1 to " + FAULT_MAX.toSeconds());
            }
        }
    }
}
