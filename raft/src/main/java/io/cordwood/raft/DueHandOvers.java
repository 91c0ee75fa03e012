package io.cordwood.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Says which groups a node hands over now to the nodes that should lead them.
 *
 * <p>New groups, which nobody uses yet, at once. Groups in use one after the other, and only to a node that has answered
 * and been close behind for a while in all groups that it shall take from here. A hand-over is an election: many at
 * once share the processors of a node that may just have started, and each takes as long as all together. Nor do those
 * that a node did not take in time follow each other: it is left alone for a while.
 *
 * <p>Thread: one.
 */
final class DueHandOvers {
    static final long MAX_LAG_ENTRIES = 64;
    static final int MAX_NEW = 8;

    private final long steadyNanos;
    private final long pauseNanos;
    private final Map<UUID, Long> triedNanos = new HashMap<>();
    private final Map<Integer, Long> closeSinceNanos = new HashMap<>();
    private final Map<Integer, Long> refusedNanos = new HashMap<>();

    /**
     * A group that this node leads and another one should.
     *
     * @param isNew whether nobody has used it yet
     * @param answers whether that node does
     * @param behind raft entries that it has not confirmed
     * @param mostBehind raft entries that the last of all members has not confirmed
     */
    record Wanted(UUID group, int to, boolean isNew, boolean answers, long behind, long mostBehind) {
        private boolean isClose() {
            return answers && behind <= MAX_LAG_ENTRIES;
        }
    }

    /**
     * @param steady how long a node must have been close behind
     * @param pause before a group is tried again, and before a node that did not take one is asked to take another
     */
    DueHandOvers(Duration steady, Duration pause) {
        steadyNanos = steady.toNanos();
        pauseNanos = pause.toNanos();
    }

    /** Of all that are wanted now, those that are due; they count as tried. */
    List<Wanted> next(List<Wanted> wanted, boolean isOneUnderWay, long now) {
        triedNanos.keySet().retainAll(wanted.stream().map(Wanted::group).collect(Collectors.toSet()));
        look(wanted, now);
        var due = new ArrayList<>(wanted.stream()
                .filter(each -> each.isNew() && each.answers() && each.mostBehind() == 0)
                .filter(each -> !triedLately(each, now))
                .limit(MAX_NEW)
                .toList());
        if (!isOneUnderWay) {
            inUse(wanted, now).ifPresent(due::add);
        }
        due.forEach(each -> triedNanos.put(each.group(), now));
        return due;
    }

    /** A group in use was not taken in time. */
    void refused(int node, long now) {
        refusedNanos.put(node, now);
    }

    private void look(List<Wanted> wanted, long now) {
        Set<Integer> close = new HashSet<>();
        wanted.stream().filter(each -> !each.isNew()).forEach(each -> close.add(each.to()));
        wanted.stream().filter(each -> !each.isNew() && !each.isClose()).forEach(each -> close.remove(each.to()));
        closeSinceNanos.keySet().retainAll(close);
        close.forEach(node -> closeSinceNanos.putIfAbsent(node, now));
    }

    private Optional<Wanted> inUse(List<Wanted> wanted, long now) {
        return wanted.stream()
                .filter(each -> !each.isNew() && each.mostBehind() <= MAX_LAG_ENTRIES)
                .filter(each -> isSteady(each.to(), now) && !triedLately(each, now))
                .findFirst();
    }

    private boolean isSteady(int node, long now) {
        var since = closeSinceNanos.get(node);
        var refused = refusedNanos.get(node);
        return since != null && now - since >= steadyNanos && (refused == null || now - refused >= pauseNanos);
    }

    private boolean triedLately(Wanted wanted, long now) {
        var tried = triedNanos.get(wanted.group());
        return tried != null && now - tried < pauseNanos;
    }
}
