package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.metrics.ServerMeters.Level;
import io.cordwood.server.metrics.ServerMeters.Refused;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets calls of our services in while the node takes part in its cluster and has room for them. Health and reflection
 * pass always.
 *
 * <p>Invariant: every call let in is counted out once.
 *
 * <p><b>Thread:</b> any.
 */
final class CallGate implements ServerInterceptor {
    static final String OUR_SERVICES = "cordwood.";
    private static final long LOOK_MS = 100;

    /** Whether the node serves. */
    enum State {
        STARTING,
        OPEN,
        STOPPING
    }

    private final int maxCalls;
    private final ServerMeters meters;
    private final AtomicInteger calls = new AtomicInteger();
    private volatile State state = State.STARTING;
    // Guards nothing: who stops waits on it for the last call. A queue would not do, every call would have to use it.
    private final Object idle = new Object();

    CallGate(int maxCalls, ServerMeters meters) {
        this.maxCalls = maxCalls;
        this.meters = meters;
        meters.watch(Level.CALLS, calls::get);
        meters.watch(Level.CALLS_LIMIT, () -> maxCalls);
    }

    void set(State newState) {
        state = newState;
    }

    /** Waits until no call that was let in is open, or the deadline comes. */
    void awaitIdle(Deadline deadline) throws InterruptedException {
        synchronized (idle) {
            while (calls.get() > 0 && !deadline.passed()) {
                idle.wait(LOOK_MS);
            }
        }
    }

    private void countOut() {
        if (calls.decrementAndGet() == 0 && state == State.STOPPING) {
            synchronized (idle) {
                idle.notifyAll();
            }
        }
    }

    static Refusal stopping() {
        return Refusal.of(Reason.SHUTTING_DOWN, "the node is stopping; go on at another one");
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (!call.getMethodDescriptor().getFullMethodName().startsWith(OUR_SERVICES)) {
            return next.startCall(call, headers);
        }
        return switch (state) {
            case STARTING ->
                refuse(
                        call,
                        Refusal.of(
                                Reason.NOT_JOINED,
                                "the node has not joined its cluster yet; its log says what it waits for"));
            case STOPPING -> refuse(call, stopping());
            case OPEN ->
                calls.incrementAndGet() > maxCalls ? refuseCounted(call) : count(next.startCall(call, headers));
        };
    }

    private <Q, R> ServerCall.Listener<Q> refuseCounted(ServerCall<Q, R> call) {
        int found = calls.getAndDecrement();
        return refuse(
                call,
                Refusal.of(Reason.OVERLOADED, "the node has " + found + " calls open; try again shortly")
                        .with(Refusal.SETTING, "node.max-calls")
                        .with(Refusal.LIMIT, maxCalls)
                        .with(Refusal.VALUE, found));
    }

    private <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Refusal refusal) {
        meters.refused(Refused.CALL, refusal.reason());
        StatusRuntimeException error = Errors.exception(refusal);
        var trailers = error.getTrailers();
        call.close(error.getStatus(), trailers == null ? new Metadata() : trailers);
        return new ServerCall.Listener<>() {};
    }

    private <Q> ServerCall.Listener<Q> count(ServerCall.Listener<Q> listener) {
        return new SimpleForwardingServerCallListener<>(listener) {
            @Override
            public void onComplete() {
                countOut();
                super.onComplete();
            }

            @Override
            public void onCancel() {
                countOut();
                super.onCancel();
            }
        };
    }
}
