package io.cordwood.chaos.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Draws faults with their targets, lengths and amounts. Faults of one window that stop nodes befall
 * different ones, as far as that is known before.
 *
 * <p><b>Thread:</b> one: each draw depends on those before.
 */
final class FaultDraw {
    private static final int SECOND_MILLIS = 1_000;
    /** The election timeout is at most 2 s. */
    private static final int BEYOND_ELECTION_MILLIS = 3_000;

    /** Ratis ends itself where its process stood still for a minute. */
    private static final int PAUSE_MAX_MILLIS = 55_000;

    /** One pause of so many may outlast its window. */
    private static final int LONG_PAUSES_ONE_OF = 6;

    /** Less than it takes a node to be dead for the others. */
    private static final int SHORT_MILLIS = 12_000;

    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final int HOUR_SECONDS = 3_600;

    private final SplittableRandom random;
    private final Compatibility rules;
    /** Whom the window's faults have not stopped yet, in an order by chance. */
    private final List<Integer> free = new ArrayList<>();

    FaultDraw(SplittableRandom random, Compatibility rules) {
        this.random = random;
        this.rules = rules;
    }

    /** So many kinds that go together, or fewer where there are not so many; begins a window. */
    List<FaultKind> kinds(Set<FaultKind> possible, int count) {
        free.clear();
        free.addAll(shuffled(IntStream.rangeClosed(1, rules.nodes()).boxed().toList()));
        var chosen = new ArrayList<FaultKind>();
        for (var kind : shuffled(possible.stream().sorted().toList())) {
            if (chosen.size() < count && rules.accepts(chosen, kind)) {
                chosen.add(kind);
            }
        }
        return chosen;
    }

    private <T> List<T> shuffled(List<T> all) {
        var copy = new ArrayList<>(all);
        Collections.shuffle(copy, new Random(random.nextLong()));
        return copy;
    }

    /** @param roomMillis until its window ends as it was drawn */
    Fault fault(FaultKind kind, long startMillis, long roomMillis, int luck) {
        return new Fault(kind, nodes(kind), startMillis, length(kind, (int) roomMillis), amount(kind), luck);
    }

    private List<Integer> nodes(FaultKind kind) {
        return switch (kind) {
            case KILL_LEADER, PAUSE_LEADER, KILL_DURING_CATCH_UP -> List.of();
            case KILL_ALL, POWER_LOSS_OF_ALL -> takeFree(rules.nodes());
            case POWER_LOSS_OF_TWO -> takeFree(2);
            case KILL_NODE, KILL_DURING_START, PAUSE_NODE, POWER_LOSS_OF_ONE, DISK_FULL, FILE_DAMAGE, REPLACE_NODE ->
                takeFree(1);
            case DELAY, STALL, ISOLATE, HALF_OPEN, RESET, BANDWIDTH, CUT_CLIENTS, CLOCK_STEP -> anyNodes(1);
            case ONE_WAY_CUT, SPLIT -> anyNodes(2);
            case TOPIC_CHANGE, MORE_PARTITIONS, LEADERSHIP_TRANSFER, MOVE_REPLICA, DROP_REPLICA -> List.of();
        };
    }

    private List<Integer> takeFree(int count) {
        var taken = free.subList(0, Math.min(count, free.size()));
        var nodes = taken.stream().sorted().toList();
        taken.clear();
        return nodes;
    }

    private List<Integer> anyNodes(int count) {
        var nodes = new HashSet<Integer>();
        var order = new ArrayList<Integer>();
        while (order.size() < count) {
            int node = 1 + random.nextInt(rules.nodes());
            if (nodes.add(node)) {
                order.add(node);
            }
        }
        return order;
    }

    private long length(FaultKind kind, int room) {
        return switch (kind) {
            case KILL_NODE -> between(500, rules.replacesTheDead() ? room : Math.min(room, SHORT_MILLIS));
            case KILL_LEADER, POWER_LOSS_OF_ONE, POWER_LOSS_OF_TWO -> between(500, Math.min(room, SHORT_MILLIS));
            case KILL_ALL, POWER_LOSS_OF_ALL -> between(100, 3_000);
            case KILL_DURING_START -> between(100, 3_000);
            case KILL_DURING_CATCH_UP, FILE_DAMAGE, REPLACE_NODE -> between(1_000, 4_000);
            case PAUSE_NODE -> pauseMillis(SECOND_MILLIS, room);
            case PAUSE_LEADER -> pauseMillis(BEYOND_ELECTION_MILLIS, room);
            case DELAY, BANDWIDTH, RESET, CLOCK_STEP -> between(5_000, room);
            case STALL, ONE_WAY_CUT, ISOLATE, HALF_OPEN, SPLIT, CUT_CLIENTS, DISK_FULL -> between(2_000, room);
            case TOPIC_CHANGE, MORE_PARTITIONS, LEADERSHIP_TRANSFER, MOVE_REPLICA, DROP_REPLICA ->
                between(1_000, Math.min(room, 8_000));
        };
    }

    private int pauseMillis(int least, int room) {
        return random.nextInt(LONG_PAUSES_ONE_OF) == 0 ? between(least, PAUSE_MAX_MILLIS) : between(least, room);
    }

    private long amount(FaultKind kind) {
        return switch (kind) {
            case DELAY -> between(5, 300);
            case BANDWIDTH -> between(20 * KIB, 500 * KIB);
            case RESET -> between(200, 2_000);
            case KILL_DURING_START -> between(500, 3_000);
            case KILL_DURING_CATCH_UP -> between(1, 1_500);
            // To the others all, from them, to one of them.
            case ONE_WAY_CUT -> random.nextInt(3);
            // Bytes that are left: below the floor, below half of it, none. With a mebibyte a node only refuses.
            case DISK_FULL -> List.of(24 * MIB, 12 * MIB, 0).get(random.nextInt(3));
            // Two hours at most: retention by time must not see days.
            case CLOCK_STEP -> between(-2 * HOUR_SECONDS, 2 * HOUR_SECONDS);
            case POWER_LOSS_OF_ONE, POWER_LOSS_OF_TWO, POWER_LOSS_OF_ALL -> random.nextInt(2);
            case KILL_NODE,
                    KILL_LEADER,
                    KILL_ALL,
                    PAUSE_NODE,
                    PAUSE_LEADER,
                    STALL,
                    ISOLATE,
                    HALF_OPEN,
                    SPLIT,
                    CUT_CLIENTS,
                    FILE_DAMAGE,
                    TOPIC_CHANGE,
                    MORE_PARTITIONS,
                    LEADERSHIP_TRANSFER,
                    MOVE_REPLICA,
                    DROP_REPLICA,
                    REPLACE_NODE -> 0;
        };
    }

    private int between(int least, int most) {
        return least + random.nextInt(Math.max(1, most - least));
    }
}
