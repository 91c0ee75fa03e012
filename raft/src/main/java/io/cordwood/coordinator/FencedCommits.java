package io.cordwood.coordinator;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.PartitionId;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.BiPredicate;

/**
 * Members that lost a partition against their will: a commit of theirs was refused because the partition is
 * not their own any more, or they were not heard of for their session. Of each partition of a group the
 * newest one, for a while.
 *
 * <p>Invariants: no more than {@link #MAX} are kept. Nobody is among them who never had the partition, as far as
 * this leader has seen. What a member commits in a partition ends what was known against it there. A commit from
 * before a reset is none: the partition is the member's still.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class FencedCommits {
    /** Somebody who sees that records are processed twice has some minutes to ask why. */
    static final long KEPT_MILLIS = 300_000;

    static final int MAX = 10_000;

    /** So long a process may stand still and wake up to commit what it had begun. */
    private static final long HAD_KEPT_MILLIS = 3_600_000;

    private static final int MAX_HAD = 50_000;

    private final BiPredicate<MemberRef, PartitionId> owns;
    private final RecentMap<GroupPlace, Fenced> newest = new RecentMap<>(MAX, KEPT_MILLIS);

    /** Who had which partitions and has them no more. */
    private final RecentMap<Had, Boolean> had = new RecentMap<>(MAX_HAD, HAD_KEPT_MILLIS);

    /** @param owns whether a partition is a member's as of now */
    FencedCommits(BiPredicate<MemberRef, PartitionId> owns) {
        this.owns = owns;
    }

    private record Had(MemberRef member, PartitionId partition) {}

    private record Fenced(String memberId, GroupReason reason, boolean expired) {}

    /** @param now whose a group's partitions are after a change */
    void moved(ConsumerGroup before, Map<PartitionId, GroupPartition> now, long nowMillis) {
        before.membership().partitions().forEach((partition, held) -> {
            var next = now.get(partition);
            if (held.isOwned() && (next == null || !next.isOwnedBy(held.owner()))) {
                had.put(new Had(new MemberRef(before.name(), held.owner()), partition), true, nowMillis);
            }
        });
    }

    /** A member's session ended in which these partitions were its own; it may have wanted to commit meanwhile. */
    void expired(MemberRef member, List<PartitionId> partitions, long nowMillis) {
        var found = new Fenced(member.memberId(), GroupReason.UNKNOWN_MEMBER, true);
        partitions.stream()
                .map(partition -> new GroupPlace(member.group(), partition))
                .filter(place -> !isKnown(member, place, nowMillis))
                .forEach(place -> newest.put(place, found, nowMillis));
    }

    private boolean isKnown(MemberRef member, GroupPlace place, long nowMillis) {
        var known = newest.get(place, nowMillis);
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
        for (int number = 0; number < partitions.size(); number++) {
            var place = new GroupPlace(member.group(), partitions.get(number));
            var refusal = refusals.get(number);
            if (refusal == null) {
                committed(member, place, nowMillis);
            } else if (isFence(refusal.reason(), member, place.partition(), nowMillis)) {
                newest.put(place, new Fenced(member.memberId(), refusal.reason(), false), nowMillis);
            }
        }
    }

    private void committed(MemberRef member, GroupPlace place, long nowMillis) {
        var known = newest.get(place, nowMillis);
        if (known != null && known.memberId().equals(member.memberId())) {
            newest.remove(place);
        }
    }

    /** Not where it never was the member's: whoever makes ids or numbers up processes nothing twice. */
    private boolean isFence(GroupReason reason, MemberRef member, PartitionId partition, long nowMillis) {
        boolean lost = had.get(new Had(member, partition), nowMillis) != null;
        boolean owned = owns.test(member, partition);
        return (reason == GroupReason.NOT_OWNED && lost)
                // It may be being removed, and the partition its own until that is written.
                || (reason == GroupReason.UNKNOWN_MEMBER && (lost || owned))
                || (reason == GroupReason.FENCED_MEMBER && lost && !owned);
    }

    List<GroupStanding.Fenced> of(String group, long nowMillis) {
        return newest.all(nowMillis).entrySet().stream()
                .filter(entry -> entry.getKey().group().equals(group))
                .map(entry -> fenced(entry.getKey().partition(), entry.getValue(), nowMillis))
                .toList();
    }

    private static GroupStanding.Fenced fenced(PartitionId partition, RecentMap.Recent<Fenced> recent, long nowMillis) {
        var found = recent.value();
        return new GroupStanding.Fenced(
                partition, found.memberId(), found.reason(), found.expired(), nowMillis - recent.atMillis());
    }
}
