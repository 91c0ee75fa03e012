package io.cordwood.server.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * Carries a {@link Refusal} through a future. It has no stack trace: a refusal is an answer, not a fault.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RefusedException extends RuntimeException {
    private final Refusal refusal;

    RefusedException(Refusal refusal) {
        super(refusal.reason() + ": " + refusal.message(), null, false, false);
        this.refusal = refusal;
    }

    public Refusal refusal() {
        return refusal;
    }

    /** A future that is refused already. */
    public static <T> CompletableFuture<T> failedFuture(Refusal refusal) {
        return CompletableFuture.failedFuture(refusal.exception());
    }

    /** The cause that a future's stages have wrapped. */
    public static Throwable unwrap(Throwable failure) {
        var cause = failure;
        var inner = cause.getCause();
        while (inner != null && (cause instanceof CompletionException || cause instanceof ExecutionException)) {
            cause = inner;
            inner = cause.getCause();
        }
        return cause;
    }
}
