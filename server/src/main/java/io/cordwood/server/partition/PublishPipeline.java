package io.cordwood.server.partition;

import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.AppendResult.Refused;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The batches of one publish stream: checked and appended in order, answered in order per partition.
 *
 * <p>Invariants: every batch is answered exactly once; answers are given one at a time. The stream bounds what it
 * submits, see {@link ByteBudget}.
 *
 * <p><b>Thread:</b> any may submit, one at a time. Batches are checked on the given pool. Answers come on whatever
 * thread ends a batch, and so must not block.
 */
public final class PublishPipeline {
    /** Takes the answers. */
    @FunctionalInterface
    public interface Answers {
        void answer(PublishBatch batch, AppendResult result);
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(PublishPipeline.class);

    private final BatchIntake intake;
    private final Answers answers;
    private final Timer latency;
    private final Lane checking;
    private final Lane answering = Lane.ofCallers();
    private volatile @Nullable Refusal closed;

    // The rest belongs to the tasks in `answering`.
    private final Map<TopicPartition, ArrayDeque<Pending>> unanswered = new HashMap<>();
    private int pendingCount;
    private @Nullable Runnable whenDrained;

    /** @param latency of batches that are appended */
    public PublishPipeline(BatchIntake intake, Executor validationPool, Answers answers, Timer latency) {
        this.intake = intake;
        this.answers = answers;
        this.latency = latency;
        this.checking = Lane.on(validationPool);
    }

    private static final class Pending {
        private final PublishBatch batch;
        private final long sinceNanos = System.nanoTime();
        private @Nullable AppendResult result;

        private Pending(PublishBatch batch) {
            this.batch = batch;
        }
    }

    public void submit(PublishBatch batch) {
        var pending = new Pending(batch);
        answering.execute(() -> add(pending));
        checking.execute(() -> append(pending));
    }

    /** Batches that are not appended yet are refused like this from now on. */
    public void close(Refusal refusal) {
        closed = refusal;
    }

    /** Runs once, after the answer of the last batch submitted before. */
    public void whenDrained(Runnable task) {
        answering.execute(() -> {
            whenDrained = task;
            maybeDrained();
        });
    }

    private void append(Pending pending) {
        var refusal = closed;
        var appended = refusal != null
                ? CompletableFuture.<AppendResult>completedFuture(new Refused(refusal))
                : appendOpen(pending.batch);
        var unused = appended.whenComplete((result, failure) ->
                answering.execute(() -> complete(pending, failure == null ? result : fault(pending, failure))));
    }

    private CompletableFuture<AppendResult> appendOpen(PublishBatch batch) {
        try {
            return intake.append(
                    batch.partition(), batch.topicId(), batch.bytes(), batch.expectedEndOffset(), batch.trace());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private AppendResult fault(Pending pending, Throwable failure) {
        LOGGER.error("append to partition {} failed", pending.batch.partition(), failure);
        return intake.fault(Refusal.of(Reason.INTERNAL, "a fault of the server; its log says more"));
    }

    private void add(Pending pending) {
        pendingCount++;
        unanswered
                .computeIfAbsent(pending.batch.partition(), name -> new ArrayDeque<>())
                .add(pending);
    }

    private void complete(Pending pending, AppendResult result) {
        pending.result = result;
        var name = pending.batch.partition();
        var queue = unanswered.get(name);
        if (queue == null) {
            throw new IllegalStateException("partition " + name + " has no batch to answer");
        }
        for (var head = queue.peek(); head != null && head.result != null; head = queue.peek()) {
            queue.poll();
            pendingCount--;
            answers.answer(head.batch, head.result);
            if (head.result instanceof AppendResult.Appended) {
                latency.record(System.nanoTime() - head.sinceNanos, TimeUnit.NANOSECONDS);
            }
        }
        if (queue.isEmpty()) {
            unanswered.remove(name);
        }
        maybeDrained();
    }

    private void maybeDrained() {
        var task = whenDrained;
        if (pendingCount == 0 && task != null) {
            whenDrained = null;
            task.run();
        }
    }
}
