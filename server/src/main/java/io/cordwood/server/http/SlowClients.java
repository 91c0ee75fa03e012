package io.cordwood.server.http;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Cuts off clients that do not take what is sent to them: a write blocks its thread, and threads are few.
 * The one in the write is interrupted, which closes the socket that it writes to.
 *
 * <p>Invariant: a thread is interrupted inside of a write only, and comes out of it uninterrupted.
 *
 * <p><b>Thread:</b> any; the clock is a thread of its own, {@code http-writes}.
 */
final class SlowClients implements Closeable {
    private final Duration limit;
    private final Set<Write> writes = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock;

    /** Something that writes to a client. */
    @FunctionalInterface
    interface Task {
        void run() throws IOException;
    }

    SlowClients(Duration limit) {
        this.limit = limit;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            var thread = new Thread(task, "http-writes");
            thread.setDaemon(true);
            return thread;
        });
        long every = Math.max(1, limit.toMillis() / 10);
        var unused = clock.scheduleWithFixedDelay(this::cutOff, every, every, TimeUnit.MILLISECONDS);
    }

    /** @throws IOException also where the client took too long */
    void run(Task task) throws IOException {
        var write = new Write(Thread.currentThread(), System.nanoTime() + limit.toNanos());
        writes.add(write);
        try {
            task.run();
        } finally {
            writes.remove(write);
            write.end();
        }
    }

    private void cutOff() {
        long now = System.nanoTime();
        writes.forEach(write -> write.cutAt(now));
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /** The lock guards the end of the write against an interrupt that comes at the same moment. */
    private static final class Write {
        private final Thread thread;
        private final long atNanos;
        private boolean ended;
        private boolean cut;

        private Write(Thread thread, long atNanos) {
            this.thread = thread;
            this.atNanos = atNanos;
        }

        private synchronized void cutAt(long now) {
            if (!ended && !cut && now - atNanos > 0) {
                cut = true;
                thread.interrupt();
            }
        }

        private synchronized void end() {
            ended = true;
            if (cut) {
                var unused = Thread.interrupted();
            }
        }
    }
}
