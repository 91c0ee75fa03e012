package io.cordwood.chaos.faults;

import io.cordwood.chaos.faults.FaultKind.Effect;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which faults may be there together, so that a run stays within what Cordwood promises: a minority of the
 * replicas loses what it forced, and only while all others are sound and up.
 *
 * <p>What the schedule cannot know, such as how long a replica takes to be rebuilt, is asked again when a
 * fault begins: {@link #refusal}.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param nodes of the cluster
 */
record Compatibility(int nodes) {
    static final int REPLICAS = 3;
    private static final int NODES_TO_SPLIT = 5;

    Compatibility {
        if (nodes < REPLICAS) {
            throw new IllegalArgumentException(nodes + " nodes: at least " + REPLICAS);
        }
    }

    /** Those of these kinds that this cluster can suffer, on some machine. */
    Set<FaultKind> suitable(Collection<FaultKind> kinds) {
        var suitable = EnumSet.noneOf(FaultKind.class);
        kinds.stream().filter(this::suits).forEach(suitable::add);
        return suitable;
    }

    /** Those of them that it can suffer on this machine. */
    Set<FaultKind> possible(Collection<FaultKind> kinds, Equipment equipment) {
        var possible = suitable(kinds);
        possible.removeIf(kind -> !isPossible(kind, equipment));
        return possible;
    }

    private boolean suits(FaultKind kind) {
        return (kind != FaultKind.SPLIT || nodes >= NODES_TO_SPLIT)
                && (kind != FaultKind.MOVE_REPLICA || nodes > REPLICAS);
    }

    /** Whether the machine has the means. */
    static boolean isPossible(FaultKind kind, Equipment equipment) {
        return (!kind.needsDisk() || equipment.disks())
                && (kind != FaultKind.CLOCK_STEP || equipment.clock().isPresent());
    }

    /** Whether a node that is away for long loses its replicas to others. */
    boolean replacesTheDead() {
        return nodes > REPLICAS;
    }

    /** Whether one more kind may join those that a window has already. */
    boolean accepts(Collection<FaultKind> chosen, FaultKind next) {
        int minority = (nodes - 1) / 2;
        long down = chosen.stream().filter(Compatibility::takesOneNode).count();
        return chosen.stream().allMatch(kind -> goTogether(kind, next)) && (!takesOneNode(next) || down < minority);
    }

    /** Only {@link Effect#MANY_DOWN} takes a majority away. */
    private static boolean takesOneNode(FaultKind kind) {
        return kind.effect() == Effect.ONE_DOWN || kind.effect() == Effect.FULL;
    }

    static boolean goTogether(FaultKind one, FaultKind other) {
        return one != other && tolerates(one.effect(), other.effect()) && tolerates(other.effect(), one.effect());
    }

    private static boolean tolerates(Effect effect, Effect other) {
        return switch (effect) {
            // Whoever else has the newest records must be there, and nobody may leave meanwhile.
            case LOSS -> other == Effect.SLOW || other == Effect.CHANGE || other == Effect.CLOCK;
            // They want the same nodes.
            case MANY_DOWN -> other != Effect.ONE_DOWN && other != Effect.MANY_DOWN && other != Effect.FULL;
            // Two cuts may be one that leaves no majority, for no other reason than that they met.
            case CUT -> other != Effect.CUT;
            case MEMBERS -> other != Effect.MEMBERS;
            case ONE_DOWN, SLOW, FULL, CLOCK, CHANGE -> true;
        };
    }

    /** Whether what {@link #refusal} is told counts for this kind. */
    static boolean asksForWholeness(FaultKind kind) {
        return kind.effect() == Effect.LOSS || kind.effect() == Effect.MEMBERS;
    }

    /**
     * Why a fault must not begin now, whatever the schedule says.
     *
     * @param problems of the cluster as it is, empty where it is whole
     */
    static Optional<String> refusal(FaultKind kind, List<String> problems) {
        return asksForWholeness(kind) && !problems.isEmpty()
                ? Optional.of("the cluster is not whole: " + problems.get(0))
                : Optional.empty();
    }
}
