package io.cordwood.server.rpc;

import io.cordwood.coordinator.MemberHello;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.CommitOffsetsResponse;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.GroupRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.group.CommitEnds;
import io.cordwood.server.group.GroupCoordination;
import io.cordwood.server.metrics.ServerMeters;
import java.util.concurrent.CompletableFuture;

/**
 * CommitOffsets: the metadata leader writes them, together with those of the streams.
 *
 * <p><b>Thread:</b> any.
 */
final class CommitOffsetsCall {
    private final Cluster cluster;
    private final GroupCoordination coordination;
    private final CommitEnds ends;
    private final MetadataRouter router;
    private final ServerMeters meters;
    private final ForwardedMethod<CommitOffsetsRequest, CommitOffsetsResponse> method;

    CommitOffsetsCall(
            Cluster cluster,
            GroupCoordination coordination,
            CommitEnds ends,
            MetadataRouter router,
            ServerMeters meters) {
        this.cluster = cluster;
        this.coordination = coordination;
        this.ends = ends;
        this.router = router;
        this.meters = meters;
        this.method = ForwardedMethod.of(
                GroupServiceGrpc.getCommitOffsetsMethod(),
                CommitOffsetsRequest.getDefaultInstance(),
                CommitOffsetsResponse.getDefaultInstance(),
                false,
                this::here);
    }

    ForwardedMethod<CommitOffsetsRequest, CommitOffsetsResponse> method() {
        return method;
    }

    CompletableFuture<CommitOffsetsResponse> call(CommitOffsetsRequest request, Deadline deadline) {
        RepeatedFields.requireFew("offsets", request.getOffsetsCount());
        MemberHellos.requireName("group", request.getGroup());
        if (request.getMemberId().isEmpty()) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "member_id", "", "that of a member")
                    .exception();
        }
        MemberHello.checkMemberId(request.getMemberId()).ifPresent(refused -> {
            throw GroupRefusals.of(refused).exception();
        });
        return router.call(method, request, deadline);
    }

    private CompletableFuture<CommitOffsetsResponse> here(CommitOffsetsRequest request, Deadline deadline) {
        var offsets = OffsetCommits.of(request.getOffsetsList(), cluster.image());
        var member = new MemberRef(request.getGroup(), request.getMemberId());
        return ends.of(offsets.accepted())
                .thenCompose(found -> coordination.commit(member, offsets.request(0, request.getMemberEpoch(), found)))
                .thenApply(refused -> CommitOffsetsResponse.newBuilder()
                        .addAllResults(offsets.results(refused, meters))
                        .build());
    }
}
