package io.cordwood.client;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.cordwood.proto.v1.DeleteGroupRequest;
import io.cordwood.proto.v1.DeleteGroupResponse;
import io.cordwood.proto.v1.DeleteOffsetsRequest;
import io.cordwood.proto.v1.DeleteOffsetsResponse;
import io.cordwood.proto.v1.DescribeGroupRequest;
import io.cordwood.proto.v1.DescribeGroupResponse;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.GetLagResponse;
import io.cordwood.proto.v1.Group;
import io.cordwood.proto.v1.GroupMember;
import io.cordwood.proto.v1.GroupPartitionState;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.GroupState;
import io.cordwood.proto.v1.GroupSummary;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.ListGroupsRequest;
import io.cordwood.proto.v1.ListGroupsResponse;
import io.cordwood.proto.v1.OffsetDeletion;
import io.cordwood.proto.v1.PartitionLag;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.ResetOffsetsResponse;
import io.cordwood.proto.v1.ResetPartition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * The group service of one node of a {@link ScriptedCluster}.
 *
 * <p><b>Thread:</b> under the cluster's lock.
 */
final class ScriptedGroupService extends GroupServiceGrpc.GroupServiceImplBase {
    private final ScriptedCluster cluster;
    private final int nodeId;

    ScriptedGroupService(ScriptedCluster cluster, int nodeId) {
        this.cluster = cluster;
        this.nodeId = nodeId;
    }

    @Override
    public StreamObserver<JoinGroupRequest> joinGroup(StreamObserver<JoinGroupResponse> observer) {
        var answers = (ServerCallStreamObserver<JoinGroupResponse>) observer;
        synchronized (cluster) {
            var stream = cluster.group.open(nodeId, answers);
            // A handler makes writes to a stream that has ended harmless.
            answers.setOnCancelHandler(() -> stream.onError(new IllegalStateException("cancelled")));
            return stream;
        }
    }

    /** One group on each page. */
    @Override
    public void listGroups(ListGroupsRequest request, StreamObserver<ListGroupsResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "ListGroups", observer, () -> {
            int place = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
            synchronized (cluster) {
                var group = GroupSummary.newBuilder()
                        .setName("group-" + place)
                        .setState(GroupState.GROUP_STATE_STABLE)
                        .setMemberCount(place);
                return ListGroupsResponse.newBuilder()
                        .addGroups(group)
                        .setNextPageToken(place < 2 ? Integer.toString(place + 1) : "")
                        .build();
            }
        });
    }

    @Override
    public void describeGroup(DescribeGroupRequest request, StreamObserver<DescribeGroupResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "DescribeGroup", observer, () -> {
            synchronized (cluster) {
                var group = Group.newBuilder()
                        .setName(request.getGroup())
                        .setState(GroupState.GROUP_STATE_SETTLING)
                        .setEpoch(7);
                cluster.group
                        .members
                        .values()
                        .forEach(member -> group.addMembers(GroupMember.newBuilder()
                                .setMemberId(member.id)
                                .addAllTopics(member.hello.getTopicsList())
                                .setPartitionCount(member.since.size())));
                cluster.group.offsets.forEach(
                        (partition, stored) -> group.addPartitions(GroupPartitionState.newBuilder()
                                .setTopic(partition.topic())
                                .setPartition(partition.partition())
                                .setOffset(stored.offset())
                                .setMetadata(stored.metadata())
                                .setCommitTime(Timestamp.newBuilder().setSeconds(1_700_000_000))));
                return DescribeGroupResponse.newBuilder().setGroup(group).build();
            }
        });
    }

    @Override
    public void deleteGroup(DeleteGroupRequest request, StreamObserver<DeleteGroupResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "DeleteGroup", observer, DeleteGroupResponse::getDefaultInstance);
    }

    /** Partitions that are asked for by name cannot be measured. */
    @Override
    public void getLag(GetLagRequest request, StreamObserver<GetLagResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "GetLag", observer, () -> {
            synchronized (cluster) {
                cluster.group.lagRequests.add(request);
                var answer = GetLagResponse.newBuilder();
                request.getPartitionsList()
                        .forEach(asked -> answer.addPartitions(PartitionLag.newBuilder()
                                .setTopic(asked.getTopic())
                                .setPartition(asked.getPartition())
                                .setError(Refusals.of("LEADER_UNKNOWN", "an election goes on"))));
                if (request.getPartitionsCount() == 0) {
                    answer.addPartitions(lag());
                }
                return answer.build();
            }
        });
    }

    private static PartitionLag.Builder lag() {
        return PartitionLag.newBuilder()
                .setTopic("orders")
                .setPartition(1)
                .setOffset(40)
                .setLogStartOffset(20)
                .setHighWatermark(90)
                .setRecords(50)
                .setBytes(5_000)
                .setTrimmedRecords(3)
                .setAge(Duration.newBuilder().setSeconds(12).setNanos(500_000_000))
                .setUntilTrimmed(Duration.newBuilder().setSeconds(3_600))
                .setCommittedPerSecond(7.5)
                .setAppendedPerSecond(2.5)
                .setUntilCaughtUp(Duration.newBuilder().setSeconds(10));
    }

    /** Whatever has an offset is deleted. */
    @Override
    public void deleteOffsets(DeleteOffsetsRequest request, StreamObserver<DeleteOffsetsResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "DeleteOffsets", observer, () -> {
            synchronized (cluster) {
                var answer = DeleteOffsetsResponse.newBuilder();
                for (var asked : request.getPartitionsList()) {
                    var result = OffsetDeletion.newBuilder()
                            .setTopic(asked.getTopic())
                            .setPartition(asked.getPartition());
                    var partition = new TopicPartition(asked.getTopic(), asked.getPartition());
                    if (cluster.group.offsets.remove(partition) == null) {
                        result.setError(Refusals.of("GROUP_ACTIVE", "a member has it"));
                    }
                    answer.addResults(result);
                }
                return answer.build();
            }
        });
    }

    @Override
    public void resetOffsets(ResetOffsetsRequest request, StreamObserver<ResetOffsetsResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "ResetOffsets", observer, () -> {
            synchronized (cluster) {
                cluster.group.resets.add(request);
                return ResetOffsetsResponse.newBuilder()
                        .addPartitions(ResetPartition.newBuilder()
                                .setTopic("orders")
                                .setPartition(1)
                                .setBefore(9)
                                .setOffset(4)
                                .setLogStartOffset(2)
                                .setHighWatermark(20))
                        .build();
            }
        });
    }
}
