package io.cordwood.server.partition;

import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Why a partition has no leader, where that is not over in a moment: fewer than a majority of its replicas
 * are there. Whoever waits must know for which nodes.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param replicas nodes that should have one
 * @param lost those of them that have none: damaged and set aside, or being made anew
 * @param silent those that do not answer, of which nothing else is known
 */
public record SoundReplicas(SortedSet<Integer> replicas, SortedSet<Integer> lost, SortedSet<Integer> silent) {
    public SoundReplicas {
        replicas = new TreeSet<>(replicas);
        lost = new TreeSet<>(lost);
        silent = new TreeSet<>(silent);
        silent.retainAll(replicas);
        silent.removeAll(lost);
        lost.retainAll(replicas);
    }

    /** Empty where a majority is there: then a leader is elected soon. */
    public Optional<String> tooFew() {
        int sound = replicas.size() - lost.size() - silent.size();
        int majority = replicas.size() / 2 + 1;
        return sound >= majority
                ? Optional.empty()
                : Optional.of(sound + " of " + replicas.size() + " replicas sound, majority is " + majority
                        + named(lost, "lost, see the logs there") + named(silent, "silent"));
    }

    private static String named(Collection<Integer> nodes, String what) {
        var ids = nodes.stream().map(id -> Integer.toString(id)).collect(Collectors.joining(", "));
        return nodes.isEmpty() ? "" : "; " + (nodes.size() == 1 ? "node " : "nodes ") + ids + " " + what;
    }
}
