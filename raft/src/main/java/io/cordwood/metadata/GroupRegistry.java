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
 */
public record GroupRegistry(SortedMap<String, ConsumerGroup> byName) {
    public static final GroupRegistry EMPTY = new GroupRegistry(new TreeMap<>());

    public GroupRegistry {
        byName = FixedMap.copyOf(byName);
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
        for (ConsumerGroup group : groups) {
            if (group.isVoid()) {
                changed.remove(group.name());
            } else {
                changed.put(group.name(), group);
            }
        }
        return new GroupRegistry(changed);
    }

    GroupRegistry without(Collection<String> names) {
        var changed = new TreeMap<>(byName);
        changed.keySet().removeAll(names);
        return changed.size() == byName.size() ? this : new GroupRegistry(changed);
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
