package io.cordwood.raft;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empties the trash of a node. The files of a large topic take minutes to delete, and nothing else should wait for them.
 *
 * <p>Thread: its own, {@code trash-<node>}; {@link #wake} by any.
 */
final class TrashThread implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(TrashThread.class);
    private static final int RETRY_SECONDS = 5;
    private static final int CLOSE_SECONDS = 10;

    private final int nodeId;
    private final Emptying emptying;
    private final NodeHalt halt;
    private final ScheduledExecutorService thread;
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile boolean closed;

    /** Deletes what is in the trash, or some of it where it is told to stop. */
    interface Emptying {
        void run(BooleanSupplier stopped) throws IOException;
    }

    TrashThread(int nodeId, Emptying emptying, NodeHalt halt) {
        this.nodeId = nodeId;
        this.emptying = emptying;
        this.halt = halt;
        thread = Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "trash-" + nodeId));
    }

    /** Has it look soon. */
    void wake() {
        if (!closed && due.compareAndSet(false, true)) {
            thread.execute(this::empty);
        }
    }

    private void empty() {
        due.set(false);
        try {
            emptying.run(() -> closed);
        } catch (IOException e) {
            LOG.warn("node {} cannot empty its trash and tries again", nodeId, e);
            retry();
        } catch (RuntimeException e) {
            if (!closed) {
                halt.failed("the thread that empties the trash of node " + nodeId, e);
            }
        }
    }

    private void retry() {
        if (!closed) {
            var unused = thread.schedule(this::wake, RETRY_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** What is left is deleted after the next start. */
    @Override
    public void close() {
        closed = true;
        thread.shutdownNow();
        Threads.join(thread, CLOSE_SECONDS, "the deletion of the trash");
    }
}
