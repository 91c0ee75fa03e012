package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What futures of the client fail with. */
final class Failures {
    private Failures() {}

    /** The exception of a future that fails within ten seconds. */
    static CordwoodException of(CompletableFuture<?> future) {
        try {
            var value = future.get(10, TimeUnit.SECONDS);
            throw new AssertionError("expected a failure, got " + value);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CordwoodException known) {
                return known;
            }
            throw new AssertionError("not a CordwoodException", e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /** The exception that a call throws. */
    static CordwoodException thrownBy(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var thrown = new CordwoodException[1];
        assertThatThrownBy(call).isInstanceOfSatisfying(CordwoodException.class, exception -> thrown[0] = exception);
        return thrown[0];
    }
}
