package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.PartitionId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Commits that were refused because the partition is not the member's any more: of each partition of a
 * group the newest one, for a while.
 *
 * <p>Invariants: no more than {@link #MAX} are kept, and the oldest goes first. What a member commits in a
 * partition ends what was known against it there.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class FencedCommits {
    /** Somebody who sees that records are processed twice has some minutes to ask why. */
    static final long KEPT_MILLIS = 300_000;

    static final int MAX = 10_000;

    private final Map<Place, Refused> newest = new LinkedHashMap<>();

    private record Place(String group, PartitionId partition) {}

    private record Refused(String memberId, GroupReason reason, long atMillis) {}

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
            } else if (isFence(refusal.reason())) {
                add(member, partitions.get(place), refusal.reason(), nowMillis);
            }
        }
    }

    private static boolean isFence(GroupReason reason) {
        return reason == GroupReason.FENCED_MEMBER
                || reason == GroupReason.NOT_OWNED
                || reason == GroupReason.UNKNOWN_MEMBER;
    }

    private void add(MemberRef member, PartitionId partition, GroupReason reason, long nowMillis) {
        var place = new Place(member.group(), partition);
        newest.remove(place); // so that it comes last again
        newest.put(place, new Refused(member.memberId(), reason, nowMillis));
        if (newest.size() > MAX) {
            newest.remove(newest.keySet().iterator().next());
        }
    }

    List<GroupStanding.Fenced> of(String group, long nowMillis) {
        newest.values().removeIf(refused -> nowMillis - refused.atMillis() > KEPT_MILLIS);
        return newest.entrySet().stream()
                .filter(entry -> entry.getKey().group().equals(group))
                .map(entry -> fenced(entry.getKey().partition(), entry.getValue(), nowMillis))
                .toList();
    }

    private static GroupStanding.Fenced fenced(PartitionId partition, Refused refused, long nowMillis) {
        return new GroupStanding.Fenced(
                partition, refused.memberId(), refused.reason(), nowMillis - refused.atMillis());
    }
}
