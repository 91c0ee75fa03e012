package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.DeleteOffsets;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What operators do to committed offsets. Pure functions. */
final class OffsetRules {
    private OffsetRules() {}

    static GroupChange reset(ResetOffsets reset, MetadataImage image) {
        var groups = image.groups();
        var known = groups.group(reset.group());
        var refused = known.isPresent() ? checkUse(reset, known.get()) : checkCreation(reset, image);
        if (refused.isPresent()) {
            return GroupChange.refused(groups, refused.get());
        }
        var broken = new TreeMap<Integer, GroupRefusal>();
        for (int i = 0; i < reset.offsets().size(); i++) {
            int place = i;
            check(reset.offsets().get(i), reset.limits(), image).ifPresent(found -> broken.put(place, found));
        }
        if (!broken.isEmpty()) {
            return new GroupChange(groups, broken);
        }
        var group = known.orElseGet(() -> ConsumerGroup.empty(reset.group(), reset.timeMillis()));
        return GroupChange.of(groups.with(List.of(reset(reset, group, image.index()))));
    }

    private static Optional<GroupRefusal> checkUse(ResetOffsets reset, ConsumerGroup group) {
        return reset.force() ? Optional.empty() : GroupRules.checkInactive(group);
    }

    private static Optional<GroupRefusal> checkCreation(ResetOffsets reset, MetadataImage image) {
        return reset.create()
                ? GroupRules.checkNew(reset.group(), image.groups().byName().size(), reset.limits())
                : Optional.of(GroupRules.unknownGroup(reset.group()));
    }

    private static Optional<GroupRefusal> check(PartitionOffset offset, GroupLimits limits, MetadataImage image) {
        var id = offset.partition();
        boolean exists = image.topic(id.topicId())
                .flatMap(topic -> topic.partition(id.partition()))
                .isPresent();
        return exists
                ? CommitRules.check(offset, limits)
                : Optional.of(
                        new GroupRefusal(GroupReason.UNKNOWN_PARTITION, "partition", id.toString(), "one that exists"));
    }

    private static ConsumerGroup reset(ResetOffsets reset, ConsumerGroup group, long index) {
        var offsets = new TreeMap<>(group.offsets());
        var draft = new GroupDraft(group.membership(), index);
        boolean changed = false;
        for (PartitionOffset offset : reset.offsets()) {
            var after = offset.at(reset.timeMillis());
            if (!after.equals(offsets.put(offset.partition(), after))) {
                draft.fence(offset.partition());
                changed = true;
            }
        }
        if (!changed) {
            return group;
        }
        long emptySince = group.isActive() ? 0 : reset.timeMillis();
        return group.withOffsets(offsets).withMembership(draft.membership(), emptySince);
    }

    static GroupChange delete(DeleteOffsets delete, MetadataImage image) {
        var groups = image.groups();
        var known = groups.group(delete.group());
        if (known.isEmpty()) {
            return GroupChange.of(groups);
        }
        var group = known.get();
        var refused = new TreeMap<Integer, GroupRefusal>();
        SortedMap<PartitionId, CommittedOffset> left = new TreeMap<>(group.offsets());
        for (int i = 0; i < delete.partitions().size(); i++) {
            var id = delete.partitions().get(i);
            var held = group.membership().partitions().get(id);
            if (held == null) {
                left.remove(id);
            } else {
                refused.put(i, inUse(id));
            }
        }
        var after = left.size() == group.offsets().size() ? group : group.withOffsets(left);
        return new GroupChange(groups.with(List.of(after)), refused);
    }

    private static GroupRefusal inUse(PartitionId id) {
        return new GroupRefusal(
                GroupReason.GROUP_ACTIVE, "partition", id.toString(), "one that no member is to process");
    }
}
