package io.cordwood.raft;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotResult;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Has a leader wait for the answer that a replica of this node still catches up, or waits its turn. Ratis
 * gives it at once, and the leader notifies again at once: a stream and a turn under the division's lock
 * each time, for as long as the catch-up takes.
 *
 * <p>Invariants: every other answer passes without delay. The wait is far below the shortest election
 * timeout and below Ratis' request timeout: the leader's appender sends this follower nothing else
 * meanwhile, so the notifications are its heartbeats.
 *
 * <p>Thread: any; one at a time per call, as gRPC and Ratis have it. Nobody is blocked: a timer sends what
 * waits.
 *
 * <p>Source: Ratis 3.3.0, {@code GrpcLogAppender.notifyInstallSnapshot} and
 * {@code SnapshotInstallationHandler}.
 */
final class InstallPace implements ServerInterceptor {
    private static final long LONGEST_WAIT_MS = 500;
    /** In the shortest election timeout; of Ratis' heartbeats there are two. */
    private static final int WAITS_PER_TIMEOUT = 3;

    private final Executor later;

    /** @param later runs what it is given after the wait */
    InstallPace(Executor later) {
        this.later = later;
    }

    static InstallPace of(RaftTimings timings) {
        // On the JDK's timer thread itself: a send only enqueues.
        return new InstallPace(
                CompletableFuture.delayedExecutor(waitMs(timings), TimeUnit.MILLISECONDS, Runnable::run));
    }

    /** How long an answer waits. */
    static long waitMs(RaftTimings timings) {
        return Math.min(LONGEST_WAIT_MS, timings.electionTimeoutMin().toMillis() / WAITS_PER_TIMEOUT);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return next.startCall(new PacedCall<>(call), headers);
    }

    /** A notification is a call of its own: Ratis answers it once and closes the call. */
    private final class PacedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private @Nullable A waiting;

        PacedCall(ServerCall<Q, A> call) {
            super(call);
        }

        @Override
        public void sendMessage(A message) {
            if (message instanceof InstallSnapshotReplyProto reply
                    && reply.getResult() == InstallSnapshotResult.IN_PROGRESS) {
                waiting = message;
            } else {
                super.sendMessage(message);
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            var answer = waiting;
            if (answer == null) {
                super.close(status, trailers);
            } else {
                later.execute(() -> {
                    delegate().sendMessage(answer);
                    delegate().close(status, trailers);
                });
            }
        }
    }
}
