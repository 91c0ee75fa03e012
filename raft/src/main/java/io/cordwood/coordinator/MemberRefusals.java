package io.cordwood.coordinator;

import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;

/** What a coordinator refuses of members by what it knows of them. Pure functions. */
final class MemberRefusals {
    private MemberRefusals() {}

    static GroupRefusal unknown(MemberRef member) {
        return GroupRefusal.unknownMember(member.group(), member.memberId());
    }

    /** To who is no member, or of no group that there is. */
    static GroupRefusal stranger(MemberRef member, boolean groupExists) {
        return groupExists
                ? unknown(member)
                : new GroupRefusal(GroupReason.UNKNOWN_GROUP, "group", member.group(), "a group that exists");
    }

    static GroupRefusal fenced(MemberRef member) {
        return new GroupRefusal(
                GroupReason.FENCED_MEMBER, "stream of member", member.memberId(), "the only one: there is a newer one");
    }

    /** To who calls itself as another that is there. */
    static GroupRefusal duplicate(String instanceId, GroupMember holder) {
        return new GroupRefusal(
                GroupReason.DUPLICATE_INSTANCE_ID,
                "instance_id",
                instanceId,
                "unlike that of member " + holder.memberId() + ", which is connected");
    }

    static GroupRefusal unavailable(String what) {
        return new GroupRefusal(GroupReason.UNAVAILABLE, "coordinator", what, "asked again");
    }
}
