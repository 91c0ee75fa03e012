package io.cordwood.client;

import java.util.Comparator;
import java.util.TreeSet;

/**
 * What is to be run at a time, in the order of the times.
 *
 * <p>Invariant: a task is run at most once, never before its time and never after it was cancelled; tasks
 * of one time in the order given.
 *
 * <p><b>Thread:</b> the owner's, which also runs the tasks.
 */
final class Timers {
    // Compared by difference, because the nano clock may wrap.
    private final TreeSet<Timer> planned =
            new TreeSet<>(((Comparator<Timer>) Timers::byTime).thenComparingLong(Timer::order));
    private long order;

    /** A task that can be cancelled. */
    record Timer(long nanos, long order, Runnable task) {}

    Timer at(long nanos, Runnable task) {
        var timer = new Timer(nanos, order++, task);
        planned.add(timer);
        return timer;
    }

    void cancel(Timer timer) {
        planned.remove(timer);
    }

    /** Runs what is due; what those tasks plan for now as well. */
    void fire(long now) {
        while (!planned.isEmpty() && planned.first().nanos - now <= 0) {
            var due = planned.first();
            planned.remove(due);
            due.task.run();
        }
    }

    /** When {@link #fire} is due again, or {@code otherwise}. */
    long nextNanos(long otherwise) {
        return planned.isEmpty() ? otherwise : planned.first().nanos;
    }

    int size() {
        return planned.size();
    }

    private static int byTime(Timer a, Timer b) {
        return Long.signum(a.nanos - b.nanos);
    }
}
