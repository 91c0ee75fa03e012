package io.cordwood.server.rpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.tracing.CallTrace;
import io.grpc.MethodDescriptor;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/**
 * A unary call that one node may pass on to the one that can answer it.
 *
 * @param name full method name
 * @param repeatable a repetition changes nothing, so a call without an answer may be sent again
 * @param here answers on this node, and never passes on
 * @param trace of this call; it goes with it to the other node
 */
record ForwardedMethod<Q extends Message, R extends Message>(
        String name, Parser<Q> requests, Parser<R> responses, boolean repeatable, Answer<Q, R> here, CallTrace trace) {

    /** How a node answers a call. */
    interface Answer<Q extends Message, R extends Message> {
        CompletableFuture<R> to(Q request, Deadline deadline, CallTrace trace);
    }

    /** One that leaves no spans. */
    static <Q extends Message, R extends Message> ForwardedMethod<Q, R> of(
            MethodDescriptor<Q, R> method,
            Q request,
            R response,
            boolean repeatable,
            BiFunction<Q, Deadline, CompletableFuture<R>> here) {
        return traceable(
                method, request, response, repeatable, (asked, deadline, trace) -> here.apply(asked, deadline));
    }

    /** One that nodes ask of each other only, and that changes nothing. */
    static <Q extends Message, R extends Message> ForwardedMethod<Q, R> internal(
            String name, Q request, R response, BiFunction<Q, Deadline, CompletableFuture<R>> here) {
        return of(name, request, response, true, (asked, deadline, trace) -> here.apply(asked, deadline));
    }

    static <Q extends Message, R extends Message> ForwardedMethod<Q, R> traceable(
            MethodDescriptor<Q, R> method, Q request, R response, boolean repeatable, Answer<Q, R> here) {
        return of(method.getFullMethodName(), request, response, repeatable, here);
    }

    private static <Q extends Message, R extends Message> ForwardedMethod<Q, R> of(
            String name, Q request, R response, boolean repeatable, Answer<Q, R> here) {
        @SuppressWarnings("unchecked") // a message's parser makes messages of its own type
        var requests = (Parser<Q>) request.getParserForType();
        @SuppressWarnings("unchecked")
        var responses = (Parser<R>) response.getParserForType();
        return new ForwardedMethod<>(name, requests, responses, repeatable, here, CallTrace.NONE);
    }

    /** The same method, called as a part of this trace. */
    ForwardedMethod<Q, R> within(CallTrace caller) {
        return new ForwardedMethod<>(name, requests, responses, repeatable, here, caller);
    }
}
