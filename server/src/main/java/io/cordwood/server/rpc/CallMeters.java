package io.cordwood.server.rpc;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts calls as they end, and times the unary ones. A tracer and no interceptor: it hears of the
 * beginning and the end, and stands in no message's way.
 *
 * <p>Invariant: only methods that are served have series; what is called by any other name counts as
 * {@value #UNKNOWN}.
 *
 * <p><b>Thread:</b> any.
 */
final class CallMeters extends ServerStreamTracer.Factory {
    static final String UNKNOWN = "unknown";

    private final NodeMeters meters;
    private final OfMethod unknown;
    private final Map<String, OfMethod> methods = new ConcurrentHashMap<>();

    CallMeters(NodeMeters meters) {
        this.meters = meters;
        this.unknown = new OfMethod(UNKNOWN, Optional.empty());
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        return new Call();
    }

    private OfMethod of(String name, MethodType type) {
        var known = methods.get(name);
        return known != null ? known : methods.computeIfAbsent(name, key -> new OfMethod(key, timer(key, type)));
    }

    /** A stream's length says nothing about the server. */
    private Optional<Timer> timer(String name, MethodType type) {
        return type == MethodType.UNARY ? Optional.of(meters.histogram(Metric.GRPC_DURATION, name)) : Optional.empty();
    }

    /** One call; gRPC calls one method at a time. */
    private final class Call extends ServerStreamTracer {
        private final long startNanos = System.nanoTime();
        private volatile OfMethod method = unknown;

        /** Only for methods that are served, before any interceptor. */
        @Override
        public void serverCallStarted(ServerCallInfo<?, ?> call) {
            var descriptor = call.getMethodDescriptor();
            method = of(descriptor.getFullMethodName(), descriptor.getType());
        }

        @Override
        public void streamClosed(Status status) {
            method.ended(status.getCode(), System.nanoTime() - startNanos);
        }
    }

    /** What is kept of one method. */
    private final class OfMethod {
        private final String name;
        private final Optional<Timer> durations;
        private final Map<Status.Code, Counter> byCode = new ConcurrentHashMap<>();

        private OfMethod(String name, Optional<Timer> durations) {
            this.name = name;
            this.durations = durations;
            counter(Status.Code.OK);
        }

        private void ended(Status.Code code, long nanos) {
            counter(code).increment();
            durations.ifPresent(timer -> timer.record(nanos, TimeUnit.NANOSECONDS));
        }

        private Counter counter(Status.Code code) {
            var known = byCode.get(code);
            return known != null
                    ? known
                    : byCode.computeIfAbsent(code, ended -> meters.counter(Metric.GRPC_CALLS, name, ended.name()));
        }
    }
}
