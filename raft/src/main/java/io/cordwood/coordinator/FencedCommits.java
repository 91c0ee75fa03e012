package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.PartitionId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.BiPredicate;

/**
 * Members that lost a partition against their will: a commit of theirs was refused because the partition is
 * not their own any more, or they were not heard of for their session. Of each partition of a group the
 * newest one, for a while.
 *
 * <p>Invariants: no more than {@link #MAX} are kept, and the oldest goes first. What a member commits in a
 * partition ends what was known against it there. A commit from before a reset is none: the partition is the
 * member's still.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class FencedCommits {
    /** Somebody who sees that records are processed twice has some minutes to ask why. */
    static final long KEPT_MILLIS = 300_000;

    static final int MAX = 10_000;

    private final BiPredicate<MemberRef, PartitionId> owns;
    private final Map<Place, Fenced> newest = new LinkedHashMap<>();

    /** @param owns whether a partition is a member's as of now */
    FencedCommits(BiPredicate<MemberRef, PartitionId> owns) {
        this.owns = owns;
    }

    private record Place(String group, PartitionId partition) {}

    private record Fenced(String memberId, GroupReason reason, boolean expired, long atMillis) {}

    /** A member's session ended in which these partitions were its own; it may have wanted to commit meanwhile. */
    void expired(MemberRef member, List<PartitionId> partitions, long nowMillis) {
        var found = new Fenced(member.memberId(), GroupReason.UNKNOWN_MEMBER, true, nowMillis);
        partitions.stream()
                .filter(partition -> !isKnown(member, partition))
                .forEach(partition -> add(member, partition, found));
    }

    private boolean isKnown(MemberRef member, PartitionId partition) {
        var known = newest.get(new Place(member.group(), partition));
        return known != null
                && known.reason() == GroupReason.UNKNOWN_MEMBER
                && known.memberId().equals(member.memberId());
    }

    /** What became of a member's commit; by their places in the request what was refused. */
    void judged(
            MemberRef member, List<PartitionId> partitions, SortedMap<Integer, GroupRefusal> refusals, long nowMillis) {
        if (newest.isEmpty() && refusals.isEmpty()) {
            return; // as it mostly is, and commits are many
        }
        for (int place = 0; place < partitions.size(); place++) {
            var refusal = refusals.get(place);
            if (refusal == null) {
                newest.computeIfPresent(
                        new Place(member.group(), partitions.get(place)),
                        (at, before) -> before.memberId().equals(member.memberId()) ? null : before);
            } else if (isFence(refusal.reason(), member, partitions.get(place))) {
                var found = new Fenced(member.memberId(), refusal.reason(), false, nowMillis);
                add(member, partitions.get(place), found);
            }
        }
    }

    private boolean isFence(GroupReason reason, MemberRef member, PartitionId partition) {
        return reason == GroupReason.NOT_OWNED
                || reason == GroupReason.UNKNOWN_MEMBER
                || (reason == GroupReason.FENCED_MEMBER && !owns.test(member, partition));
    }

    private void add(MemberRef member, PartitionId partition, Fenced found) {
        var place = new Place(member.group(), partition);
        newest.remove(place); // so that it comes last again
        newest.put(place, found);
        if (newest.size() > MAX) {
            newest.remove(newest.keySet().iterator().next());
        }
    }

    List<GroupStanding.Fenced> of(String group, long nowMillis) {
        newest.values().removeIf(found -> nowMillis - found.atMillis() > KEPT_MILLIS);
        return newest.entrySet().stream()
                .filter(entry -> entry.getKey().group().equals(group))
                .map(entry -> fenced(entry.getKey().partition(), entry.getValue(), nowMillis))
                .toList();
    }

    private static GroupStanding.Fenced fenced(PartitionId partition, Fenced found, long nowMillis) {
        return new GroupStanding.Fenced(
                partition, found.memberId(), found.reason(), found.expired(), nowMillis - found.atMillis());
    }
}
