package io.cordwood.server.rpc;

import io.cordwood.proto.internal.v1.NodeHealthRequest;
import io.cordwood.proto.internal.v1.NodeHealthResponse;
import io.cordwood.proto.internal.v1.NodeHindrance;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.health.Hindrance;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Asks a node what its health checks say.
 *
 * <p><b>Thread:</b> any.
 */
final class NodeHealthCall {
    private static final Duration NODE_WAIT = Duration.ofSeconds(3);

    private final int thisNode;
    private final Forwarding forwarding;
    private final HealthReasons reasons;
    private final ForwardedMethod<NodeHealthRequest, NodeHealthResponse> method;

    NodeHealthCall(int thisNode, Forwarding forwarding, HealthReasons reasons) {
        this.thisNode = thisNode;
        this.forwarding = forwarding;
        this.reasons = reasons;
        this.method = ForwardedMethod.internal(
                "cordwood.internal.v1/NodeHealth",
                NodeHealthRequest.getDefaultInstance(),
                NodeHealthResponse.getDefaultInstance(),
                this::here);
    }

    ForwardedMethod<NodeHealthRequest, NodeHealthResponse> method() {
        return method;
    }

    /** Fails where the node does not answer in time. */
    CompletableFuture<List<Hindrance>> of(int node, Deadline deadline) {
        var request = NodeHealthRequest.getDefaultInstance();
        var answer = node == thisNode
                ? here(request, deadline)
                : forwarding.call(node, method, request, deadline.earlier(NODE_WAIT));
        return answer.thenApply(response -> response.getHindrancesList().stream()
                .flatMap(NodeHealthCall::hindrance)
                .toList());
    }

    private CompletableFuture<NodeHealthResponse> here(NodeHealthRequest request, Deadline deadline) {
        var response = NodeHealthResponse.newBuilder();
        reasons.now()
                .forEach(hindrance -> response.addHindrances(NodeHindrance.newBuilder()
                        .setCode(hindrance.code().name())
                        .setMessage(hindrance.message())));
        return CompletableFuture.completedFuture(response.build());
    }

    /** None where a newer program speaks of what this one does not know. */
    private static Stream<Hindrance> hindrance(NodeHindrance said) {
        return Stream.of(Hindrance.Code.values())
                .filter(code -> code.name().equals(said.getCode()))
                .map(code -> new Hindrance(code, said.getMessage()));
    }
}
