package io.cordwood.client;

import com.google.protobuf.Timestamp;
import io.cordwood.proto.v1.Group;
import io.cordwood.proto.v1.GroupMember;
import io.cordwood.proto.v1.GroupPartitionState;
import io.cordwood.proto.v1.GroupState;
import io.cordwood.proto.v1.ResetPartition;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Groups as people see them, from the API's messages. Pure functions. */
final class GroupTranslation {
    private GroupTranslation() {}

    static GroupSummary summary(io.cordwood.proto.v1.GroupSummary message) {
        return new GroupSummary(
                message.getName(),
                state(message.getState()),
                message.getMemberCount(),
                GroupMessages.assignor(message.getAssignor()),
                message.getOffsetCount());
    }

    static GroupDescription group(Group message) {
        var settings = message.getSettings();
        return new GroupDescription(
                message.getName(),
                state(message.getState()),
                message.getEpoch(),
                GroupMessages.assignor(settings.getAssignor()),
                GroupMessages.duration(settings.getSessionTimeout()),
                GroupMessages.outOfRange(settings.getTrimmedOffsets()),
                message.getMembersList().stream().map(GroupTranslation::member).toList(),
                message.getPartitionsList().stream()
                        .map(GroupTranslation::partition)
                        .toList(),
                message.hasEmptySince() ? Optional.of(instant(message.getEmptySince())) : Optional.empty());
    }

    static ResetOffset reset(ResetPartition message) {
        return new ResetOffset(
                new TopicPartition(message.getTopic(), message.getPartition()),
                message.hasBefore() ? OptionalLong.of(message.getBefore()) : OptionalLong.empty(),
                message.getOffset(),
                message.getLogStartOffset(),
                message.getHighWatermark());
    }

    private static GroupDescription.Member member(GroupMember message) {
        return new GroupDescription.Member(
                message.getMemberId(),
                message.getName(),
                message.getInstanceId(),
                message.getRack(),
                message.getClientHost(),
                message.getTopicsList(),
                message.getPattern(),
                message.getMemberEpoch(),
                message.getPartitionCount());
    }

    private static GroupDescription.Partition partition(GroupPartitionState message) {
        return new GroupDescription.Partition(
                new TopicPartition(message.getTopic(), message.getPartition()),
                message.getOwner(),
                message.getRevoked(),
                message.getTarget(),
                message.hasOffset() ? OptionalLong.of(message.getOffset()) : OptionalLong.empty(),
                message.getMetadata(),
                message.hasCommitTime() ? Optional.of(instant(message.getCommitTime())) : Optional.empty());
    }

    private static GroupDescription.State state(GroupState message) {
        return switch (message) {
            case GROUP_STATE_EMPTY -> GroupDescription.State.EMPTY;
            case GROUP_STATE_STABLE -> GroupDescription.State.STABLE;
            case GROUP_STATE_SETTLING -> GroupDescription.State.SETTLING;
            case GROUP_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new CordwoodException(
                        ErrorCode.UNKNOWN, "the group is in a state that this client does not know");
        };
    }

    private static Instant instant(Timestamp message) {
        return Instant.ofEpochSecond(message.getSeconds(), message.getNanos());
    }
}
