package io.cordwood.server.partition;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks one at a time in the order given, on the threads of an executor. After each task the lane queues up again
 * behind the others, so that lanes share the threads fairly.
 *
 * <p>Invariants: what a task writes the next one sees; at most one task of the lane waits in the executor. The caller
 * bounds the number of tasks.
 *
 * <p><b>Thread:</b> any may add.
 */
final class Lane implements Executor {
    private final Executor executor;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    private Lane(Executor executor) {
        this.executor = executor;
    }

    static Lane on(Executor executor) {
        return new Lane(executor);
    }

    /** A lane without threads: whoever adds a task while none runs, runs it and those that are added meanwhile. */
    static Lane ofCallers() {
        return new Lane(CALLER);
    }

    private static final Executor CALLER = Runnable::run;

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() == 0) {
            if (executor == CALLER) {
                runAll();
            } else {
                executor.execute(this::runOne);
            }
        }
    }

    private void runOne() {
        try {
            runNext();
        } finally {
            if (waiting.decrementAndGet() > 0) {
                executor.execute(this::runOne);
            }
        }
    }

    /** Nobody else runs what is left, so a task that fails is told of only after the others. */
    private void runAll() {
        RuntimeException failure = null;
        do {
            try {
                runNext();
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        } while (waiting.decrementAndGet() > 0);
        if (failure != null) {
            throw failure;
        }
    }

    private void runNext() {
        var task = tasks.poll();
        if (task == null) {
            throw new IllegalStateException("no task, though " + waiting.get() + " are counted");
        }
        task.run();
    }
}
