package io.cordwood.raft;

import io.cordwood.store.NioDisk;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.PartitionId;
import io.cordwood.store.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;

/**
 * Owns what a node's partitions share: disk, index, floor, threads. Opened before the RaftServer is built, closed after it.
 *
 * <p>Thread: opened and closed by the node's starter.
 */
final class PartitionRuntime implements Closeable {
    private static final int CLOSE_SECONDS = 10;

    private final OffsetIndex index;
    private final DurableFloor floor;
    private final WriterThreads writers;
    private final ExecutorService appenders;
    private final PartitionReplicas replicas;

    private PartitionRuntime(
            OffsetIndex index,
            DurableFloor floor,
            WriterThreads writers,
            ExecutorService appenders,
            PartitionReplicas replicas) {
        this.index = index;
        this.floor = floor;
        this.writers = writers;
        this.appenders = appenders;
        this.replicas = replicas;
    }

    /** Opens the node's shared files and starts its threads. */
    static PartitionRuntime open(RaftNodeConfig config, PartitionSettings settings, ClientId clientId, NodeHalt halt)
            throws IOException {
        var disk = new NioDisk();
        var floor = DurableFloor.open(disk, config.dataDirectory(), halt);
        try {
            var index = OffsetIndex.open(config.dataDirectory().resolve("index"));
            var writers = new WriterThreads(settings.writerThreads());
            var appenders = appenderThreads(settings.appenderThreads());
            var node = new PartitionNode(
                    clientId,
                    new AtomicLong(),
                    config.dataDirectory(),
                    config.raftDirectory(),
                    new Storage(disk, index),
                    floor,
                    new PayloadWindow(settings.windowBytes()),
                    writers,
                    appenders,
                    settings.appender(),
                    config.payloadMaxBytes(),
                    System::currentTimeMillis,
                    halt);
            var replicas = new PartitionReplicas(node, settings.log(), settings.topicDefaults());
            return new PartitionRuntime(index, floor, writers, appenders, replicas);
        } catch (IOException e) {
            floor.close();
            throw e;
        }
    }

    private static ExecutorService appenderThreads(int count) {
        var number = new AtomicInteger();
        return Executors.newFixedThreadPool(count, task -> new Thread(task, "appender-" + number.getAndIncrement()));
    }

    PartitionReplicas replicas() {
        return replicas;
    }

    /** The marker that a damaged replica leaves behind, see {@link RecoveredReplica#DAMAGE_MARKER}. */
    static Path damageMarker(Path dataDirectory, PartitionId partition) {
        return PartitionReplicas.partitionDirectory(dataDirectory, partition).resolve(RecoveredReplica.DAMAGE_MARKER);
    }

    @Override
    public void close() throws IOException {
        appenders.shutdown();
        Threads.join(appenders, CLOSE_SECONDS, "an appender thread");
        writers.close();
        floor.close();
        index.close();
    }
}
