package io.cordwood.server.rpc;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.cordwood.metadata.Assignor;
import io.cordwood.metadata.CommittedOffset;
import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.GroupAssignor;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberJoined;
import io.cordwood.proto.v1.MemberLease;
import io.cordwood.proto.v1.RevokedPartition;
import io.cordwood.proto.v1.TrimmedOffsets;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What members are told of their groups, as messages. Pure functions but for the names of topics.
 *
 * <p><b>Thread:</b> any.
 */
final class GroupMessages {
    private static final int PINGS_IN_A_SESSION = 4;
    /** In {@link CommittedOffset}: the leader epoch is not known. */
    static final int NO_LEADER_EPOCH = -1;

    private final TopicNames names;

    GroupMessages(TopicNames names) {
        this.names = names;
    }

    MemberJoined joined(String memberId, long epoch, GroupSettings settings) {
        return MemberJoined.newBuilder()
                .setMemberId(memberId)
                .setMemberEpoch(epoch)
                .setLease(lease(settings))
                .setTrimmedOffsets(wire(settings.trimmedOffsets()))
                .build();
    }

    static MemberLease lease(GroupSettings settings) {
        return MemberLease.newBuilder()
                .setSessionTimeout(wire(settings.sessionTimeout()))
                .setPingInterval(wire(settings.sessionTimeout().dividedBy(PINGS_IN_A_SESSION)))
                .build();
    }

    /** @param image that shows the assignment */
    MemberAssignment assignment(String group, GroupAssignment assignment, MetadataImage image) {
        var message = MemberAssignment.newBuilder().setMemberEpoch(assignment.epoch());
        var offsets = image.groups().group(group).map(found -> found.offsets()).orElse(Collections.emptySortedMap());
        for (Map.Entry<PartitionId, Long> assigned : assignment.assigned().entrySet()) {
            var id = assigned.getKey();
            var partition = AssignedPartition.newBuilder()
                    .setTopic(names.of(id.topicId(), image))
                    .setTopicId(id.topicId().toString())
                    .setPartition(id.partition())
                    .setSinceEpoch(assigned.getValue());
            Optional.ofNullable(offsets.get(id)).ifPresent(offset -> {
                partition.setOffset(offset.offset()).setMetadata(offset.metadata());
                if (offset.leaderEpoch() != NO_LEADER_EPOCH) {
                    partition.setLeaderEpoch(offset.leaderEpoch());
                }
            });
            message.addAssigned(partition);
        }
        assignment
                .revoked()
                .forEach((id, since) -> message.addRevoked(RevokedPartition.newBuilder()
                        .setTopic(names.of(id.topicId(), image))
                        .setTopicId(id.topicId().toString())
                        .setPartition(id.partition())
                        .setSinceEpoch(since)));
        return message.build();
    }

    static Duration wire(java.time.Duration duration) {
        return Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }

    static Timestamp time(long millis) {
        return Timestamp.newBuilder()
                .setSeconds(Math.floorDiv(millis, 1000L))
                .setNanos((int) Math.floorMod(millis, 1000L) * 1_000_000)
                .build();
    }

    static TrimmedOffsets wire(io.cordwood.metadata.TrimmedOffsets trimmed) {
        return switch (trimmed) {
            case EARLIEST -> TrimmedOffsets.TRIMMED_OFFSETS_EARLIEST;
            case LATEST -> TrimmedOffsets.TRIMMED_OFFSETS_LATEST;
            case FAIL -> TrimmedOffsets.TRIMMED_OFFSETS_FAIL;
        };
    }

    static GroupAssignor wire(Assignor assignor) {
        return switch (assignor) {
            case STICKY -> GroupAssignor.GROUP_ASSIGNOR_STICKY;
            case RANGE -> GroupAssignor.GROUP_ASSIGNOR_RANGE;
        };
    }

    /** @throws io.cordwood.server.cluster.RefusedException where the text is none */
    static UUID topicId(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "topic_id", text, "a UUID")
                    .exception();
        }
    }

    /** @throws io.cordwood.server.cluster.RefusedException where no partition has this number */
    static PartitionId partition(UUID topicId, int partition) {
        if (partition < 0) {
            throw Refusal.field(Reason.PARTITION_OUT_OF_RANGE, "partition", partition, "0 or more")
                    .exception();
        }
        return new PartitionId(topicId, partition);
    }
}
