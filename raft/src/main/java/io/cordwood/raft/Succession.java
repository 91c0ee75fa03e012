package io.cordwood.raft;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * In which order the members of a group that is left without its leader stand for election. Those whose log
 * reaches furthest, and nobody else: who has less than any other one, be it one that may not lead, is not
 * elected, and the term that it costs ends the attempt of all. Among those that may lead a number made of
 * group and node decides, so that the groups of a node spread over the others.
 *
 * <p>Invariant: members that know the same ends have the same order.
 *
 * <p>Thread: any, stateless.
 *
 * <p>Source: of the number, the last step of SplitMix64.
 */
final class Succession {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    /**
     * Where a member's log ends.
     *
     * @param mayLead whether it is one that shall lead
     */
    record End(TermIndex last, boolean mayLead) {}

    private Succession() {}

    /**
     * The place of a node, from 0; empty where it does not stand.
     *
     * @param ends of those that are known, by node id
     */
    static OptionalInt rank(UUID group, int node, Map<Integer, End> ends) {
        var furthest = ends.values().stream().map(End::last).max(Comparator.naturalOrder());
        var standing = ends.entrySet().stream()
                .filter(end -> end.getValue().mayLead())
                .filter(end -> furthest.equals(Optional.of(end.getValue().last())))
                .map(Map.Entry::getKey)
                .toList();
        if (!standing.contains(node)) {
            return OptionalInt.empty();
        }
        var order =
                Comparator.<Integer>comparingLong(each -> weight(group, each)).thenComparing(Comparator.naturalOrder());
        return OptionalInt.of((int)
                standing.stream().filter(each -> order.compare(each, node) < 0).count());
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
