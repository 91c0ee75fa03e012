package io.cordwood.raft;

import java.io.Closeable;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * A node's threads that write segments: a fixed number, each partition bound to one.
 *
 * <p>Thread: any. The queues have no bound of their own: Ratis bounds the entries of each group that are not flushed, and a refusal
 * here, under its log lock, could only break the group.
 */
final class WriterThreads implements Closeable {
    private static final int CLOSE_SECONDS = 30;

    private final List<ThreadPoolExecutor> threads;
    private final AtomicInteger next = new AtomicInteger();

    WriterThreads(int count) {
        threads = IntStream.range(0, count).mapToObj(WriterThreads::start).toList();
    }

    private static ThreadPoolExecutor start(int number) {
        return new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> new Thread(task, "segment-writer-" + number));
    }

    /** The thread for the next partition. Runs its tasks in order. */
    Executor next() {
        return threads.get(Math.floorMod(next.getAndIncrement(), threads.size()));
    }

    /** Tasks that wait, of all threads. */
    int waiting() {
        return threads.stream().mapToInt(thread -> thread.getQueue().size()).sum();
    }

    /** Runs what is enqueued, then ends. */
    @Override
    public void close() {
        threads.forEach(ThreadPoolExecutor::shutdown);
        for (ThreadPoolExecutor thread : threads) {
            Threads.join(thread, CLOSE_SECONDS, "a segment writer");
        }
    }
}
