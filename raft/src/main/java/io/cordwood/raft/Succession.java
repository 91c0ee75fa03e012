package io.cordwood.raft;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * In which order the members of a group that is left without its leader stand for election. Those whose log
 * reaches furthest, and nobody else: who has less is not elected, and the term that it costs ends the attempt
 * of all. Among them a number made of group and node decides, so that the groups of a node spread over
 * the others.
 *
 * <p>Invariant: members that know the same ends have the same order.
 *
 * <p>Thread: any, stateless.
 *
 * <p>Source: of the number, the last step of SplitMix64.
 */
final class Succession {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private Succession() {}

    /**
     * The place of a node, from 0; empty where it does not stand.
     *
     * @param ends the last entries of those that may lead, by node id
     */
    static OptionalInt rank(UUID group, int node, Map<Integer, TermIndex> ends) {
        var own = ends.get(node);
        var furthest = ends.values().stream().max(Comparator.naturalOrder());
        if (own == null || !furthest.equals(Optional.of(own))) {
            return OptionalInt.empty();
        }
        var order =
                Comparator.<Integer>comparingLong(each -> weight(group, each)).thenComparing(Comparator.naturalOrder());
        return OptionalInt.of((int) ends.entrySet().stream()
                .filter(end -> end.getValue().equals(own))
                .filter(end -> order.compare(end.getKey(), node) < 0)
                .count());
    }

    private static long weight(UUID group, int node) {
        return mix(group.getMostSignificantBits() ^ mix(group.getLeastSignificantBits() + node * GAMMA));
    }

    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
