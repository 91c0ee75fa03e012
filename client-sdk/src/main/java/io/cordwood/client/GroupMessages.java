package io.cordwood.client;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.GroupPartition;
import io.cordwood.proto.v1.GroupSettings;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberPing;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.TrimmedOffsets;
import java.util.List;
import java.util.UUID;

/** Messages of a group's members from and to what the client speaks of. Pure functions. */
final class GroupMessages {
    /** Of why a member has stopped. */
    private static final int STATUS_MAX_CHARS = 500;

    private GroupMessages() {}

    static MemberHello hello(GroupSubscription subscription, String memberId, long epoch) {
        return MemberHello.newBuilder()
                .setGroup(subscription.group())
                .setMemberId(memberId)
                .setMemberEpoch(epoch)
                .setName(subscription.name())
                .setInstanceId(subscription.instanceId())
                .setRack(subscription.rack())
                .addAllTopics(subscription.topics())
                .setPattern(subscription.pattern())
                .setSettings(GroupSettings.newBuilder()
                        .setSessionTimeout(duration(subscription.sessionTimeout()))
                        .setAssignor(assignor(subscription.assignor()))
                        .setTrimmedOffsets(trimmedOffsets(subscription.outOfRange())))
                .build();
    }

    static MemberCommit commit(long id, long epoch, List<GroupMembership.Commit> commits) {
        var message = MemberCommit.newBuilder().setCommitId(id).setMemberEpoch(epoch);
        for (var commit : commits) {
            var offset = OffsetCommit.newBuilder()
                    .setTopic(commit.partition().topic())
                    .setTopicId(commit.topicId().toString())
                    .setPartition(commit.partition().partition())
                    .setOffset(commit.offset())
                    .setMetadata(commit.metadata());
            if (commit.leaderEpoch() >= 0) {
                offset.setLeaderEpoch(commit.leaderEpoch());
            }
            message.addOffsets(offset);
        }
        return message.build();
    }

    static MemberRelease release(long epoch, List<PartitionId> partitions) {
        var message = MemberRelease.newBuilder().setMemberEpoch(epoch);
        for (var partition : partitions) {
            message.addPartitions(partition(partition));
        }
        return message.build();
    }

    static MemberPing ping(long id, long epoch, List<HeldPartition> held) {
        return MemberPing.newBuilder()
                .setPingId(id)
                .setMemberEpoch(epoch)
                .addAllHeld(held.stream().map(GroupMessages::progress).toList())
                .build();
    }

    private static MemberProgress progress(HeldPartition held) {
        var message = MemberProgress.newBuilder()
                .setPartition(partition(held.id()))
                .setOffset(held.offset())
                .setPaused(held.paused())
                .setFull(held.full())
                .setFailedAttempts(held.failedAttempts());
        held.processing().ifPresent(time -> message.setProcessing(duration(time)));
        held.stopped().ifPresent(reason -> message.setStopped(status(reason)));
        return message.build();
    }

    private static GroupPartition.Builder partition(PartitionId id) {
        return GroupPartition.newBuilder().setTopicId(id.topicId().toString()).setPartition(id.number());
    }

    /** Without details where the application failed, and not the service. */
    private static Status status(RuntimeException reason) {
        var text = String.valueOf(reason.getMessage());
        var status = Status.newBuilder()
                .setCode(Code.ABORTED_VALUE)
                .setMessage(text.substring(0, Math.min(text.length(), STATUS_MAX_CHARS)));
        if (reason instanceof CordwoodException known) {
            boolean outOfRange = known.code() == ErrorCode.OFFSET_OUT_OF_RANGE;
            var info = ErrorInfo.newBuilder()
                    .setDomain(StatusTranslation.DOMAIN)
                    .setReason(known.code().name());
            status.setCode(outOfRange ? Code.OUT_OF_RANGE_VALUE : Code.FAILED_PRECONDITION_VALUE)
                    .addDetails(Any.pack(info.build()));
        }
        return status.build();
    }

    static List<GroupMembership.Revocation> revocations(MemberAssignment message) {
        return message.getRevokedList().stream()
                .map(revoked -> new GroupMembership.Revocation(
                        new PartitionId(UUID.fromString(revoked.getTopicId()), revoked.getPartition()),
                        revoked.getSinceEpoch()))
                .toList();
    }

    /** @param offset where it begins, whether that is committed or not */
    static GroupMembership.Assignment assignment(AssignedPartition message, long offset) {
        return new GroupMembership.Assignment(
                partition(message),
                UUID.fromString(message.getTopicId()),
                message.getSinceEpoch(),
                offset,
                message.hasOffset() ? message.getOffset() : -1,
                message.getMetadata());
    }

    static TopicPartition partition(AssignedPartition message) {
        return new TopicPartition(message.getTopic(), message.getPartition());
    }

    /** What a refused offset means for its partition. */
    static GroupMembership.CommitOutcome outcome(CordwoodException refusal) {
        if (refusal.retryable()) {
            return GroupMembership.CommitOutcome.UNCONFIRMED;
        }
        return switch (refusal.code()) {
            case OFFSET_BEHIND -> GroupMembership.CommitOutcome.COMMITTED;
            case OFFSET_OUT_OF_RANGE -> GroupMembership.CommitOutcome.OUT_OF_RANGE;
            case MEMBER_FENCED, PARTITION_NOT_OWNED, UNKNOWN_TOPIC, PARTITION_OUT_OF_RANGE ->
                GroupMembership.CommitOutcome.NOT_OWNED;
            case UNKNOWN_MEMBER, UNKNOWN_GROUP -> GroupMembership.CommitOutcome.FENCED;
            default -> GroupMembership.CommitOutcome.refused(refusal);
        };
    }

    static Duration duration(java.time.Duration duration) {
        return Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }

    static java.time.Duration duration(Duration message) {
        return java.time.Duration.ofSeconds(message.getSeconds(), message.getNanos());
    }

    static io.cordwood.proto.v1.GroupAssignor assignor(GroupAssignor assignor) {
        return switch (assignor) {
            case STICKY -> io.cordwood.proto.v1.GroupAssignor.GROUP_ASSIGNOR_STICKY;
            case RANGE -> io.cordwood.proto.v1.GroupAssignor.GROUP_ASSIGNOR_RANGE;
        };
    }

    static GroupAssignor assignor(io.cordwood.proto.v1.GroupAssignor message) {
        return switch (message) {
            case GROUP_ASSIGNOR_UNSPECIFIED, GROUP_ASSIGNOR_STICKY -> GroupAssignor.STICKY;
            case GROUP_ASSIGNOR_RANGE -> GroupAssignor.RANGE;
            case UNRECOGNIZED -> throw new CordwoodException(ErrorCode.UNKNOWN, "the group has an unknown assignor");
        };
    }

    static TrimmedOffsets trimmedOffsets(OutOfRange outOfRange) {
        return switch (outOfRange) {
            case EARLIEST -> TrimmedOffsets.TRIMMED_OFFSETS_EARLIEST;
            case LATEST -> TrimmedOffsets.TRIMMED_OFFSETS_LATEST;
            case FAIL -> TrimmedOffsets.TRIMMED_OFFSETS_FAIL;
        };
    }

    static OutOfRange outOfRange(TrimmedOffsets message) {
        return switch (message) {
            case TRIMMED_OFFSETS_UNSPECIFIED, TRIMMED_OFFSETS_EARLIEST -> OutOfRange.EARLIEST;
            case TRIMMED_OFFSETS_LATEST -> OutOfRange.LATEST;
            case TRIMMED_OFFSETS_FAIL, UNRECOGNIZED -> OutOfRange.FAIL;
        };
    }
}
