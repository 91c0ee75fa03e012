package io.cordwood.server.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.cordwood.proto.internal.v1.ForwardRequest;
import io.cordwood.proto.internal.v1.ForwardResponse;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Peers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.tracing.CallTrace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Passes unary calls on to other nodes, one hop at most: what arrives is answered here or refused.
 *
 * <p><b>Thread:</b> any.
 */
final class Forwarding {
    static final String METHOD = "forward";
    /** The other node gives up that much earlier, so that its reason arrives before ours. */
    private static final Duration ANSWER_MARGIN = Duration.ofMillis(100);

    private final Peers peers;
    private final OpenWaits waits;

    Forwarding(Peers peers, OpenWaits waits) {
        this.peers = peers;
        this.waits = waits;
    }

    /** Carries a call out on this node, whoever it comes from. */
    <Q extends Message, R extends Message> CompletableFuture<R> here(
            ForwardedMethod<Q, R> method, Q request, Deadline deadline) {
        return waits.during(deadline, method.here().to(request, deadline, method.trace()));
    }

    /** From now on other nodes may pass calls of these methods on to this one. */
    void serve(List<ForwardedMethod<?, ?>> methods) {
        Map<String, ForwardedMethod<?, ?>> byName =
                methods.stream().collect(Collectors.toUnmodifiableMap(ForwardedMethod::name, Function.identity()));
        peers.handle(METHOD, bytes -> answer(byName, bytes).thenApply(Message::toByteArray));
    }

    /** Fails with {@link RefusedException} where the other node refuses. */
    <Q extends Message, R extends Message> CompletableFuture<R> call(
            int nodeId, ForwardedMethod<Q, R> method, Q request, Deadline deadline) {
        var left = deadline.left();
        long timeoutMs = Math.max(1, left.minus(ANSWER_MARGIN).toMillis());
        var envelope = ForwardRequest.newBuilder()
                .setMethod(method.name())
                .setRequest(request.toByteString())
                .setTimeoutMs(timeoutMs)
                .putAllTraceHeaders(method.trace().headers())
                .build();
        return peers.call(nodeId, METHOD, envelope.toByteArray(), left)
                .exceptionallyCompose(failure -> RefusedException.failedFuture(noAnswer(nodeId, failure)))
                .thenCompose(bytes -> decode(method, bytes));
    }

    private static Refusal noAnswer(int nodeId, Throwable failure) {
        return Refusal.of(
                Reason.REQUEST_TIMED_OUT,
                "node " + nodeId + " did not answer, so the outcome is unknown: " + RefusedException.unwrap(failure));
    }

    private static <R extends Message> CompletableFuture<R> decode(ForwardedMethod<?, R> method, byte[] bytes) {
        try {
            var response = ForwardResponse.parseFrom(bytes);
            return response.hasError()
                    ? RefusedException.failedFuture(Errors.refusal(response.getError()))
                    : CompletableFuture.completedFuture(method.responses().parseFrom(response.getResponse()));
        } catch (InvalidProtocolBufferException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<ForwardResponse> answer(Map<String, ForwardedMethod<?, ?>> methods, byte[] bytes) {
        return dispatch(methods, bytes).handle((response, failure) -> {
            var answer = ForwardResponse.newBuilder();
            return failure == null
                    ? answer.setResponse(response).build()
                    : answer.setError(Errors.status(failure)).build();
        });
    }

    private CompletableFuture<ByteString> dispatch(Map<String, ForwardedMethod<?, ?>> methods, byte[] bytes) {
        try {
            var envelope = ForwardRequest.parseFrom(bytes);
            var method = methods.get(envelope.getMethod());
            return method == null
                    ? RefusedException.failedFuture(Refusal.field(
                            Reason.INVALID_ARGUMENT, "method", envelope.getMethod(), "one of " + methods.keySet()))
                    : callHere(method, envelope);
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private <Q extends Message, R extends Message> CompletableFuture<ByteString> callHere(
            ForwardedMethod<Q, R> method, ForwardRequest envelope) throws InvalidProtocolBufferException {
        var request = method.requests().parseFrom(envelope.getRequest());
        var deadline = Deadline.after(Duration.ofMillis(envelope.getTimeoutMs()));
        var trace = new CallTrace(envelope.getTraceHeadersMap());
        return here(method.within(trace), request, deadline).thenApply(Message::toByteString);
    }
}
