package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Deadline;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Ends unary calls with the outcome of a future.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class Answers {
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);
    /** An answer that is ready this long before the client's deadline, or a fifth of it, reaches it from a busy node, too. */
    private static final Duration ANSWER_MARGIN = Duration.ofSeconds(1);

    private Answers() {}

    /** Every call is answered: with the future's value, or with the error that it or the call itself ended in. */
    static <R> void unary(StreamObserver<R> out, Function<Deadline, CompletableFuture<R>> call) {
        var cancelled = new CompletableFuture<Void>();
        ((ServerCallStreamObserver<R>) out).setOnCancelHandler(() -> cancelled.complete(null));
        var unused = start(call, deadline(cancelled)).whenComplete((response, failure) -> {
            if (failure == null) {
                out.onNext(response);
                out.onCompleted();
            } else {
                out.onError(Errors.exception(failure));
            }
        });
    }

    private static <R> CompletableFuture<R> start(Function<Deadline, CompletableFuture<R>> call, Deadline deadline) {
        try {
            return call.apply(deadline);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Deadline deadline(CompletableFuture<Void> cancelled) {
        var given = Context.current().getDeadline();
        var left = given == null ? DEFAULT_DEADLINE : Duration.ofNanos(given.timeRemaining(TimeUnit.NANOSECONDS));
        var margin = left.dividedBy(5);
        return Deadline.after(left.minus(margin.compareTo(ANSWER_MARGIN) < 0 ? margin : ANSWER_MARGIN), cancelled);
    }
}
