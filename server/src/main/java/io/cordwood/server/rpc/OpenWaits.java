package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Deadline;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls that may be waiting for records, so that a stopping node can answer them: whoever waits goes on
 * at another one, and the stop waits for none of them.
 *
 * <p>Invariant: a call that begins to wait after the end does not wait.
 *
 * <p><b>Thread:</b> any.
 */
final class OpenWaits {
    private final Set<Deadline> waits = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    /** @param call waits no longer than until its deadline is cancelled */
    <R> CompletableFuture<R> during(Deadline deadline, CompletableFuture<R> call) {
        waits.add(deadline);
        if (ended) {
            deadline.cancelled().complete(null);
        }
        return call.whenComplete((answer, failure) -> waits.remove(deadline));
    }

    void endAll() {
        ended = true;
        List.copyOf(waits).forEach(wait -> wait.cancelled().complete(null));
    }
}
