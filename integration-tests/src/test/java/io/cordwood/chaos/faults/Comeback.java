package io.cordwood.chaos.faults;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/**
 * Waits for nodes that were started to be ready. One that is not within {@link #READY_MAX} breaks a promise; the time in which
 * other faults have a majority of the nodes does not count, for without one nobody comes back.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class Comeback {
    /** Many times what a start takes. */
    static final Duration READY_MAX = Duration.ofSeconds(60);

    /** So that those that wait for each other do not do so for ever. */
    static final Duration HELD_UP_MAX = READY_MAX.multipliedBy(3);

    static final Duration LOOK = Duration.ofSeconds(1);

    private final BiPredicate<Integer, Duration> awaitReady;
    private final IntPredicate runs;
    private final Predicate<Collection<Integer>> heldUp;

    /**
     * @param awaitReady whether a node is ready within the time
     * @param heldUp whether others than these nodes lack a majority
     */
    Comeback(BiPredicate<Integer, Duration> awaitReady, IntPredicate runs, Predicate<Collection<Integer>> heldUp) {
        this.awaitReady = awaitReady;
        this.runs = runs;
        this.heldUp = heldUp;
    }

    static Comeback of(ChaosCluster cluster, Claims claims) {
        int majority = cluster.nodeIds().size() / 2 + 1;
        return new Comeback(cluster::awaitReady, cluster::isRunning, nodes -> claims.takenBesides(nodes) >= majority);
    }

    /** Waits until they are, and says in words whether. */
    String of(List<Integer> nodes, Stage stage) {
        var late = nodes.stream().filter(node -> !isReady(node, nodes)).toList();
        if (late.isEmpty()) {
            return "ready";
        }
        var words = "not ready after " + READY_MAX.toSeconds() + " s: nodes " + late;
        stage.broken(words);
        return words;
    }

    /** @param together those that came back with it */
    boolean isReady(int node, Collection<Integer> together) {
        var left = READY_MAX;
        var held = Duration.ZERO;
        while (left.compareTo(Duration.ZERO) > 0) {
            if (awaitReady.test(node, LOOK)) {
                return true;
            }
            if (!runs.test(node)) {
                return false;
            }
            if (heldUp.test(together) && held.compareTo(HELD_UP_MAX) < 0) {
                held = held.plus(LOOK);
            } else {
                left = left.minus(LOOK);
            }
        }
        return false;
    }
}
