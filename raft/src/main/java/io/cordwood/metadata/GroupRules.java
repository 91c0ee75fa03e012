package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.DeleteGroup;
import io.cordwood.metadata.GroupCommand.DeleteOffsets;
import io.cordwood.metadata.GroupCommand.ExpireGroups;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.RefreshGroups;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import io.cordwood.metadata.GroupCommand.RemoveMembers;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import java.util.List;
import java.util.Optional;

/** What becomes of the consumer groups with a command. Pure functions. */
final class GroupRules {
    private GroupRules() {}

    /** @param image at the raft index of the command */
    static GroupChange apply(GroupCommand command, MetadataImage image) {
        if (command instanceof JoinGroups join) {
            return new MembershipRules(image).join(join);
        } else if (command instanceof RemoveMembers remove) {
            return new MembershipRules(image).remove(remove);
        } else if (command instanceof ReleasePartitions release) {
            return new MembershipRules(image).release(release);
        } else if (command instanceof RefreshGroups refresh) {
            return new MembershipRules(image).refresh(refresh);
        } else if (command instanceof CommitOffsets commit) {
            return new CommitRules(image).commit(commit);
        } else if (command instanceof ResetOffsets reset) {
            return OffsetRules.reset(reset, image);
        } else if (command instanceof DeleteOffsets delete) {
            return OffsetRules.delete(delete, image);
        } else if (command instanceof DeleteGroup delete) {
            return deleteGroup(delete, image);
        } else if (command instanceof ExpireGroups expire) {
            return expire(expire, image);
        }
        throw new IllegalStateException("no rule for " + command.getClass());
    }

    private static GroupChange deleteGroup(DeleteGroup delete, MetadataImage image) {
        var active = image.groups().group(delete.group()).flatMap(GroupRules::checkInactive);
        return active.isPresent()
                ? GroupChange.refused(image.groups(), active.get())
                : GroupChange.of(image.groups().without(List.of(delete.group())));
    }

    private static GroupChange expire(ExpireGroups expire, MetadataImage image) {
        var expired = expire.groups().stream()
                .flatMap(name -> image.groups().group(name).stream())
                .filter(group -> !group.isActive() && group.emptySinceMillis() <= expire.emptyUntilMillis())
                .map(ConsumerGroup::name)
                .toList();
        return GroupChange.of(image.groups().without(expired));
    }

    static Optional<GroupRefusal> checkInactive(ConsumerGroup group) {
        int members = group.membership().members().size();
        return members == 0
                ? Optional.empty()
                : Optional.of(new GroupRefusal(
                        GroupReason.GROUP_ACTIVE,
                        "members of group " + group.name(),
                        Integer.toString(members),
                        "none"));
    }

    /** A group that there is not yet. */
    static Optional<GroupRefusal> checkNew(String name, int groups, GroupLimits limits) {
        var invalid = TopicRules.checkName(name);
        if (invalid.isPresent()) {
            return Optional.of(new GroupRefusal(
                    GroupReason.INVALID_NAME, "group", name, invalid.get().limit()));
        }
        return groups < limits.maxGroups()
                ? Optional.empty()
                : Optional.of(new GroupRefusal(
                        GroupReason.LIMIT_REACHED,
                        "groups",
                        Integer.toString(groups + 1),
                        "at most " + limits.maxGroups()));
    }

    static GroupRefusal unknownGroup(String name) {
        return new GroupRefusal(GroupReason.UNKNOWN_GROUP, "group", name, "a group that exists");
    }

    static GroupRefusal fenced(long epoch, long from, long to) {
        var limit = from == to ? Long.toString(to) : "from " + from + " to " + to;
        return new GroupRefusal(GroupReason.FENCED_MEMBER, "member_epoch", Long.toString(epoch), limit);
    }
}
