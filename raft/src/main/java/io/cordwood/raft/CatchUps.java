package io.cordwood.raft;

import io.cordwood.metrics.NodeMeters;
import java.io.Closeable;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the catch-ups of a node share, in both directions: threads, the rate, the way to the other nodes.
 *
 * <p>Invariants: at most {@link CatchUpLimits#atOnce} replicas of this node catch up at once; at most {@value #SOURCE_THREADS}
 * threads serve others. The metadata group, without which the node learns of nothing new, waits for none of them. All queues are
 * bounded, what comes beyond is refused and tried again by whoever asked.
 *
 * <p>Thread: any.
 */
final class CatchUps implements Closeable {
    private static final int SOURCE_THREADS = 2;
    private static final int QUEUE_MAX = 1024;
    private static final int CLOSE_SECONDS = 10;

    private final NodeTransport transport;
    private final CatchUpRate rate;
    private final ExecutorService replicas;
    private final ExecutorService metadata;
    private final ExecutorService sources;
    private final CatchUpSource source;
    private final CatchUpCounters counters;

    CatchUps(NodeTransport transport, int nodeId, CatchUpLimits limits, NodeMeters meters) {
        this.transport = transport;
        rate = CatchUpRate.of(limits.bytesPerSecond());
        replicas = pool("catch-up-" + nodeId, limits.atOnce());
        metadata = pool("catch-up-metadata-" + nodeId, 1);
        sources = pool("catch-up-source-" + nodeId, SOURCE_THREADS);
        source = new CatchUpSource(sources);
        source.serve(transport);
        counters = new CatchUpCounters(meters);
    }

    private static ExecutorService pool(String name, int threads) {
        var number = new AtomicInteger();
        var pool = new ThreadPoolExecutor(
                threads,
                threads,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(QUEUE_MAX),
                task -> new Thread(task, name + "-" + number.getAndIncrement()));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Where catch-ups of this node's replicas run. */
    Executor executor() {
        return replicas;
    }

    /** Where that of the metadata group runs: partitions may take hours. */
    Executor metadataExecutor() {
        return metadata;
    }

    /** For short tasks, which {@link #close} lets end: those of {@link #executor} it interrupts. */
    Executor shortTasks() {
        return sources;
    }

    CatchUpSource source() {
        return source;
    }

    /** Where replicas of this node keep off entries that they cannot take. */
    AppendGate appendGate() {
        return transport.appendGate();
    }

    /** How replicas of this node ask whether they still lead. */
    TermQuestions terms() {
        return transport.terms();
    }

    CatchUpCounters counters() {
        return counters;
    }

    /** Has other nodes' questions of a kind answered, which must not block. */
    void answer(String method, NodeTransport.NodeHandler handler) {
        transport.handle(method, handler);
    }

    CatchUpPeer peer(int node, UUID groupId) {
        return new CatchUpPeer(transport, node, groupId, rate);
    }

    /** Interrupts those that catch up: the next start goes on with what they have. */
    @Override
    public void close() {
        replicas.shutdownNow();
        metadata.shutdownNow();
        sources.shutdown();
        Threads.join(replicas, CLOSE_SECONDS, "a catch-up");
        Threads.join(metadata, CLOSE_SECONDS, "the metadata's catch-up");
        Threads.join(sources, CLOSE_SECONDS, "a source of catch-ups");
    }
}
