package io.cordwood.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads on which a consumer runs the application's code: one for the listener, and the workers for
 * handlers. They are made when they are needed.
 *
 * <p><b>Thread:</b> any. The queues are bounded by what the consumer has under way.
 */
final class ConsumerThreads {
    private final Set<Thread> all = ConcurrentHashMap.newKeySet();
    private final ExecutorService listener = pool(1, "cordwood-consumer-listener");
    private final ExecutorService workers;

    ConsumerThreads(int workers) {
        this.workers = pool(Math.max(1, workers), "cordwood-consumer-worker");
    }

    Executor listener() {
        return listener;
    }

    Executor workers() {
        return workers;
    }

    boolean isOneOfThem(Thread thread) {
        return all.contains(thread);
    }

    /** Takes nothing more; what still runs is left to itself. */
    void close() {
        listener.shutdown();
        workers.shutdown();
    }

    private ExecutorService pool(int size, String name) {
        var count = new AtomicInteger();
        return new ThreadPoolExecutor(size, size, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            var thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            all.add(thread);
            return thread;
        });
    }
}
