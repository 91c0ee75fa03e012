package io.cordwood.server.rpc;

import io.cordwood.metadata.CommittedOffset;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.FetchOffsetsRequest;
import io.cordwood.proto.v1.FetchOffsetsResponse;
import io.cordwood.proto.v1.Group;
import io.cordwood.proto.v1.GroupMember;
import io.cordwood.proto.v1.GroupOffset;
import io.cordwood.proto.v1.GroupPartitionState;
import io.cordwood.proto.v1.GroupSettings;
import io.cordwood.proto.v1.GroupState;
import io.cordwood.proto.v1.GroupSummary;
import io.cordwood.proto.v1.TopicPartition;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.group.Groups;
import io.cordwood.server.partition.Partitions;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What anybody is told of a group, as messages.
 *
 * <p><b>Thread:</b> any.
 */
final class GroupDescriptions {
    private final TopicNames names;

    GroupDescriptions(TopicNames names) {
        this.names = names;
    }

    static GroupSummary summary(ConsumerGroup group) {
        return GroupSummary.newBuilder()
                .setName(group.name())
                .setState(state(group))
                .setMemberCount(group.membership().members().size())
                .setAssignor(GroupMessages.wire(group.membership().settings().assignor()))
                .setOffsetCount(group.offsets().size())
                .build();
    }

    private static GroupState state(ConsumerGroup group) {
        if (!group.isActive()) {
            return GroupState.GROUP_STATE_EMPTY;
        }
        return group.membership().isStable() ? GroupState.GROUP_STATE_STABLE : GroupState.GROUP_STATE_SETTLING;
    }

    Group described(Groups.Found found) {
        var group = found.group();
        var membership = group.membership();
        var description = Group.newBuilder()
                .setName(group.name())
                .setState(state(group))
                .setEpoch(membership.epoch())
                .setSettings(settings(membership.settings()));
        var assignments = membership.assignments();
        membership.inOrder().forEach(member -> {
            var assignment = Objects.requireNonNull(assignments.get(member.memberId()));
            int partitions = assignment.assigned().size() + assignment.revoked().size();
            description.addMembers(described(member).setPartitionCount(partitions));
        });
        described(group, found.image()).forEach(description::addPartitions);
        if (!group.isActive()) {
            description.setEmptySince(GroupMessages.time(group.emptySinceMillis()));
        }
        return description.build();
    }

    private static GroupSettings settings(io.cordwood.metadata.GroupSettings settings) {
        return GroupSettings.newBuilder()
                .setSessionTimeout(GroupMessages.wire(settings.sessionTimeout()))
                .setAssignor(GroupMessages.wire(settings.assignor()))
                .setTrimmedOffsets(GroupMessages.wire(settings.trimmedOffsets()))
                .build();
    }

    private static GroupMember.Builder described(io.cordwood.metadata.GroupMember member) {
        return GroupMember.newBuilder()
                .setMemberId(member.memberId())
                .setName(member.name())
                .setInstanceId(member.instanceId())
                .setRack(member.rack())
                .setClientHost(member.clientHost())
                .setSessionTimeout(GroupMessages.wire(member.sessionTimeout()))
                .addAllTopics(member.subscription().topics())
                .setPattern(member.subscription().pattern())
                .setMemberEpoch(member.epoch());
    }

    private List<GroupPartitionState> described(ConsumerGroup group, MetadataImage image) {
        var ids = new TreeSet<>(group.membership().partitions().keySet());
        ids.addAll(group.offsets().keySet());
        return ids.stream()
                .map(id -> described(id, group, image))
                .sorted(Comparator.comparing(GroupPartitionState::getTopic)
                        .thenComparingInt(GroupPartitionState::getPartition))
                .toList();
    }

    private GroupPartitionState described(PartitionId id, ConsumerGroup group, MetadataImage image) {
        var state = GroupPartitionState.newBuilder()
                .setTopic(names.of(id.topicId(), image))
                .setTopicId(id.topicId().toString())
                .setPartition(id.partition());
        Optional<GroupPartition> held =
                Optional.ofNullable(group.membership().partitions().get(id));
        held.ifPresent(partition -> state.setOwner(partition.owner())
                .setSinceEpoch(partition.since())
                .setRevoked(partition.isRevoked())
                .setTarget(partition.target()));
        group.offset(id).ifPresent(offset -> {
            state.setOffset(offset.offset())
                    .setMetadata(offset.metadata())
                    .setCommitTime(GroupMessages.time(offset.timeMillis()));
            if (offset.leaderEpoch() != GroupMessages.NO_LEADER_EPOCH) {
                state.setLeaderEpoch(offset.leaderEpoch());
            }
        });
        return state.build();
    }

    FetchOffsetsResponse offsets(FetchOffsetsRequest request, Groups.Found found) {
        var response = FetchOffsetsResponse.newBuilder();
        if (request.getPartitionsCount() > 0) {
            request.getPartitionsList().forEach(partition -> response.addOffsets(offset(partition, found)));
        } else {
            found.group().offsets().entrySet().stream()
                    .map(entry -> offset(entry.getKey(), Optional.of(entry.getValue()), found.image()))
                    .sorted(Comparator.comparing(GroupOffset::getTopic).thenComparingInt(GroupOffset::getPartition))
                    .forEach(response::addOffsets);
        }
        return response.build();
    }

    private GroupOffset offset(TopicPartition wanted, Groups.Found found) {
        var name = new io.cordwood.server.partition.TopicPartition(wanted.getTopic(), wanted.getPartition());
        Optional<Refusal> missing = Partitions.check(found.image(), name);
        if (missing.isPresent()) {
            return GroupOffset.newBuilder()
                    .setTopic(name.topic())
                    .setPartition(name.partition())
                    .setError(Errors.status(missing.get()))
                    .build();
        }
        var topic = found.image().topic(name.topic()).orElseThrow();
        var id = new PartitionId(topic.topicId(), name.partition());
        return offset(id, found.group().offset(id), found.image());
    }

    private GroupOffset offset(PartitionId id, Optional<CommittedOffset> committed, MetadataImage image) {
        var message = GroupOffset.newBuilder()
                .setTopic(names.of(id.topicId(), image))
                .setTopicId(id.topicId().toString())
                .setPartition(id.partition());
        committed.ifPresent(offset -> {
            message.setOffset(offset.offset())
                    .setMetadata(offset.metadata())
                    .setCommitTime(GroupMessages.time(offset.timeMillis()));
            if (offset.leaderEpoch() != GroupMessages.NO_LEADER_EPOCH) {
                message.setLeaderEpoch(offset.leaderEpoch());
            }
        });
        return message.build();
    }
}
