package io.cordwood.client;

import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.InitProducerRequest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread behind one producer: it owns the publishers of all partitions and the streams to their leaders, and runs
 * one task after the other.
 *
 * <p>Invariants: at most one open stream per node; a batch is settled exactly once, and its room is free again before
 * its futures complete.
 *
 * <p>The queue of tasks holds at most a few entries per batch, batches being bounded by the producer's buffer.
 *
 * <p><b>Thread:</b> {@link #post}, {@link #wake} and {@link #stop} from any; the rest from the sender thread.
 */
final class Sender {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);
    private static final long IDLE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private record Wakeup(long nanos, PartitionPublisher publisher) {}

    private final ProducerConfig config;
    private final NodeChannels channels;
    private final UnaryCalls calls;
    private final ClusterView view;
    private final BufferMemory memory;
    private final SerialExecutor callbacks;
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Map<PartitionBuffer, PartitionPublisher> publishers = new HashMap<>();
    private final Map<HostPort, PublishStream> streams = new HashMap<>();
    // Compared by difference, because the nano clock may wrap.
    private final PriorityQueue<Wakeup> wakeups =
            new PriorityQueue<>(Comparator.comparing(Wakeup::nanos, (a, b) -> Long.signum(a - b)));
    private final Map<PartitionPublisher, Long> nextWakeup = new HashMap<>();
    private final Thread thread = new Thread(this::run, "cordwood-producer");
    private @Nullable CompletableFuture<ProducerIdentity> sharedIdentity;
    private volatile @Nullable CordwoodException stopReason;
    private volatile boolean stopped;

    Sender(ProducerConfig config, CordwoodClient client, BufferMemory memory, SerialExecutor callbacks) {
        this.config = config;
        this.channels = client.channels();
        this.calls = client.calls();
        this.view = client.view();
        this.memory = memory;
        this.callbacks = callbacks;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void post(Runnable task) {
        tasks.add(task);
    }

    /** This buffer has a new batch. */
    void wake(PartitionBuffer buffer) {
        post(() -> publisherOf(buffer).advance(System.nanoTime()));
        if (stopped) {
            failLate(buffer);
        }
    }

    /** Somebody waits for room: open batches of idle partitions are sent at once. */
    void wakeAll() {
        post(() -> List.copyOf(publishers.values()).forEach(publisher -> publisher.advance(System.nanoTime())));
    }

    /** Fails what is left for this reason, ends the streams and the thread. */
    void stop(CordwoodException reason) {
        post(() -> stopReason = reason);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isStopped() {
        return stopped;
    }

    Patience patience() {
        return calls.patience();
    }

    ClusterView view() {
        return view;
    }

    boolean isMemoryShort() {
        return memory.isShort();
    }

    PublishStream streamTo(HostPort address) {
        return streams.computeIfAbsent(
                address, node -> new PublishStream(node, channels.to(node), this::post, this::streamEnded));
    }

    /** The identity that all partitions begin with, or one of its own for a partition that lost its place in that. */
    CompletableFuture<ProducerIdentity> drawIdentity(boolean own) {
        var shared = sharedIdentity;
        if (!own && shared != null && !shared.isCompletedExceptionally()) {
            return shared;
        }
        var drawn = calls.read(
                        DataServiceGrpc.getInitProducerMethod(),
                        InitProducerRequest.getDefaultInstance(),
                        answer -> view.requireSameCluster(answer.getClusterId()))
                .thenApply(ProducerIdentity::of);
        if (!own) {
            sharedIdentity = drawn;
        }
        return drawn;
    }

    void wakeAt(PartitionPublisher publisher, long nanos) {
        var planned = nextWakeup.get(publisher);
        if (planned == null || nanos - planned < 0) {
            nextWakeup.put(publisher, nanos);
            wakeups.add(new Wakeup(nanos, publisher));
        }
    }

    void succeeded(TopicPartition partition, ProducerBatch batch) {
        callbacks.execute(() -> {
            memory.giveBack(batch.reservedBytes());
            batch.succeed(partition);
        });
    }

    void failed(ProducerBatch batch, CordwoodException reason) {
        callbacks.execute(() -> {
            memory.giveBack(batch.reservedBytes());
            batch.fail(reason);
        });
    }

    private void run() {
        CordwoodException reason;
        try {
            reason = runUntilStopped();
        } catch (RuntimeException e) {
            LOG.error("the producer has stopped on a fault of its own", e);
            reason = new CordwoodException(
                    ErrorCode.CLIENT_CLOSED, "the producer has stopped on a fault of its own: " + e, Map.of(), null, e);
        }
        end(reason);
    }

    private CordwoodException runUntilStopped() {
        for (var reason = stopReason; ; reason = stopReason) {
            if (reason != null) {
                return reason;
            }
            runNextTask();
            fireWakeups(System.nanoTime());
        }
    }

    private void runNextTask() {
        var first = wakeups.peek();
        long wait = first == null ? IDLE_WAIT_NANOS : first.nanos - System.nanoTime();
        try {
            var task = wait <= 0 ? tasks.poll() : tasks.poll(wait, TimeUnit.NANOSECONDS);
            if (task != null) {
                task.run();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("the producer's thread was interrupted", e);
        }
    }

    private void fireWakeups(long now) {
        for (var due = wakeups.peek(); due != null && due.nanos - now <= 0; due = wakeups.peek()) {
            wakeups.remove();
            // An entry that was overtaken by an earlier one has lost its meaning.
            if (nextWakeup.remove(due.publisher, due.nanos)) {
                due.publisher.advance(now);
            }
        }
    }

    private void end(CordwoodException reason) {
        stopReason = reason;
        stopped = true;
        // Whoever posted before it saw the flag is served here, whoever did so after fails his buffer himself.
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            runLast(task);
        }
        publishers.values().forEach(publisher -> publisher.close(reason));
        List.copyOf(streams.values()).forEach(PublishStream::complete);
    }

    /** What a fault has left may meet it again, and all that is unanswered is still to be failed. */
    private static void runLast(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("a task is left undone behind the producer's end", e);
        }
    }

    private void failLate(PartitionBuffer buffer) {
        var reason = stopReason;
        if (reason != null) {
            buffer.close(reason).forEach(batch -> failed(batch, reason));
        }
    }

    private PartitionPublisher publisherOf(PartitionBuffer buffer) {
        return publishers.computeIfAbsent(buffer, key -> new PartitionPublisher(key, config, this));
    }

    private void streamEnded(PublishStream stream, CordwoodException reason) {
        streams.remove(stream.address(), stream);
        var all = List.copyOf(publishers.values());
        if (reason.code() == ErrorCode.RECORD_TOO_LARGE) {
            // The transport does not say which one it was; the largest that is unanswered is too large in any case.
            int largest = all.stream()
                    .mapToInt(publisher -> publisher.largestUnansweredBytes(stream))
                    .max()
                    .orElse(0);
            all.forEach(publisher -> publisher.streamEndedByTooLarge(stream, reason, largest));
        } else {
            all.forEach(publisher -> publisher.streamEnded(stream, reason));
        }
    }
}
