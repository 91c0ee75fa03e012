package io.cordwood.raft;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Says which replicas have waited long for files that a leader's pass of compaction decided on: until they are there such a replica
 * takes no checkpoint.
 *
 * <p>Invariants: one warning for each replica in {@value #LONG_MINUTES} minutes.
 *
 * <p>Thread: one owner, not the one that compacts: what is waited for may be a pass of another partition.
 */
final class CompactionWatch {
    static final long LONG_MINUTES = 10;

    private final Consumer<String> warning;
    private final LongSupplier clockNanos;
    private final Map<String, Long> saidNanos = new HashMap<>();

    CompactionWatch(Consumer<String> warning, LongSupplier clockNanos) {
        this.warning = warning;
        this.clockNanos = clockNanos;
    }

    /** @param replicas by a name for people */
    void look(Map<String, CompactionStatus> replicas) {
        long now = clockNanos.getAsLong();
        saidNanos.keySet().retainAll(replicas.keySet());
        replicas.forEach((name, status) -> {
            long minutes = TimeUnit.MILLISECONDS.toMinutes(status.pendingMs().orElse(0));
            var said = saidNanos.get(name);
            boolean isSilent = said == null || now - said >= TimeUnit.MINUTES.toNanos(LONG_MINUTES);
            if (minutes >= LONG_MINUTES && isSilent) {
                warning.accept(text(name, status, minutes));
                saidNanos.put(name, now);
            }
        });
    }

    private static String text(String name, CompactionStatus status, long minutes) {
        var reason = status.lastError().isEmpty()
                ? "they wait for another pass on this node, or are being made"
                : status.lastError();
        return name + ": files that a leader's pass of compaction decided on have been missing for " + minutes
                + " min; until they are there this replica takes no checkpoint, and its raft log grows: " + reason;
    }
}
