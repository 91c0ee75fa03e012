package io.cordwood.client;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Unary calls to whichever node answers: the next one at once where a node cannot be reached, again after a while where
 * the cluster asks for patience, until the request timeout.
 *
 * <p>Invariant: no future is completed by a gRPC event loop, and nothing here blocks.
 *
 * <p><b>Thread:</b> any.
 */
final class UnaryCalls {
    /** A read that one node does not answer may be asked of the next; a change gets all the time there is. */
    private static final Duration READ_TRY_TIMEOUT = Duration.ofSeconds(5);

    private final NodeChannels channels;
    private final KnownNodes nodes;
    private final ScheduledExecutorService timer;
    private final Executor callbacks;
    private final Patience patience;

    UnaryCalls(
            NodeChannels channels,
            KnownNodes nodes,
            ScheduledExecutorService timer,
            Executor callbacks,
            Patience patience) {
        this.channels = channels;
        this.nodes = nodes;
        this.timer = timer;
        this.callbacks = callbacks;
        this.patience = patience;
    }

    Patience patience() {
        return patience;
    }

    /** A call that may be repeated without anybody noticing. */
    <Q, R> CompletableFuture<R> read(MethodDescriptor<Q, R> method, Q request) {
        return read(method, request, answer -> {});
    }

    /** @param check throws for an answer of another cluster: then another node is asked, as long as there is one */
    <Q, R> CompletableFuture<R> read(MethodDescriptor<Q, R> method, Q request, Consumer<R> check) {
        var call = new Call<>(method, request, READ_TRY_TIMEOUT, check);
        call.start();
        return call.answer;
    }

    /** A call that changes something; its answer knows whether an earlier try may have done so already. */
    <Q, R> CompletableFuture<Answer<R>> change(MethodDescriptor<Q, R> method, Q request) {
        var call = new Call<>(method, request, patience.request(), answer -> {});
        call.start();
        return call.answer.handle((value, failure) -> new Answer<>(call.answer, call.outcomeUnknown));
    }

    /**
     * A call that must not be made twice: it is repeated only where it is certain that nothing was done, and
     * fails, and is not {@linkplain CordwoodException#retryable retryable}, where that is not known.
     */
    <Q, R> CompletableFuture<R> once(MethodDescriptor<Q, R> method, Q request) {
        var call = new Call<>(method, request, patience.request(), answer -> {});
        call.repeatable = false;
        call.start();
        return call.answer;
    }

    /** The same future for the caller's eyes: completed on the callback executor, failing with our exception only. */
    <T> CompletableFuture<T> published(CompletableFuture<T> inner) {
        var outer = new CompletableFuture<T>();
        var unused = inner.whenCompleteAsync(
                (value, failure) -> {
                    if (failure == null) {
                        outer.complete(value);
                    } else {
                        outer.completeExceptionally(StatusTranslation.of(failure));
                    }
                },
                callbacks);
        return outer;
    }

    /**
     * The end of a change.
     *
     * @param repeated whether an earlier try ended with its outcome unknown
     */
    record Answer<R>(CompletableFuture<R> value, boolean repeated) {
        /** Whether this refusal only says that an earlier try of ours has succeeded. */
        boolean doneBefore(ErrorCode refusal) {
            if (!repeated || !value.isCompletedExceptionally()) {
                return false;
            }
            return StatusTranslation.of(
                                    value.handle((ignored, failure) -> failure).join())
                            .code()
                    == refusal;
        }
    }

    private final class Call<Q, R> {
        final CompletableFuture<R> answer = new CompletableFuture<>();
        private final MethodDescriptor<Q, R> method;
        private final Q request;
        private final Duration tryTimeout;
        private final Consumer<R> check;
        private final long deadlineNanos =
                System.nanoTime() + patience.request().toNanos();
        private boolean repeatable = true;
        private int failures;
        private volatile boolean outcomeUnknown;

        Call(MethodDescriptor<Q, R> method, Q request, Duration tryTimeout, Consumer<R> check) {
            this.method = method;
            this.request = request;
            this.tryTimeout = tryTimeout;
            this.check = check;
        }

        void start() {
            var address = nodes.current();
            try {
                long timeoutNanos = Math.min(tryTimeout.toNanos(), deadlineNanos - System.nanoTime());
                var options = CallOptions.DEFAULT.withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS);
                var call = channels.to(address).newCall(method, options);
                ClientCalls.asyncUnaryCall(call, request, answerFrom(address));
            } catch (CordwoodException e) {
                answer.completeExceptionally(e);
            }
        }

        private StreamObserver<R> answerFrom(HostPort address) {
            return new StreamObserver<>() {
                @Override
                public void onNext(R value) {
                    try {
                        check.accept(value);
                        answer.complete(value);
                    } catch (CordwoodException e) {
                        failed(address, e);
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    failed(address, StatusTranslation.of(failure));
                }

                @Override
                public void onCompleted() {
                    // A unary call without a message ends with onError, so the answer is there.
                }
            };
        }

        private void failed(HostPort address, CordwoodException failure) {
            failures++;
            nodes.moveOnFrom(address);
            var wait = waitBeforeRetry(failure);
            boolean inTime = System.nanoTime() + wait.toNanos() < deadlineNanos;
            boolean mayBeDone = !repeatable && failure.code().retryable() && !nothingDone(failure);
            if (mayBeDone) {
                answer.completeExceptionally(named(failure, address).withUnknownOutcome());
                return;
            }
            if (!mayRepeat(failure, address) || !inTime) {
                answer.completeExceptionally(named(failure, address));
                return;
            }
            outcomeUnknown |= !wasNeverTaken(failure);
            retryAfter(wait);
        }

        private boolean mayRepeat(CordwoodException failure, HostPort address) {
            return failure.retryable() || (failure.code() == ErrorCode.OTHER_CLUSTER && nodes.leaveOut(address));
        }

        private boolean nothingDone(CordwoodException failure) {
            return wasNeverTaken(failure)
                    || CordwoodException.NOTHING_DONE.equals(failure.details().get(CordwoodException.OUTCOME));
        }

        /** Refusals at the door, and connections that never came to be. */
        private boolean wasNeverTaken(CordwoodException failure) {
            if (failure.code() == ErrorCode.OVERLOADED || failure.code() == ErrorCode.NOT_JOINED) {
                return true;
            }
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof ConnectException || cause instanceof UnknownHostException) {
                    return true;
                }
            }
            return false;
        }

        private void retryAfter(Duration wait) {
            try {
                var unused = timer.schedule(this::start, wait.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                answer.completeExceptionally(new CordwoodException(ErrorCode.CLIENT_CLOSED, "the client is closed"));
            }
        }

        private Duration waitBeforeRetry(CordwoodException failure) {
            int nodeCount = nodes.all().size();
            boolean ofTheCluster = failure.code() == ErrorCode.OTHER_CLUSTER;
            if (ofTheCluster || (failure.code() == ErrorCode.NODE_UNREACHABLE && failures % nodeCount != 0)) {
                return Duration.ZERO;
            }
            int rounds = 1 + failures / nodeCount;
            return failure.retryAfter().orElseGet(() -> patience.retry().backoff(rounds, ThreadLocalRandom.current()));
        }

        private CordwoodException named(CordwoodException failure, HostPort address) {
            return failure.code() == ErrorCode.NODE_UNREACHABLE
                    ? failure.because("no node answers, last tried " + address + " of " + nodes.all())
                    : failure;
        }
    }
}
