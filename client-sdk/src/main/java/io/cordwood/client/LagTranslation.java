package io.cordwood.client;

import com.google.protobuf.Duration;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainResponse;
import io.cordwood.proto.v1.ExplainedGroup;
import io.cordwood.proto.v1.ExplainedTopic;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How far groups are behind, and what holds something back, from and to the API's messages. Pure
 * functions.
 */
final class LagTranslation {
    private LagTranslation() {}

    static PartitionLag lag(io.cordwood.proto.v1.PartitionLag message) {
        return new PartitionLag(
                new TopicPartition(message.getTopic(), message.getPartition()),
                message.hasOffset() ? OptionalLong.of(message.getOffset()) : OptionalLong.empty(),
                message.getLogStartOffset(),
                message.getHighWatermark(),
                message.getRecords(),
                message.getBytes(),
                message.getTrimmedRecords(),
                duration(message.hasAge(), message.getAge()),
                duration(message.hasUntilTrimmed(), message.getUntilTrimmed()),
                rate(message.hasCommittedPerSecond(), message.getCommittedPerSecond()),
                rate(message.hasAppendedPerSecond(), message.getAppendedPerSecond()),
                duration(message.hasUntilCaughtUp(), message.getUntilCaughtUp()),
                message.hasError() ? Optional.of(StatusTranslation.of(message.getError())) : Optional.empty());
    }

    static OffsetDeletion deletion(io.cordwood.proto.v1.OffsetDeletion message) {
        return new OffsetDeletion(
                new TopicPartition(message.getTopic(), message.getPartition()),
                message.hasError() ? Optional.of(StatusTranslation.of(message.getError())) : Optional.empty());
    }

    static ExplainRequest explain(Explained subject) {
        var request = ExplainRequest.newBuilder();
        if (subject instanceof Explained.OfGroup group) {
            var message = ExplainedGroup.newBuilder().setGroup(group.group()).setTopic(group.topic());
            group.partition().ifPresent(message::setPartition);
            return request.setGroup(message).build();
        }
        if (subject instanceof Explained.OfTopic topic) {
            var message = ExplainedTopic.newBuilder().setTopic(topic.topic());
            topic.partition().ifPresent(message::setPartition);
            return request.setTopic(message).build();
        }
        if (subject instanceof Explained.OfNode node) {
            return request.setNodeId(node.nodeId()).build();
        }
        throw new IllegalStateException("nobody explains " + subject);
    }

    static Explanation explanation(ExplainResponse message) {
        return new Explanation(
                message.getCausesList().stream().map(LagTranslation::cause).toList(), message.getLeftOut());
    }

    static Cause cause(io.cordwood.proto.v1.Cause message) {
        return new Cause(
                code(message.getCode()),
                message.getSentence(),
                message.getHint(),
                message.getTopic(),
                message.hasPartition() ? OptionalInt.of(message.getPartition()) : OptionalInt.empty(),
                message.getMemberId(),
                message.hasNodeId() ? OptionalInt.of(message.getNodeId()) : OptionalInt.empty());
    }

    private static CauseCode code(io.cordwood.proto.v1.CauseCode message) {
        return switch (message) {
            case CAUSE_CODE_NO_MEMBER -> CauseCode.NO_MEMBER;
            case CAUSE_CODE_NOT_SUBSCRIBED -> CauseCode.NOT_SUBSCRIBED;
            case CAUSE_CODE_SILENT_MEMBER -> CauseCode.SILENT_MEMBER;
            case CAUSE_CODE_MOVING -> CauseCode.MOVING;
            case CAUSE_CODE_PAUSED -> CauseCode.PAUSED;
            case CAUSE_CODE_NO_CREDITS -> CauseCode.NO_CREDITS;
            case CAUSE_CODE_SLOW_HANDLER -> CauseCode.SLOW_HANDLER;
            case CAUSE_CODE_FAILING_RECORD -> CauseCode.FAILING_RECORD;
            case CAUSE_CODE_STOPPED -> CauseCode.STOPPED;
            case CAUSE_CODE_OUT_OF_RANGE -> CauseCode.OUT_OF_RANGE;
            case CAUSE_CODE_FENCED -> CauseCode.FENCED;
            case CAUSE_CODE_TOO_SLOW -> CauseCode.TOO_SLOW;
            case CAUSE_CODE_RETENTION_NEAR -> CauseCode.RETENTION_NEAR;
            case CAUSE_CODE_NO_LEADER -> CauseCode.NO_LEADER;
            case CAUSE_CODE_NO_MAJORITY -> CauseCode.NO_MAJORITY;
            case CAUSE_CODE_UNDER_REPLICATED -> CauseCode.UNDER_REPLICATED;
            case CAUSE_CODE_DISK -> CauseCode.DISK;
            case CAUSE_CODE_NODE_DEAD -> CauseCode.NODE_DEAD;
            case CAUSE_CODE_NODE_AWAY -> CauseCode.NODE_AWAY;
            case CAUSE_CODE_NODE_NOT_READY -> CauseCode.NODE_NOT_READY;
            case CAUSE_CODE_NO_METADATA_LEADER -> CauseCode.NO_METADATA_LEADER;
            case CAUSE_CODE_UNSPECIFIED, UNRECOGNIZED -> CauseCode.UNKNOWN;
        };
    }

    private static Optional<java.time.Duration> duration(boolean present, Duration message) {
        return present ? Optional.of(GroupMessages.duration(message)) : Optional.empty();
    }

    private static OptionalDouble rate(boolean present, double value) {
        return present ? OptionalDouble.of(value) : OptionalDouble.empty();
    }
}
