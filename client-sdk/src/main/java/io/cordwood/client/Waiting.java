package io.cordwood.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Blocks a caller's thread on a future and throws what it failed with as {@link CordwoodException}. */
final class Waiting {
    private Waiting() {}

    static <T> T on(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw rethrown(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** @throws TimeoutException when the future is not done in time; it goes on */
    static <T> T on(CompletableFuture<T> future, Duration timeout) throws TimeoutException {
        try {
            return future.get(Math.max(0, timeout.toNanos()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw rethrown(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static CordwoodException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new CordwoodException(
                ErrorCode.INTERRUPTED,
                "the waiting thread was interrupted, the outcome is unknown",
                java.util.Map.of(),
                null,
                cause);
    }

    private static RuntimeException rethrown(ExecutionException failure) {
        var known = StatusTranslation.of(failure);
        if (known instanceof OffsetOutOfRangeException) {
            return known;
        }
        return new CordwoodException(
                known.code(),
                String.valueOf(known.getMessage()),
                known.details(),
                known.retryAfter().orElse(null),
                known);
    }
}
