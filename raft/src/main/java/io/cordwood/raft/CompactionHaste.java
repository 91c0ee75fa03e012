package io.cordwood.raft;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Whether compaction has to hurry on a node. A replica that waits for files takes no checkpoint, so its
 * raft log is not purged and fills the heap, also at the next start. Clients are what a pass is slow for; a
 * node whose heap is full serves none.
 *
 * <p>Invariants: a look at the replicas a second at most, a warning a minute.
 *
 * <p>Thread: the node's thread for compaction.
 */
final class CompactionHaste {
    /** Of one replica. Some hundred bytes of the heap go with each, and other replicas may wait as well. */
    static final long URGENT_ENTRIES = 100_000;

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long WARNING_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Supplier<Optional<Backlog>> largest;
    private final Consumer<String> warning;
    private final LongSupplier clockNanos;
    private OptionalLong lookedNanos = OptionalLong.empty();
    private OptionalLong warnedNanos = OptionalLong.empty();
    private boolean urgent;

    /**
     * What a replica that waits for files cannot cover by a checkpoint.
     *
     * @param replica a name for people
     * @param entries applied raft entries behind the newest checkpoint
     */
    record Backlog(String replica, long entries) {}

    /** @param largest of the replicas whose files can be made now; asked for seldom */
    CompactionHaste(Supplier<Optional<Backlog>> largest, Consumer<String> warning, LongSupplier clockNanos) {
        this.largest = largest;
        this.warning = warning;
        this.clockNanos = clockNanos;
    }

    /** Cheap enough to ask for each batch. */
    boolean isUrgent() {
        long now = clockNanos.getAsLong();
        if (isOver(lookedNanos, LOOK_NANOS, now)) {
            lookedNanos = OptionalLong.of(now);
            var backlog = largest.get().filter(found -> found.entries() > URGENT_ENTRIES);
            urgent = backlog.isPresent();
            backlog.ifPresent(found -> warn(found, now));
        }
        return urgent;
    }

    private void warn(Backlog backlog, long now) {
        if (isOver(warnedNanos, WARNING_NANOS, now)) {
            warnedNanos = OptionalLong.of(now);
            warning.accept(backlog.replica() + ": " + backlog.entries() + " raft entries, more than " + URGENT_ENTRIES
                    + ", are applied behind the newest checkpoint and fill the heap until files of compaction are"
                    + " there: compaction goes on without its rate");
        }
    }

    private static boolean isOver(OptionalLong sinceNanos, long nanos, long now) {
        return sinceNanos.isEmpty() || now - sinceNanos.getAsLong() >= nanos;
    }
}
