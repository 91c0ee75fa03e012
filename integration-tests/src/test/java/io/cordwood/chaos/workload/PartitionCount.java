package io.cordwood.chaos.workload;

import io.cordwood.client.TopicDescription;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How many partitions a topic has that gets more of them: what was told last, asked for again every few seconds
 * without waiting for the answer.
 *
 * <p>Invariant: it never falls.
 *
 * <p><b>Thread:</b> any.
 */
final class PartitionCount implements IntSupplier {
    private static final long PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

    private final Supplier<CompletableFuture<TopicDescription>> question;
    private final LongSupplier clock;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile long askedNanos;
    private volatile int newest;

    /** @param first how many there are at least */
    PartitionCount(int first, Supplier<CompletableFuture<TopicDescription>> question, LongSupplier clock) {
        this.newest = first;
        this.question = question;
        this.clock = clock;
        this.askedNanos = clock.getAsLong();
    }

    @Override
    public int getAsInt() {
        if (clock.getAsLong() - askedNanos > PAUSE_NANOS && asking.compareAndSet(false, true)) {
            askedNanos = clock.getAsLong();
            var unused = question.get().whenComplete((found, failure) -> {
                if (failure == null) {
                    newest = Math.max(newest, found.partitionCount());
                }
                asking.set(false);
            });
        }
        return newest;
    }
}
