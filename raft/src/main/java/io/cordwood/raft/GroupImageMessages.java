package io.cordwood.raft;

import io.cordwood.metadata.CommittedOffset;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.GroupRegistry;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.internal.v1.GroupEntry;
import io.cordwood.proto.internal.v1.GroupMemberEntry;
import io.cordwood.proto.internal.v1.GroupOffset;
import io.cordwood.proto.internal.v1.GroupOwner;
import io.cordwood.proto.internal.v1.GroupTopicCount;
import io.cordwood.proto.internal.v1.GroupTopicOffsets;
import io.cordwood.proto.internal.v1.GroupTopicOwners;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** The consumer groups of an image to protobuf messages and back. Stateless. */
final class GroupImageMessages {
    private GroupImageMessages() {}

    static List<GroupEntry> of(GroupRegistry groups) {
        return groups.byName().values().stream().map(GroupImageMessages::of).toList();
    }

    static GroupRegistry parse(List<GroupEntry> entries) {
        var groups = new TreeMap<String, ConsumerGroup>();
        entries.forEach(entry -> groups.put(entry.getName(), parse(entry)));
        return GroupRegistry.of(groups);
    }

    private static GroupEntry of(ConsumerGroup group) {
        var membership = group.membership();
        var entry = GroupEntry.newBuilder()
                .setName(group.name())
                .setEmptySinceMillis(group.emptySinceMillis())
                .setEpoch(membership.epoch())
                .setSettings(GroupMessages.of(membership.settings()))
                .addAllMembers(membership.members().values().stream()
                        .map(GroupImageMessages::of)
                        .toList())
                .addAllPatterns(GroupMessages.patterns(membership.patterns()))
                .addAllOwners(owners(membership))
                .addAllOffsets(offsets(group.offsets()));
        membership
                .topics()
                .forEach((topicId, count) -> entry.addTopics(GroupTopicCount.newBuilder()
                        .setTopicId(Uuids.toBytes(topicId))
                        .setPartitions(count)));
        return entry.build();
    }

    private static ConsumerGroup parse(GroupEntry entry) {
        var members = new TreeMap<String, GroupMember>();
        entry.getMembersList().forEach(member -> members.put(member.getMemberId(), parse(member)));
        var topics = new TreeMap<UUID, Integer>();
        entry.getTopicsList().forEach(topic -> topics.put(Uuids.parse(topic.getTopicId()), topic.getPartitions()));
        var membership = new GroupMembership(
                entry.getEpoch(),
                GroupMessages.parse(entry.getSettings()),
                members,
                topics,
                GroupMessages.parsePatterns(entry.getPatternsList()),
                parseOwners(entry));
        return new ConsumerGroup(
                entry.getName(), entry.getEmptySinceMillis(), membership, parseOffsets(entry.getOffsetsList()));
    }

    private static GroupMemberEntry of(GroupMember member) {
        return GroupMemberEntry.newBuilder()
                .setMemberId(member.memberId())
                .setName(member.name())
                .setInstanceId(member.instanceId())
                .setRack(member.rack())
                .setClientHost(member.clientHost())
                .setSubscription(GroupMessages.of(member.subscription()))
                .setSessionTimeoutMillis(member.sessionTimeout().toMillis())
                .setJoinedAt(member.joinedAt())
                .setJoinedPlace(member.joinedPlace())
                .setEpoch(member.epoch())
                .build();
    }

    private static GroupMember parse(GroupMemberEntry entry) {
        return new GroupMember(
                entry.getMemberId(),
                entry.getName(),
                entry.getInstanceId(),
                entry.getRack(),
                entry.getClientHost(),
                GroupMessages.parse(entry.getSubscription()),
                Duration.ofMillis(entry.getSessionTimeoutMillis()),
                entry.getJoinedAt(),
                entry.getJoinedPlace(),
                entry.getEpoch());
    }

    private static List<GroupTopicOwners> owners(GroupMembership membership) {
        var places = new HashMap<String, Integer>();
        membership.members().keySet().forEach(memberId -> places.put(memberId, places.size() + 1));
        var messages = new ArrayList<GroupTopicOwners>();
        var partitions = membership.partitions().entrySet();
        GroupMessages.byTopic(partitions, entry -> entry.getKey().topicId(), (topicId, run) -> {
            var message = GroupTopicOwners.newBuilder().setTopicId(Uuids.toBytes(topicId));
            for (var entry : run) {
                var partition = entry.getValue();
                message.addPartitions(GroupOwner.newBuilder()
                        .setPartition(entry.getKey().partition())
                        .setOwner(places.getOrDefault(partition.owner(), 0))
                        .setSince(partition.since())
                        .setRevokedAt(partition.revokedAt())
                        .setTarget(places.getOrDefault(partition.target(), 0)));
            }
            messages.add(message.build());
        });
        return messages;
    }

    private static SortedMap<PartitionId, GroupPartition> parseOwners(GroupEntry entry) {
        var partitions = new TreeMap<PartitionId, GroupPartition>();
        for (GroupTopicOwners topic : entry.getOwnersList()) {
            var topicId = Uuids.parse(topic.getTopicId());
            for (GroupOwner owner : topic.getPartitionsList()) {
                partitions.put(
                        new PartitionId(topicId, owner.getPartition()),
                        new GroupPartition(
                                memberAt(entry, owner.getOwner()),
                                owner.getSince(),
                                owner.getRevokedAt(),
                                memberAt(entry, owner.getTarget())));
            }
        }
        return partitions;
    }

    private static String memberAt(GroupEntry entry, int place) {
        if (place < 0 || place > entry.getMembersCount()) {
            throw new IllegalArgumentException("group " + entry.getName() + " has " + entry.getMembersCount()
                    + " members, and a partition of the one at place " + place);
        }
        return place == 0 ? "" : entry.getMembers(place - 1).getMemberId();
    }

    private static List<GroupTopicOffsets> offsets(SortedMap<PartitionId, CommittedOffset> offsets) {
        var messages = new ArrayList<GroupTopicOffsets>();
        GroupMessages.byTopic(offsets.entrySet(), entry -> entry.getKey().topicId(), (topicId, run) -> {
            var message = GroupTopicOffsets.newBuilder().setTopicId(Uuids.toBytes(topicId));
            for (var entry : run) {
                var offset = entry.getValue();
                message.addOffsets(GroupOffset.newBuilder()
                        .setPartition(entry.getKey().partition())
                        .setOffset(offset.offset())
                        .setLeaderEpoch(offset.leaderEpoch())
                        .setMetadata(offset.metadata())
                        .setTimeMillis(offset.timeMillis()));
            }
            messages.add(message.build());
        });
        return messages;
    }

    private static SortedMap<PartitionId, CommittedOffset> parseOffsets(List<GroupTopicOffsets> messages) {
        var offsets = new TreeMap<PartitionId, CommittedOffset>();
        for (GroupTopicOffsets message : messages) {
            var topicId = Uuids.parse(message.getTopicId());
            message.getOffsetsList()
                    .forEach(offset -> offsets.put(
                            new PartitionId(topicId, offset.getPartition()),
                            new CommittedOffset(
                                    offset.getOffset(),
                                    offset.getLeaderEpoch(),
                                    offset.getMetadata(),
                                    offset.getTimeMillis())));
        }
        return offsets;
    }
}
