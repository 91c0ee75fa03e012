package io.cordwood.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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
 * once share the processors of a node that may just have started, and each takes as long as all together. A node that
 * did not take one in time is left alone for a while, twice as long each time, and is asked for those first that were
 * not tried yet.
 *
 * <p>Thread: one.
 */
final class DueHandOvers {
    static final long MAX_LAG_ENTRIES = 64;
    static final int MAX_NEW = 8;
    /** After the first refusal in a row: it may just have had too much to do. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(5);

    private final long steadyNanos;
    private final long pauseNanos;
    private final Map<UUID, Long> triedNanos = new HashMap<>();
    private final Map<Integer, Long> closeSinceNanos = new HashMap<>();
    private final Map<Integer, Refusals> refusals = new HashMap<>();

    /** Those of a node in a row: each soon after the one before, and no group taken in between. */
    private record Refusals(long lastNanos, long pauseNanos) {}

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
     * @param pause before a new group is tried again, and the longest before a node that did not take one is asked again
     */
    DueHandOvers(Duration steady, Duration pause) {
        steadyNanos = steady.toNanos();
        pauseNanos = pause.toNanos();
    }

    /** Of all that are wanted now, those that are due; they count as tried. */
    List<Wanted> next(List<Wanted> wanted, boolean isOneUnderWay, long now) {
        forget(wanted, now);
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

    /** A group that nobody leads for a moment, as after a hand-over that failed, is still one that was tried. */
    private void forget(List<Wanted> wanted, long now) {
        var groups = wanted.stream().map(Wanted::group).collect(Collectors.toSet());
        triedNanos
                .entrySet()
                .removeIf(tried -> !groups.contains(tried.getKey()) && now - tried.getValue() >= pauseNanos);
    }

    /** A group in use was not taken in time. */
    void refused(int node, long now) {
        var before = refusals.get(node);
        long pause = before == null || now - before.lastNanos() >= 2 * pauseNanos
                ? FIRST_PAUSE.toNanos()
                : 2 * before.pauseNanos();
        refusals.put(node, new Refusals(now, Math.min(pause, pauseNanos)));
    }

    /** A group in use was taken. */
    void taken(int node) {
        refusals.remove(node);
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
                .filter(each -> isSteady(each.to(), now) && !refusedLately(each.to(), now))
                .max(Comparator.comparingLong(each -> sinceTried(each, now)));
    }

    private boolean isSteady(int node, long now) {
        var since = closeSinceNanos.get(node);
        return since != null && now - since >= steadyNanos;
    }

    private boolean refusedLately(int node, long now) {
        var last = refusals.get(node);
        return last != null && now - last.lastNanos() < last.pauseNanos();
    }

    private boolean triedLately(Wanted wanted, long now) {
        return sinceTried(wanted, now) < pauseNanos;
    }

    private long sinceTried(Wanted wanted, long now) {
        var tried = triedNanos.get(wanted.group());
        return tried == null ? Long.MAX_VALUE : now - tried;
    }
}
