package io.cordwood.client;

import com.google.protobuf.Timestamp;
import io.cordwood.proto.v1.DeleteGroupRequest;
import io.cordwood.proto.v1.DeleteGroupResponse;
import io.cordwood.proto.v1.DescribeGroupRequest;
import io.cordwood.proto.v1.DescribeGroupResponse;
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
