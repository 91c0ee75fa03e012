package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Join;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * How much is kept of groups, roughly as many bytes as in an image. What a command about groups is refused for
 * depends on it: it is counted alike for ever. Pure functions.
 */
final class GroupBytes {
    /** Of anything that is kept, beside its texts. */
    private static final long ITEM = 64;

    private GroupBytes() {}

    /** @param group null for none */
    static long of(@Nullable ConsumerGroup group) {
        if (group == null) {
            return 0;
        }
        var membership = group.membership();
        return ITEM
                + membership.members().values().stream()
                        .mapToLong(GroupBytes::of)
                        .sum()
                + membership.patterns().values().stream()
                        .mapToLong(GroupBytes::ofNames)
                        .sum()
                + ITEM * membership.partitions().size()
                + ofOffsets(group.offsets());
    }

    private static long ofOffsets(SortedMap<PartitionId, CommittedOffset> offsets) {
        return offsets.values().stream().mapToLong(GroupBytes::of).sum();
    }

    static long of(CommittedOffset offset) {
        return ITEM + ofText(offset.metadata());
    }

    static long of(GroupMember member) {
        return ITEM
                + ofText(member.memberId())
                + ofText(member.name())
                + ofText(member.instanceId())
                + ofText(member.rack())
                + ofText(member.clientHost())
                + of(member.subscription());
    }

    static long of(Join join) {
        return ITEM
                + ofText(join.memberId())
                + ofText(join.name())
                + ofText(join.instanceId())
                + ofText(join.rack())
                + ofText(join.clientHost())
                + of(join.subscription());
    }

    private static long of(GroupSubscription subscription) {
        return ofNames(subscription.topics()) + ofText(subscription.pattern());
    }

    static long ofNames(SortedSet<String> names) {
        return names.stream().mapToLong(GroupBytes::ofText).sum();
    }

    static long ofPartitions(long count) {
        return ITEM * count;
    }

    private static long ofText(String text) {
        return text.isEmpty() ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
    }

    static long ofAll(Collection<ConsumerGroup> groups) {
        return groups.stream().mapToLong(group -> of(group)).sum();
    }
}
