package io.cordwood.chaos.workload;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Actor} on a thread of its own.
 *
 * <p><b>Thread:</b> the run's.
 */
final class ThreadedWorkload implements Workload {
    private static final long GRACE_MILLIS = 1_000;
    private static final long END_MILLIS = 5_000;

    private final Journal journal;
    private final Actor actor;
    private final Thread thread;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile @Nullable Throwable failure;

    ThreadedWorkload(Journal journal, Actor actor) {
        this.journal = journal;
        this.actor = actor;
        thread = new Thread(this::run, "workload-" + journal.name());
        thread.setDaemon(true);
    }

    @Override
    public String name() {
        return journal.name();
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public void stop() {
        stopping = true;
    }

    @Override
    public boolean drain(Duration patience) {
        return join(Math.max(1, patience.toMillis()));
    }

    @Override
    public Counts counts() {
        return journal.counts();
    }

    @Override
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public void close() {
        stopping = true;
        closed.countDown();
        if (!join(GRACE_MILLIS)) {
            // It waits for an answer: whoever has a deadline need not be waited for here.
            thread.interrupt();
            var unused = join(END_MILLIS);
        }
        actor.close();
    }

    private boolean join(long millis) {
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    private void run() {
        try {
            boolean ended = false;
            while (!ended) {
                var pause = actor.step(stopping);
                ended = pause.isEmpty() || closed.await(pause.get().toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            // Only close() interrupts it.
        } catch (RuntimeException | Error e) {
            if (closed.getCount() > 0) {
                failure = e;
            }
        }
    }
}
