package io.cordwood.metadata;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Who is in a consumer group and who has which partition.
 *
 * <p>Invariants: owners and targets of partitions are members; a partition that nobody has and nobody shall have is
 * not listed.
 *
 * <p><b>Thread:</b> any; immutable.
 *
 * @param epoch raft index at which the targets were computed
 * @param members by id
 * @param topics what the targets were computed from: partition counts by topic id
 * @param patterns the members' patterns, each with the names that it was found to match
 */
public record GroupMembership(
        long epoch,
        GroupSettings settings,
        SortedMap<String, GroupMember> members,
        SortedMap<UUID, Integer> topics,
        SortedMap<String, SortedSet<String>> patterns,
        SortedMap<PartitionId, GroupPartition> partitions) {

    static final GroupMembership NONE = new GroupMembership(
            0, GroupSettings.DEFAULT, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    public GroupMembership {
        members = FixedMap.copyOf(members);
        topics = FixedMap.copyOf(topics);
        patterns = copyOf(patterns);
        partitions = FixedMap.copyOf(partitions);
    }

    private static SortedMap<String, SortedSet<String>> copyOf(SortedMap<String, SortedSet<String>> patterns) {
        var copy = new TreeMap<String, SortedSet<String>>();
        patterns.forEach(
                (pattern, names) -> copy.put(pattern, Collections.unmodifiableSortedSet(new TreeSet<>(names))));
        return Collections.unmodifiableSortedMap(copy);
    }

    public Optional<GroupMember> member(String memberId) {
        return Optional.ofNullable(members.get(memberId));
    }

    /** The static member of this instance id. */
    public Optional<GroupMember> instance(String instanceId) {
        return instanceId.isEmpty()
                ? Optional.empty()
                : members.values().stream()
                        .filter(member -> member.instanceId().equals(instanceId))
                        .findFirst();
    }

    /** Members in the order in which they joined. */
    public List<GroupMember> inOrder() {
        return GroupOrder.of(members.values());
    }

    /** What a member may process; nothing at epoch 0 where it is none. */
    public GroupAssignment assignment(String memberId) {
        var assigned = new TreeMap<PartitionId, Long>();
        var revoked = new TreeMap<PartitionId, Long>();
        partitions.forEach((id, partition) -> {
            if (partition.isOwnedBy(memberId) && partition.isRevoked()) {
                revoked.put(id, partition.since());
            } else if (partition.isOwnedBy(memberId)) {
                assigned.put(id, partition.since());
            }
        });
        return new GroupAssignment(member(memberId).map(GroupMember::epoch).orElse(0L), assigned, revoked);
    }

    /** What each member may process. */
    public SortedMap<String, GroupAssignment> assignments() {
        var assigned = new TreeMap<String, TreeMap<PartitionId, Long>>();
        var revoked = new TreeMap<String, TreeMap<PartitionId, Long>>();
        partitions.forEach((id, partition) -> {
            if (partition.isOwned() && partition.isRevoked()) {
                revoked.computeIfAbsent(partition.owner(), first -> new TreeMap<>())
                        .put(id, partition.since());
            } else if (partition.isOwned()) {
                assigned.computeIfAbsent(partition.owner(), first -> new TreeMap<>())
                        .put(id, partition.since());
            }
        });
        var all = new TreeMap<String, GroupAssignment>();
        members.forEach((memberId, member) -> all.put(
                memberId,
                new GroupAssignment(
                        member.epoch(),
                        assigned.getOrDefault(memberId, new TreeMap<>()),
                        revoked.getOrDefault(memberId, new TreeMap<>()))));
        return all;
    }

    /** Whether every partition has the owner that it shall have. */
    public boolean isStable() {
        return partitions.values().stream()
                .allMatch(partition -> partition.owner().equals(partition.target()) && !partition.isRevoked());
    }

    /** The topics that the members want and that there are, with their partition counts. */
    public SortedMap<UUID, Integer> wantedTopics(MetadataImage image) {
        return wantedTopics(members.values(), patterns, image);
    }

    /** Whether the targets would be the same if the patterns matched these names, with the topics that there are. */
    public boolean isCurrent(SortedMap<String, SortedSet<String>> found, MetadataImage image) {
        return patterns.equals(found) && wantedTopics(image).equals(topics);
    }

    static SortedMap<UUID, Integer> wantedTopics(
            Collection<GroupMember> members, SortedMap<String, SortedSet<String>> patterns, MetadataImage image) {
        var wanted = new TreeMap<UUID, Integer>();
        members.stream()
                .map(GroupMember::subscription)
                .distinct()
                .flatMap(subscription -> topicNames(subscription, patterns).stream())
                .distinct()
                .flatMap(name -> image.topic(name).stream())
                .forEach(topic -> wanted.put(topic.topicId(), topic.partitions().size()));
        return wanted;
    }

    /** The names that a subscription stands for. */
    static SortedSet<String> topicNames(GroupSubscription subscription, SortedMap<String, SortedSet<String>> patterns) {
        var found = patterns.get(subscription.pattern());
        if (found == null) {
            return subscription.topics();
        }
        var names = new TreeSet<>(subscription.topics());
        names.addAll(found);
        return names;
    }
}
