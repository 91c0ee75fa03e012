package io.cordwood.client;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether a member's lease is over.
 *
 * <p>Invariant: a lease that runs is looked at when it ends, as long as each change of it is told here.
 *
 * <p><b>Thread:</b> the membership's.
 */
final class LeaseWatch {
    private final MemberLease lease;
    private final MemberTasks tasks;
    private final Runnable onEnd;
    /** When it is looked next. */
    private @Nullable Long watchedNanos;

    LeaseWatch(MemberLease lease, MemberTasks tasks, Runnable onEnd) {
        this.lease = lease;
        this.tasks = tasks;
        this.onEnd = onEnd;
    }

    /** The lease may end at another time than before; a shorter session makes the end come nearer. */
    void renew() {
        long end = lease.endNanos();
        if (watchedNanos == null || end - watchedNanos < 0) {
            watchedNanos = end;
            tasks.after(Duration.ofNanos(Math.max(0, end - tasks.nanoTime())), () -> look(end));
        }
    }

    private void look(long watched) {
        if (Objects.equals(watchedNanos, watched)) {
            watchedNanos = null;
        }
        if (lease.isOver(tasks.nanoTime())) {
            onEnd.run();
        } else if (lease.runs()) {
            renew();
        }
    }
}
