package io.cordwood.server.rpc;

import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.CommitOffsetsResponse;
import io.cordwood.proto.v1.DeleteGroupRequest;
import io.cordwood.proto.v1.DeleteGroupResponse;
import io.cordwood.proto.v1.DeleteOffsetsRequest;
import io.cordwood.proto.v1.DeleteOffsetsResponse;
import io.cordwood.proto.v1.DescribeGroupRequest;
import io.cordwood.proto.v1.DescribeGroupResponse;
import io.cordwood.proto.v1.FetchOffsetsRequest;
import io.cordwood.proto.v1.FetchOffsetsResponse;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.GetLagResponse;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.ListGroupsRequest;
import io.cordwood.proto.v1.ListGroupsResponse;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.ResetOffsetsResponse;
import io.cordwood.server.group.Groups;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * The service of consumer groups.
 *
 * <p><b>Thread:</b> event loops; nothing here blocks.
 */
final class GroupRpc extends GroupServiceGrpc.GroupServiceImplBase {
    private final GroupStream.Ports streams;
    private final OpenStreams open;
    private final Groups groups;
    private final GroupDescriptions descriptions;
    private final GroupLagCall lag;
    private final Changes changes;

    /** The calls that change something. */
    record Changes(CommitOffsetsCall commit, DeleteOffsetsCall deleteOffsets, ResetOffsetsCall reset) {}

    GroupRpc(
            GroupStream.Ports streams,
            OpenStreams open,
            Groups groups,
            GroupDescriptions descriptions,
            GroupLagCall lag,
            Changes changes) {
        this.streams = streams;
        this.open = open;
        this.groups = groups;
        this.descriptions = descriptions;
        this.lag = lag;
        this.changes = changes;
    }

    @Override
    public StreamObserver<JoinGroupRequest> joinGroup(StreamObserver<JoinGroupResponse> out) {
        var call = (ServerCallStreamObserver<JoinGroupResponse>) out;
        var stream = new GroupStream(streams, CallerHost.ofCurrentCall(), call, open::remove);
        open.add(stream);
        stream.start();
        return stream;
    }

    @Override
    public void commitOffsets(CommitOffsetsRequest request, StreamObserver<CommitOffsetsResponse> out) {
        Answers.unary(out, deadline -> changes.commit().call(request, deadline));
    }

    @Override
    public void fetchOffsets(FetchOffsetsRequest request, StreamObserver<FetchOffsetsResponse> out) {
        Answers.unary(out, deadline -> {
            RepeatedFields.requireFew("partitions", request.getPartitionsCount());
            return groups.find(request.getGroup()).thenApply(found -> descriptions.offsets(request, found));
        });
    }

    @Override
    public void listGroups(ListGroupsRequest request, StreamObserver<ListGroupsResponse> out) {
        Answers.unary(
                out,
                deadline -> groups.list(request.getPageSize(), request.getPageToken())
                        .thenApply(page -> {
                            var response = ListGroupsResponse.newBuilder().setNextPageToken(page.nextToken());
                            page.groups().forEach(group -> response.addGroups(GroupDescriptions.summary(group)));
                            return response.build();
                        }));
    }

    @Override
    public void describeGroup(DescribeGroupRequest request, StreamObserver<DescribeGroupResponse> out) {
        Answers.unary(
                out,
                deadline -> groups.find(request.getGroup())
                        .thenApply(found -> DescribeGroupResponse.newBuilder()
                                .setGroup(descriptions.described(found))
                                .build()));
    }

    @Override
    public void deleteGroup(DeleteGroupRequest request, StreamObserver<DeleteGroupResponse> out) {
        Answers.unary(
                out,
                deadline ->
                        groups.delete(request.getGroup()).thenApply(done -> DeleteGroupResponse.getDefaultInstance()));
    }

    @Override
    public void deleteOffsets(DeleteOffsetsRequest request, StreamObserver<DeleteOffsetsResponse> out) {
        Answers.unary(out, deadline -> changes.deleteOffsets().call(request));
    }

    @Override
    public void resetOffsets(ResetOffsetsRequest request, StreamObserver<ResetOffsetsResponse> out) {
        Answers.unary(out, deadline -> changes.reset().call(request, deadline));
    }

    @Override
    public void getLag(GetLagRequest request, StreamObserver<GetLagResponse> out) {
        Answers.unary(out, deadline -> lag.call(request, deadline));
    }
}
