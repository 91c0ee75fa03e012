package io.cordwood.metadata;

import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.Release;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A group's membership while one command changes it. The targets are computed once, by {@link #settle}, however many
 * members came and went; then each member is given what is free of its target, and asked for what is another's.
 *
 * <p>Invariants: a partition's owner changes only while it has none; the epoch of a member rises, to the raft index of
 * the command, when partitions are given to it or asked of it.
 *
 * <p><b>Thread:</b> confined to its caller, within one command.
 */
final class GroupDraft {
    private final GroupMembership before;
    private final long index;
    private final TreeMap<String, GroupMember> members;
    private final TreeMap<String, SortedSet<String>> patterns;
    private final TreeMap<PartitionId, GroupPartition> partitions;
    private final Set<String> risen = new HashSet<>();
    private SortedMap<UUID, Integer> topics;
    private GroupSettings settings;
    private long epoch;
    /** The targets are not those of the members and topics any more. */
    private boolean outdated;
    /** Some partition may have no owner although it has a target. */
    private boolean freed;

    private boolean changed;

    /** @param index of the command */
    GroupDraft(GroupMembership before, long index) {
        this.before = before;
        this.index = index;
        members = new TreeMap<>(before.members());
        patterns = new TreeMap<>(before.patterns());
        partitions = new TreeMap<>(before.partitions());
        topics = before.topics();
        settings = before.settings();
        epoch = before.epoch();
    }

    int memberCount() {
        return members.size();
    }

    Optional<GroupMember> member(String memberId) {
        return Optional.ofNullable(members.get(memberId));
    }

    Optional<GroupMember> instance(String instanceId) {
        return members.values().stream()
                .filter(member -> member.isStatic() && member.instanceId().equals(instanceId))
                .findFirst();
    }

    /** The member is as it says from now on; one in whose place it comes is none any more. */
    void join(Join join, Optional<GroupMember> replaced) {
        var known = replaced.or(() -> member(join.memberId()));
        var member = new GroupMember(
                join.memberId(),
                join.name(),
                join.instanceId(),
                join.rack(),
                join.clientHost(),
                join.subscription(),
                known.map(GroupMember::joinedAt).orElse(index),
                known.map(GroupMember::epoch).orElse(0L));
        changed |= !join.settings().equals(settings) || !known.equals(Optional.of(member));
        settings = join.settings();
        replaced.ifPresent(old -> members.remove(old.memberId()));
        members.put(member.memberId(), member);
        match(join.subscription().pattern(), join.patternTopics());
        if (known.isEmpty() || replaced.isPresent()) {
            long risenTo = rise(member.memberId());
            replaced.ifPresent(old -> handOver(old.memberId(), member.memberId(), risenTo));
        }
    }

    /** What the old one was asked to give up it has given up by going. */
    private void handOver(String old, String successor, long successorEpoch) {
        freed = true;
        partitions.replaceAll((id, partition) -> {
            var aimed = partition.target().equals(old) ? partition.withTarget(successor) : partition;
            if (!aimed.isOwnedBy(old)) {
                return aimed;
            }
            return aimed.isRevoked() ? aimed.withoutOwner() : aimed.ownedBy(successor, successorEpoch);
        });
    }

    /** Which topics a pattern of a member matches. */
    void match(String pattern, SortedSet<String> names) {
        if (!pattern.isEmpty()) {
            patterns.put(pattern, names);
        }
    }

    void remove(String memberId) {
        if (members.remove(memberId) == null) {
            return;
        }
        freed = true;
        partitions.replaceAll((id, partition) -> {
            var free = partition.isOwnedBy(memberId) ? partition.withoutOwner() : partition;
            return free.target().equals(memberId) ? free.withTarget("") : free;
        });
    }

    /** Only what was asked for in the epoch that the member speaks of, or before: a late repetition means nothing. */
    void release(Release release) {
        for (PartitionId id : release.partitions()) {
            var partition = partitions.get(id);
            if (partition != null
                    && partition.isOwnedBy(release.memberId())
                    && partition.isRevoked()
                    && partition.revokedAt() <= release.epoch()) {
                partitions.put(id, partition.withoutOwner());
                freed = true;
            }
        }
    }

    /** What the owner of a partition sent before is not for the partition as it is now. */
    void fence(PartitionId id) {
        var partition = partitions.get(id);
        if (partition != null && partition.isOwned()) {
            partitions.put(id, partition.withSince(rise(partition.owner())));
        }
    }

    /** The topic is gone. That the others' partitions are uneven now shows in {@code topics}, which still has it. */
    void forgetTopic(UUID topicId) {
        for (GroupPartition partition : PartitionId.ofTopic(partitions, topicId).values()) {
            if (partition.isOwned()) {
                rise(partition.owner());
            }
        }
        PartitionId.ofTopic(partitions, topicId).clear();
        changed = true;
    }

    /** Deals out anew what has to be. */
    void settle(MetadataImage image) {
        patterns.keySet().retainAll(usedPatterns());
        outdated |= asksForOther();
        if (outdated) {
            topics = wantedTopics(image);
            epoch = index;
            aim(image);
        }
        if (outdated || freed) {
            List.copyOf(partitions.keySet()).forEach(this::step);
        }
        changed |= outdated || freed;
    }

    /** The targets are computed anew also where the topics are not those that they were computed from. */
    void refresh(MetadataImage image) {
        outdated |= !wantedTopics(image).equals(topics);
    }

    private SortedMap<UUID, Integer> wantedTopics(MetadataImage image) {
        return GroupMembership.wantedTopics(members.values(), patterns, image);
    }

    /** Only what came of all items counts: one may take back what another did. */
    private boolean asksForOther() {
        return settings.assignor() != before.settings().assignor()
                || !patterns.equals(before.patterns())
                || !members.keySet().equals(before.members().keySet())
                || members.values().stream().anyMatch(this::wantsOther);
    }

    private boolean wantsOther(GroupMember member) {
        return before.member(member.memberId())
                .filter(old -> old.subscription().equals(member.subscription()))
                .isEmpty();
    }

    private Set<String> usedPatterns() {
        var used = new HashSet<String>();
        members.values().forEach(member -> used.add(member.subscription().pattern()));
        return used;
    }

    private void aim(MetadataImage image) {
        var targets = new Assignment(seats(image), topics, this::keeper).compute(settings.assignor());
        partitions.replaceAll((id, partition) -> partition.withTarget(targets.getOrDefault(id, "")));
        targets.forEach((id, memberId) -> {
            if (!partitions.containsKey(id)) {
                partitions.put(id, GroupPartition.NOBODYS.withTarget(memberId));
            }
        });
    }

    /** Who has a partition, or is about to. */
    private Optional<String> keeper(PartitionId id) {
        var partition = partitions.getOrDefault(id, GroupPartition.NOBODYS);
        var memberId = partition.target().isEmpty() ? partition.owner() : partition.target();
        return Optional.of(memberId).filter(found -> !found.isEmpty());
    }

    private List<Assignment.Seat> seats(MetadataImage image) {
        var topicsOf = new HashMap<GroupSubscription, List<UUID>>();
        var seats = new ArrayList<Assignment.Seat>();
        for (GroupMember member : GroupOrder.of(members.values())) {
            var wanted = topicsOf.computeIfAbsent(member.subscription(), same -> topicIds(same, image));
            seats.add(new Assignment.Seat(member.memberId(), wanted));
        }
        return seats;
    }

    private List<UUID> topicIds(GroupSubscription subscription, MetadataImage image) {
        return GroupMembership.topicNames(subscription, patterns).stream()
                .flatMap(name -> image.topic(name).stream())
                .map(TopicInfo::topicId)
                .sorted()
                .toList();
    }

    private void step(PartitionId id) {
        var partition = partitions.get(id);
        if (partition == null) {
            return;
        }
        if (partition.isForgotten()) {
            partitions.remove(id);
        } else if (!partition.isOwned()) {
            partitions.put(id, partition.ownedBy(partition.target(), rise(partition.target())));
        } else if (!partition.isRevoked() && !partition.owner().equals(partition.target())) {
            partitions.put(id, partition.revoked(rise(partition.owner())));
        }
    }

    /** The member's epoch after this command: no member ever had it before, not even one of the same id. */
    private long rise(String memberId) {
        var member = members.get(memberId);
        if (member == null) {
            throw new IllegalStateException("a partition belongs to " + memberId + ", which is no member");
        }
        if (risen.add(memberId)) {
            changed = true;
            members.put(memberId, member.withEpoch(index));
        }
        return index;
    }

    /** As it is now; the very same as before where nothing changed. */
    GroupMembership membership() {
        boolean changes = changed || outdated || freed;
        return changes ? new GroupMembership(epoch, settings, members, topics, patterns, partitions) : before;
    }
}
