package io.cordwood.metadata;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The order of a group's members in which partitions are dealt out: those that joined first come first. */
final class GroupOrder {
    private static final Comparator<GroupMember> JOINED =
            Comparator.comparingLong(GroupMember::joinedAt).thenComparing(GroupMember::memberId);

    private GroupOrder() {}

    static List<GroupMember> of(Collection<GroupMember> members) {
        return members.stream().sorted(JOINED).toList();
    }
}
