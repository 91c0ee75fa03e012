package io.cordwood.raft;

import io.cordwood.raft.NodeTransport.NodeHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.Context;
import org.apache.ratis.thirdparty.io.grpc.Contexts;
import org.apache.ratis.thirdparty.io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import org.apache.ratis.thirdparty.io.grpc.HandlerRegistry;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.ServerMethodDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * The node methods that this node answers, by name: {@code cordwood.internal.v1.Node/<method>}. At most
 * {@value #MAX_CALLS} calls are under way at once; more are refused.
 *
 * <p>Thread: any.
 */
final class NodeMethods extends HandlerRegistry {
    static final int MAX_CALLS = 1024;

    private static final String SERVICE = "cordwood.internal.v1.Node";
    private static final Metadata.Key<String> CALLER =
            Metadata.Key.of("cordwood-node", Metadata.ASCII_STRING_MARSHALLER);
    private static final Context.Key<Integer> CALLER_ID = Context.keyWithDefault("cordwood-node", 0);

    /** Puts the calling node's id into the context of the call. */
    static final ServerInterceptor READ_CALLER = new CallerInterceptor();

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new ByteMarshaller();

    private final Map<String, ServerMethodDefinition<byte[], byte[]>> methods = new ConcurrentHashMap<>();
    private final Semaphore calls = new Semaphore(MAX_CALLS);

    void put(String method, NodeHandler handler) {
        var descriptor = descriptor(method);
        methods.put(
                descriptor.getFullMethodName(),
                ServerMethodDefinition.create(
                        descriptor, ServerCalls.asyncUnaryCall((request, answer) -> answer(handler, request, answer))));
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String methodName, @Nullable String authority) {
        return methods.get(methodName);
    }

    static MethodDescriptor<byte[], byte[]> descriptor(String method) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, method))
                .setRequestMarshaller(BYTES)
                .setResponseMarshaller(BYTES)
                .build();
    }

    static ClientCall<byte[], byte[]> withCaller(ClientCall<byte[], byte[]> call, int nodeId) {
        return new SimpleForwardingClientCall<>(call) {
            @Override
            public void start(Listener<byte[]> listener, Metadata headers) {
                headers.put(CALLER, Integer.toString(nodeId));
                super.start(listener, headers);
            }
        };
    }

    private void answer(NodeHandler handler, byte[] request, StreamObserver<byte[]> answer) {
        if (!calls.tryAcquire()) {
            answer.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription(MAX_CALLS + " node calls are under way")
                    .asRuntimeException());
            return;
        }
        int caller = CALLER_ID.get();
        // Within a stage, what a handler throws fails the call like a failed future.
        var handled = CompletableFuture.completedFuture(request).thenCompose(bytes -> handler.handle(caller, bytes));
        var unused = handled.whenComplete((bytes, failure) -> {
            calls.release();
            if (failure == null) {
                answer.onNext(bytes);
                answer.onCompleted();
            } else {
                var cause = failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
                answer.onError(Status.INTERNAL.withDescription(cause.toString()).asRuntimeException());
            }
        });
    }

    private static final class CallerInterceptor implements ServerInterceptor {
        @Override
        public <A, B> ServerCall.Listener<A> interceptCall(
                ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
            var caller = headers.get(CALLER);
            if (caller == null || !caller.matches("[0-9]{1,10}") || Long.parseLong(caller) > Integer.MAX_VALUE) {
                return next.startCall(call, headers);
            }
            var context = Context.current().withValue(CALLER_ID, Integer.valueOf(caller));
            return Contexts.interceptCall(context, call, headers, next);
        }
    }

    private static final class ByteMarshaller implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
