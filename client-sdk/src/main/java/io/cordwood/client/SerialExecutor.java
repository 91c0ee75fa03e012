package io.cordwood.client;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after the other in the order given, on another executor's threads.
 *
 * <p>The lock guards the queue and the running flag together: with a concurrent queue a task could be added between the
 * last poll and the end of the run, and stay.
 *
 * <p><b>Thread:</b> any. The queue is bounded by whoever gives the tasks.
 */
final class SerialExecutor implements Executor {
    private final Executor target;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;
    private volatile @Nullable Thread runner;

    SerialExecutor(Executor target) {
        this.target = target;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        try {
            target.execute(this::runAll);
        } catch (RejectedExecutionException e) {
            // The application has shut its executor down; its futures must still complete.
            runAll();
        }
    }

    /** Whether the caller is inside one of the tasks. */
    boolean isRunningHere() {
        return runner == Thread.currentThread();
    }

    private void runAll() {
        runner = Thread.currentThread();
        for (var task = next(); task != null; task = next()) {
            task.run();
        }
    }

    private @Nullable Runnable next() {
        synchronized (tasks) {
            var task = tasks.poll();
            if (task == null) {
                runner = null;
                running = false;
            }
            return task;
        }
    }
}
