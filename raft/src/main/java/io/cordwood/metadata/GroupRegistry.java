package io.cordwood.metadata;

import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * All consumer groups of the cluster, by name. A group without members and without offsets is not kept.
 *
 * <p><b>Thread:</b> any; immutable.
 *
 * @param byName in order
 * @param bytes of what is kept of all of them, as {@link GroupBytes} counts; {@link #of} counts it
 */
public record GroupRegistry(SortedMap<String, ConsumerGroup> byName, long bytes) {
    public static final GroupRegistry EMPTY = of(new TreeMap<>());

    public GroupRegistry {
        byName = FixedMap.copyOf(byName);
    }

    public static GroupRegistry of(SortedMap<String, ConsumerGroup> byName) {
        return new GroupRegistry(byName, GroupBytes.ofAll(byName.values()));
    }

    public Optional<ConsumerGroup> group(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** With groups in the places of those of their names. */
    GroupRegistry with(Collection<ConsumerGroup> groups) {
        if (groups.stream().allMatch(group -> group.equals(byName.get(group.name())))) {
            return this;
        }
        var changed = new TreeMap<>(byName);
        long changedBytes = bytes;
        for (ConsumerGroup group : groups) {
            var before = group.isVoid() ? changed.remove(group.name()) : changed.put(group.name(), group);
            changedBytes += GroupBytes.of(changed.get(group.name())) - GroupBytes.of(before);
        }
        return new GroupRegistry(changed, changedBytes);
    }

    GroupRegistry without(Collection<String> names) {
        var changed = new TreeMap<>(byName);
        changed.keySet().removeAll(names);
        return changed.size() == byName.size() ? this : of(changed);
    }

    /**
     * Nothing of a deleted topic is left: who had its partitions has them no more, and no offset is kept.
     *
     * @param index of the command
     */
    GroupRegistry withoutTopic(UUID topicId, long index) {
        return with(byName.values().stream()
                .map(group -> withoutTopic(group, topicId, index))
                .toList());
    }

    private static ConsumerGroup withoutTopic(ConsumerGroup group, UUID topicId, long index) {
        var membership = group.membership();
        var changed = group;
        if (!PartitionId.ofTopic(membership.partitions(), topicId).isEmpty()) {
            var draft = new GroupDraft(membership, index);
            draft.forgetTopic(topicId);
            changed = changed.withMembership(draft.membership(), group.emptySinceMillis());
        }
        if (!PartitionId.ofTopic(group.offsets(), topicId).isEmpty()) {
            var offsets = new TreeMap<>(group.offsets());
            PartitionId.ofTopic(offsets, topicId).clear();
            changed = changed.withOffsets(offsets);
        }
        return changed;
    }
}
