package io.cordwood.server.rpc;

import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.metrics.ServerMeters.Refused;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Counts why unary calls of our services were refused. What a stream refuses, a batch or a partition, is
 * counted where it is refused; {@link CallGate} counts the calls that it does not let in. Of a call whose
 * caller has gone away nothing is counted: whatever it ends in is told to nobody.
 *
 * <p><b>Thread:</b> any.
 */
final class RefusedCalls implements ServerInterceptor {
    private final ServerMeters meters;

    RefusedCalls(ServerMeters meters) {
        this.meters = meters;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var method = call.getMethodDescriptor();
        boolean counted = method.getType() == MethodType.UNARY
                && method.getFullMethodName().startsWith(CallGate.OUR_SERVICES);
        return next.startCall(counted ? new CountedCall<>(call) : call, headers);
    }

    private final class CountedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private CountedCall(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (!status.isOk() && !isCancelled() && status.getCode() != Status.Code.CANCELLED) {
                meters.refused(Refused.CALL, Errors.reason(status, trailers));
            }
            super.close(status, trailers);
        }
    }
}
