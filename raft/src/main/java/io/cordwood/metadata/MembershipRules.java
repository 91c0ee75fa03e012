package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.Refresh;
import io.cordwood.metadata.GroupCommand.RefreshGroups;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import io.cordwood.metadata.GroupCommand.RemoveMembers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How members come, go and give partitions up. The partitions of a group are dealt out once for all items of a command.
 *
 * <p><b>Thread:</b> confined to its caller, for one command.
 */
final class MembershipRules {
    private final MetadataImage image;
    private final Map<String, GroupDraft> drafts = new TreeMap<>();
    private final SortedMap<Integer, GroupRefusal> refused = new TreeMap<>();
    private int created;

    MembershipRules(MetadataImage image) {
        this.image = image;
    }

    GroupChange join(JoinGroups command) {
        for (int i = 0; i < command.joins().size(); i++) {
            refuse(i, join(command.joins().get(i), command.limits()));
        }
        return change(0);
    }

    private Optional<GroupRefusal> join(Join join, GroupLimits limits) {
        if (join.subscription().isEmpty()) {
            return refusal(GroupReason.INVALID_SUBSCRIPTION, "subscription", "", "topics, a pattern or both");
        }
        boolean known = draft(join.group()).isPresent();
        var impossible = known
                ? Optional.<GroupRefusal>empty()
                : GroupRules.checkNew(join.group(), image.groups().byName().size() + created, limits);
        if (impossible.isPresent()) {
            return impossible;
        }
        var draft = known ? draft(join.group()).orElseThrow() : newDraft(join.group());
        return join(join, draft, limits);
    }

    private Optional<GroupRefusal> join(Join join, GroupDraft draft, GroupLimits limits) {
        var holder = draft.instance(join.instanceId())
                .filter(member -> !member.memberId().equals(join.memberId()));
        if (holder.isPresent() && !holder.get().memberId().equals(join.replaces())) {
            var limit = "unlike that of member " + holder.get().memberId() + " on "
                    + holder.get().clientHost();
            return refusal(GroupReason.DUPLICATE_INSTANCE_ID, "instance_id", join.instanceId(), limit);
        }
        boolean more = holder.isEmpty() && draft.member(join.memberId()).isEmpty();
        if (more && draft.memberCount() >= limits.maxMembersPerGroup()) {
            return refusal(
                    GroupReason.LIMIT_REACHED,
                    "members of group " + join.group(),
                    Integer.toString(draft.memberCount() + 1),
                    "at most " + limits.maxMembersPerGroup());
        }
        draft.join(join, holder);
        return Optional.empty();
    }

    GroupChange remove(RemoveMembers command) {
        for (MemberRef member : command.members()) {
            draft(member.group()).ifPresent(draft -> draft.remove(member.memberId()));
        }
        return change(command.timeMillis());
    }

    GroupChange release(ReleasePartitions command) {
        for (int i = 0; i < command.releases().size(); i++) {
            refuse(i, release(command.releases().get(i)));
        }
        return change(0);
    }

    private Optional<GroupRefusal> release(Release release) {
        var draft = draft(release.group());
        if (draft.isEmpty()) {
            return Optional.of(GroupRules.unknownGroup(release.group()));
        }
        var member = draft.get().member(release.memberId());
        if (member.isEmpty()) {
            return Optional.of(GroupRefusal.unknownMember(release.group(), release.memberId()));
        }
        if (release.epoch() > member.get().epoch()) {
            return Optional.of(
                    GroupRules.fenced(release.epoch(), 1, member.get().epoch()));
        }
        draft.get().release(release);
        return Optional.empty();
    }

    GroupChange refresh(RefreshGroups command) {
        for (int i = 0; i < command.groups().size(); i++) {
            refuse(i, refresh(command.groups().get(i)));
        }
        return change(0);
    }

    private Optional<GroupRefusal> refresh(Refresh refresh) {
        var draft = draft(refresh.group());
        if (draft.isEmpty()) {
            return Optional.of(GroupRules.unknownGroup(refresh.group()));
        }
        refresh.patterns().forEach(draft.get()::match);
        draft.get().refresh(image);
        return Optional.empty();
    }

    private Optional<GroupDraft> draft(String group) {
        var draft = drafts.get(group);
        if (draft == null) {
            var found = image.groups().group(group);
            found.ifPresent(known -> drafts.put(group, new GroupDraft(known.membership(), image.index())));
            return Optional.ofNullable(drafts.get(group));
        }
        return Optional.of(draft);
    }

    private GroupDraft newDraft(String group) {
        created++;
        var draft = new GroupDraft(GroupMembership.NONE, image.index());
        drafts.put(group, draft);
        return draft;
    }

    private void refuse(int place, Optional<GroupRefusal> refusal) {
        refusal.ifPresent(found -> refused.put(place, found));
    }

    private static Optional<GroupRefusal> refusal(GroupReason reason, String field, String value, String limit) {
        return Optional.of(new GroupRefusal(reason, field, value, limit));
    }

    /** @param timeMillis when a group became empty that does now */
    private GroupChange change(long timeMillis) {
        List<ConsumerGroup> changed = drafts.entrySet().stream()
                .map(entry -> settled(entry.getKey(), entry.getValue(), timeMillis))
                .toList();
        return new GroupChange(image.groups().with(changed), refused);
    }

    private ConsumerGroup settled(String name, GroupDraft draft, long timeMillis) {
        var before = image.groups().group(name).orElseGet(() -> ConsumerGroup.empty(name, timeMillis));
        draft.settle(image);
        var after = draft.membership();
        if (after.equals(before.membership())) {
            return before;
        }
        if (!after.members().isEmpty()) {
            return before.withMembership(after, 0);
        }
        return before.withMembership(after, before.isActive() ? timeMillis : before.emptySinceMillis());
    }
}
