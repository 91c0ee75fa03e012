package io.cordwood.server.rpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.cordwood.server.cluster.Deadline;
import io.grpc.MethodDescriptor;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/**
 * A unary call that one node may pass on to the one that can answer it.
 *
 * @param name full method name
 * @param repeatable a repetition changes nothing, so a call without an answer may be sent again
 * @param here answers on this node, and never passes on
 */
record ForwardedMethod<Q extends Message, R extends Message>(
        String name,
        Parser<Q> requests,
        Parser<R> responses,
        boolean repeatable,
        BiFunction<Q, Deadline, CompletableFuture<R>> here) {

    static <Q extends Message, R extends Message> ForwardedMethod<Q, R> of(
            MethodDescriptor<Q, R> method,
            Q request,
            R response,
            boolean repeatable,
            BiFunction<Q, Deadline, CompletableFuture<R>> here) {
        @SuppressWarnings("unchecked") // a message's parser makes messages of its own type
        var requests = (Parser<Q>) request.getParserForType();
        @SuppressWarnings("unchecked")
        var responses = (Parser<R>) response.getParserForType();
        return new ForwardedMethod<>(method.getFullMethodName(), requests, responses, repeatable, here);
    }

    /** The same method, answered here in another way. */
    ForwardedMethod<Q, R> answeredBy(BiFunction<Q, Deadline, CompletableFuture<R>> other) {
        return new ForwardedMethod<>(name, requests, responses, repeatable, other);
    }
}
