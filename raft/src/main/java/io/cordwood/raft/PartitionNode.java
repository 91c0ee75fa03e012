package io.cordwood.raft;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.store.Disk;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the partitions of a node share: files and threads. Opened before the RaftServer is built, closed after it.
 *
 * @param client as whom entries are submitted
 * @param dataDirectory the node's
 * @param raftDirectory where Ratis keeps its groups
 * @param payloadMaxBytes largest payload of an entry
 * @param votes of all raft groups, the metadata's too
 * @param catchUps of the whole node, closed by it
 * @param meters of the whole node
 * @param space of the node's disks
 */
record PartitionNode(
        int nodeId,
        RatisClient client,
        Path dataDirectory,
        Path raftDirectory,
        Storage storage,
        DurableFloor floor,
        DurableVotes votes,
        PayloadWindow window,
        WriterThreads writers,
        ExecutorService appenderThreads,
        AppenderLimits appenderLimits,
        int payloadMaxBytes,
        NodeClock clock,
        CatchUps catchUps,
        RaftMeters meters,
        SpaceWatch space,
        NodeHalt halt)
        implements Closeable {
    private static final int CLOSE_SECONDS = 10;

    /** What the partitions share with the rest of the node. */
    record Shared(RatisClient client, CatchUps catchUps, RaftMeters meters, SpaceWatch space) {}

    /** Opens the node's shared files and starts its threads. */
    static PartitionNode open(
            RaftNodeConfig config, PartitionSettings settings, Disk anyDisk, Shared shared, NodeHalt halt)
            throws IOException {
        var disk = new HaltingDisk(anyDisk, halt);
        checkFloorIsThere(config, disk);
        var floor = openFloor(config, disk, halt);
        var votes = Optional.<DurableVotes>empty();
        try {
            votes = Optional.of(DurableVotes.open(disk, config.dataDirectory(), config.raftDirectory(), halt));
            var index = OffsetIndex.open(config.dataDirectory().resolve("index"));
            var writers = new WriterThreads(settings.writerThreads());
            register(shared.meters().node(), index, writers);
            return new PartitionNode(
                    config.nodeId(),
                    shared.client(),
                    config.dataDirectory(),
                    config.raftDirectory(),
                    new Storage(disk, index, shared.space()::reserveBytes),
                    floor,
                    votes.get(),
                    new PayloadWindow(settings.windowBytes()),
                    writers,
                    appenderThreads(settings.appenderThreads()),
                    settings.appender(),
                    config.payloadMaxBytes(),
                    new NodeClock(System::currentTimeMillis, System::nanoTime),
                    shared.catchUps(),
                    shared.meters(),
                    shared.space(),
                    halt);
        } catch (IOException e) {
            floor.close();
            if (votes.isPresent()) {
                votes.get().close();
            }
            throw e;
        }
    }

    private static DurableFloor openFloor(RaftNodeConfig config, Disk disk, NodeHalt halt) throws IOException {
        try {
            return DurableFloor.open(disk, config.dataDirectory(), halt);
        } catch (DamagedFileException e) {
            throw new StartRefusedException(
                    e.getMessage() + ": nobody can tell whether the raft logs are whole. Put the"
                            + " right file back, or " + Formation.replacement(config.nodeId()));
        }
    }

    private static void register(NodeMeters meters, OffsetIndex index, WriterThreads writers) {
        meters.counter(Metric.STORE_INDEX_REBUILDS, index, OffsetIndex::fills);
        meters.gauge(Metric.STORE_INDEX_FAILED, () -> index.hasFailed() ? 1 : 0);
        meters.gauge(Metric.QUEUE_TASKS, writers::waiting, "segment_writer");
    }

    /** Before a missing file is begun anew: once it is there, nothing tells that it was lost. */
    private static void checkFloorIsThere(RaftNodeConfig config, Disk disk) throws IOException {
        var floor = config.dataDirectory().resolve(DurableFloor.FILE_NAME);
        var groups = new StartupGroups(disk, config.raftDirectory()).onDisk();
        if (!disk.exists(floor) && !groups.isEmpty()) {
            throw new StartRefusedException("the file " + floor + " is missing, and " + groups.size()
                    + " raft logs are there: without it nobody can tell whether they are whole. Put the file back, or "
                    + Formation.replacement(config.nodeId()));
        }
    }

    private static ExecutorService appenderThreads(int count) {
        var number = new AtomicInteger();
        return Executors.newFixedThreadPool(count, task -> new Thread(task, "appender-" + number.getAndIncrement()));
    }

    /** Runs what is enqueued for the segments, then stops. */
    @Override
    public void close() throws IOException {
        appenderThreads.shutdown();
        Threads.join(appenderThreads, CLOSE_SECONDS, "an appender thread");
        writers.close();
        try {
            votes.close();
        } finally {
            try {
                floor.close();
            } finally {
                storage.index().close(); // it holds a lock, also where the others could not be written
            }
        }
    }
}
