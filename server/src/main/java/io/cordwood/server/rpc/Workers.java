package io.cordwood.server.rpc;

import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of named threads.
 *
 * <p>Invariant: the queue holds a few tasks for each open call at most, and calls are limited by {@link CallGate}, so it
 * needs no limit of its own. What a task throws reaches the handler.
 *
 * <p><b>Thread:</b> any may add tasks; the owner closes.
 */
final class Workers implements Executor {
    private final ThreadPoolExecutor threads;

    Workers(String name, int count, UncaughtExceptionHandler onFailure) {
        var number = new AtomicInteger();
        threads = new ThreadPoolExecutor(count, count, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            var thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            thread.setUncaughtExceptionHandler(onFailure);
            return thread;
        });
        // Rejected is only what comes after the close, when nobody waits for it any more.
        threads.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** Tasks that wait for a thread. */
    int waiting() {
        return threads.getQueue().size();
    }

    /** Lets what is queued finish, for at most this long. */
    void close(Duration atMost) throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            threads.shutdownNow();
        }
    }
}
