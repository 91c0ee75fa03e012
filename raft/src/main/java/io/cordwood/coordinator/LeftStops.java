package io.cordwood.coordinator;

import io.cordwood.metadata.CommittedOffset;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.MetadataImage;
import java.util.List;
import java.util.Optional;

/**
 * Where members had stopped that are none any more, as one that gives up over a record leaves: of each partition of a
 * group the newest, for a while.
 *
 * <p>Invariants: no more than {@link #MAX} are kept. A commit or a reset there ends it.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class LeftStops {
    /** A text comes with each, and all of them fit into one answer. */
    static final int MAX = 5_000;

    private final RecentMap<GroupPlace, Left> newest = new RecentMap<>(MAX, FencedCommits.KEPT_MILLIS);

    /** @param committed of the group, as the member left it */
    private record Left(
            String memberId,
            String memberName,
            String host,
            MemberProgress progress,
            Optional<CommittedOffset> committed) {}

    /**
     * A member is none any more.
     *
     * @param before its group while it was one
     * @param image that shows it no more
     */
    void left(Session session, ConsumerGroup before, MetadataImage image, long nowMillis) {
        var member = session.member();
        var known = before.membership().member(member.memberId()).orElseThrow();
        for (MemberProgress progress : session.held()) {
            var place = new GroupPlace(member.group(), progress.partition());
            var committed = at(place, image);
            if (progress.stop().isPresent()
                    && Ownership.owns(before, member, progress.partition())
                    && stopsStill(progress, committed)) {
                newest.put(
                        place,
                        new Left(member.memberId(), known.name(), known.clientHost(), progress, committed),
                        nowMillis);
            }
        }
    }

    /** Otherwise the group went on there, and what the member said is older. */
    private static boolean stopsStill(MemberProgress progress, Optional<CommittedOffset> committed) {
        return committed.filter(at -> at.offset() > progress.offset()).isEmpty();
    }

    private static Optional<CommittedOffset> at(GroupPlace place, MetadataImage image) {
        return image.groups().group(place.group()).flatMap(group -> group.offset(place.partition()));
    }

    List<GroupStanding.Left> of(MetadataImage image, String group, long nowMillis) {
        return newest.all(nowMillis).entrySet().stream()
                .filter(entry -> entry.getKey().group().equals(group))
                .filter(entry -> entry.getValue().value().committed().equals(at(entry.getKey(), image)))
                .map(entry -> left(
                        entry.getValue().value(), nowMillis - entry.getValue().atMillis()))
                .toList();
    }

    private static GroupStanding.Left left(Left left, long agoMillis) {
        return new GroupStanding.Left(left.memberId(), left.memberName(), left.host(), left.progress(), agoMillis);
    }
}
