package io.cordwood.server.rpc;

import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.internal.v1.CommitPace;
import io.cordwood.proto.internal.v1.CommitPacesRequest;
import io.cordwood.proto.internal.v1.CommitPacesResponse;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.group.GroupCoordination;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Asks the metadata leader how fast a group commits. Nobody waits long for what is only an estimate: where it does not answer
 * nothing is known.
 *
 * <p><b>Thread:</b> any.
 */
final class CommitPacesCall {
    private static final Duration WAIT = Duration.ofSeconds(2);

    private final MetadataRouter router;
    private final GroupCoordination coordination;
    private final ForwardedMethod<CommitPacesRequest, CommitPacesResponse> method;

    CommitPacesCall(MetadataRouter router, GroupCoordination coordination) {
        this.router = router;
        this.coordination = coordination;
        this.method = ForwardedMethod.internal(
                "cordwood.internal.v1/CommitPaces",
                CommitPacesRequest.getDefaultInstance(),
                CommitPacesResponse.getDefaultInstance(),
                this::here);
    }

    ForwardedMethod<CommitPacesRequest, CommitPacesResponse> method() {
        return method;
    }

    /** Offsets per second, of the partitions of which that is known. It never fails. */
    CompletableFuture<Map<PartitionId, Double>> of(String group, Deadline deadline) {
        var request = CommitPacesRequest.newBuilder().setGroup(group).build();
        return router.call(method, request, deadline.earlier(WAIT))
                .thenApply(CommitPacesCall::paces)
                .exceptionally(failure -> Map.of());
    }

    private static Map<PartitionId, Double> paces(CommitPacesResponse response) {
        var paces = new HashMap<PartitionId, Double>();
        response.getPacesList()
                .forEach(pace -> paces.put(
                        new PartitionId(GroupMessages.topicId(pace.getTopicId()), pace.getPartition()),
                        pace.getPerSecond()));
        return paces;
    }

    private CompletableFuture<CommitPacesResponse> here(CommitPacesRequest request, Deadline deadline) {
        return coordination.paces(request.getGroup()).thenApply(paces -> {
            var response = CommitPacesResponse.newBuilder();
            paces.forEach((id, perSecond) -> response.addPaces(CommitPace.newBuilder()
                    .setTopicId(id.topicId().toString())
                    .setPartition(id.partition())
                    .setPerSecond(perSecond)));
            return response.build();
        });
    }
}
