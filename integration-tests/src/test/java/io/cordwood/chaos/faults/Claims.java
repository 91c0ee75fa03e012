package io.cordwood.chaos.faults;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which nodes a fault has for itself: two that stop and start the same process would undo each other.
 *
 * <p><b>Thread:</b> any; the monitor guards who has what.
 */
final class Claims {
    private final Set<Integer> taken = new HashSet<>();
    private boolean alone;

    /** Runs the body with these nodes; false, and nothing is run, where another fault has one. */
    boolean with(Collection<Integer> nodes, Runnable body) {
        if (!take(nodes)) {
            return false;
        }
        try {
            body.run();
        } finally {
            release(nodes);
        }
        return true;
    }

    /** The same, while no other fault has any node. */
    boolean alone(int node, Runnable body) {
        if (!takeAlone(node)) {
            return false;
        }
        try {
            body.run();
        } finally {
            release(List.of(node));
        }
        return true;
    }

    /** How many nodes other faults have than the one that has these. */
    synchronized int takenBesides(Collection<Integer> nodes) {
        return (int) taken.stream().filter(node -> !nodes.contains(node)).count();
    }

    private synchronized boolean take(Collection<Integer> nodes) {
        if (alone || nodes.stream().anyMatch(taken::contains)) {
            return false;
        }
        taken.addAll(nodes);
        return true;
    }

    private synchronized boolean takeAlone(int node) {
        if (!taken.isEmpty()) {
            return false;
        }
        taken.add(node);
        alone = true;
        return true;
    }

    private synchronized void release(Collection<Integer> nodes) {
        taken.removeAll(nodes);
        alone = false;
    }
}
