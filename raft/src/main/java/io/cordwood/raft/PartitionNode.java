package io.cordwood.raft;

import io.cordwood.store.Storage;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.ratis.protocol.ClientId;

/**
 * What the partitions of a node share.
 *
 * @param clientId under which this process, and nobody else, submits entries
 * @param callIds the client's counter of calls
 * @param dataDirectory the node's
 * @param raftDirectory where Ratis keeps its groups
 * @param payloadMaxBytes largest payload of an entry
 */
record PartitionNode(
        ClientId clientId,
        AtomicLong callIds,
        Path dataDirectory,
        Path raftDirectory,
        Storage storage,
        DurableFloor floor,
        PayloadWindow window,
        WriterThreads writers,
        Executor appenderThreads,
        AppenderLimits appenderLimits,
        int payloadMaxBytes,
        LongSupplier clockMs,
        NodeHalt halt) {}
