package io.cordwood.metadata;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The order of a group's members in which partitions are dealt out: those that joined first come first. No two members
 * have the same place, and who takes a member's place has it from then on.
 */
final class GroupOrder {
    private static final Comparator<GroupMember> JOINED =
            Comparator.comparingLong(GroupMember::joinedAt).thenComparingInt(GroupMember::joinedPlace);

    private GroupOrder() {}

    static List<GroupMember> of(Collection<GroupMember> members) {
        return members.stream().sorted(JOINED).toList();
    }
}
