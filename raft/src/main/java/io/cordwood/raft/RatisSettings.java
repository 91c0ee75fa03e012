package io.cordwood.raft;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * Ratis' settings for a node, all of them in one place.
 *
 * <p>Thread: stateless.
 */
final class RatisSettings {
    /** Room for a raft entry around its payload: the header, and Ratis' own fields. */
    static final int ENTRY_OVERHEAD_BYTES = 64 * 1024;

    private static final int MIB = 1024 * 1024;
    private static final int APPEND_ELEMENT_LIMIT = 4096;
    /**
     * Pauses before a follower is sent something again, and how often, counted since its last good answer. Short ones, because
     * backtracking goes one raft index per reply; it ends where entries may differ that were never committed, and those are few.
     * A node that is away costs two failures per pause in each of its groups, also in the second in which they elect: so the
     * short ones are few, too. Behind the last count Ratis would not pause at all.
     */
    static final String APPEND_RETRIES = "1ms,8, 50ms,8, 250ms,40, 1s," + Integer.MAX_VALUE / 2;

    private RatisSettings() {}

    /**
     * The properties of a node's RaftServer.
     *
     * @param storage directory of the raft logs
     * @param bind the node port, not resolved
     * @param payloadMaxBytes the largest payload of one entry
     */
    static RaftProperties of(
            Path storage, InetSocketAddress bind, int payloadMaxBytes, RaftTimings timings, LogUpkeep upkeep) {
        var properties = new RaftProperties();
        RaftServerConfigKeys.setStorageDir(properties, List.of(storage.toFile()));
        GrpcConfigKeys.Server.setHost(properties, bind.getHostString());
        GrpcConfigKeys.Server.setPort(properties, bind.getPort());
        int entryMaxBytes = payloadMaxBytes + ENTRY_OVERHEAD_BYTES;
        log(properties, entryMaxBytes);
        upkeep(properties, upkeep);
        replication(properties, entryMaxBytes);
        elections(properties, timings);
        snapshots(properties);
        return properties;
    }

    private static void log(RaftProperties properties, int entryMaxBytes) {
        Log.setPreallocatedSize(properties, SizeInBytes.ZERO); // it would write zeros, not reserve space
        Log.setWriteBufferSize(properties, SizeInBytes.valueOf(roundUp(entryMaxBytes + Long.BYTES)));
        Log.setForceSyncNum(properties, 1024);
        Log.setUnsafeFlushEnabled(properties, false);
        Log.setAsyncFlushEnabled(properties, false); // it advances the flush index even on an error
        Log.setLogMetadataEnabled(properties, false);
        Log.setAppendEntriesComposeEnabled(properties, false); // true: one fsync per request on a follower
        Log.StateMachineData.setSync(properties, true);
        Log.StateMachineData.setCachingEnabled(properties, true); // false: truncation computes wrong positions
        Log.setCorruptionPolicy(properties, Log.CorruptionPolicy.WARN_AND_RETURN); // only behind our own scan
    }

    private static void upkeep(RaftProperties properties, LogUpkeep upkeep) {
        // The log holds headers only; the open segment stays in the heap and only closed ones are purged.
        Log.setSegmentSizeMax(properties, SizeInBytes.valueOf(upkeep.raftSegmentBytes()));
        Log.setSegmentCacheNumMax(properties, 1);
        Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf(2L * upkeep.raftSegmentBytes()));
        // A dead follower does not hold it up: it catches up from the segment files.
        Log.setPurgeUptoSnapshotIndex(properties, true);
        Log.setPurgeGap(properties, upkeep.purgeGap());
        Log.setPurgePreservationLogNum(properties, upkeep.preservedEntries());
    }

    private static void replication(RaftProperties properties, int entryMaxBytes) {
        Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf(entryMaxBytes));
        Log.Appender.setBufferElementLimit(properties, APPEND_ELEMENT_LIMIT);
        Log.Appender.setWaitTimeMin(properties, millis(Duration.ofMillis(1)));
        Log.Appender.setRetryPolicy(properties, APPEND_RETRIES);
        Log.Appender.setInstallSnapshotEnabled(properties, false);
        RaftServerConfigKeys.Write.setElementLimit(properties, APPEND_ELEMENT_LIMIT);
        RaftServerConfigKeys.Write.setByteLimit(properties, SizeInBytes.valueOf(16L * MIB + entryMaxBytes));
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, millis(Duration.ofSeconds(1)));
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf(entryMaxBytes + MIB));
        GrpcConfigKeys.setFlowControlWindow(properties, SizeInBytes.valueOf(8L * MIB));
        GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(properties, 32);
        GrpcConfigKeys.Server.setHeartbeatChannel(properties, true); // else heartbeats queue behind data
        RaftServerConfigKeys.ThreadPool.setProxySize(properties, 16);
    }

    private static void elections(RaftProperties properties, RaftTimings timings) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, millis(timings.electionTimeoutMin()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, millis(timings.electionTimeoutMax()));
        // What is sent to a follower waits for a heartbeat once it has been silent for so long. Before that, an
        // appender whose stream broke looks for something to send without a pause.
        RaftServerConfigKeys.Rpc.setSlownessTimeout(properties, millis(timings.electionTimeoutMin()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, millis(Duration.ofMillis(200)));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, millis(Duration.ofMillis(1200)));
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, millis(Duration.ofSeconds(3)));
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, false);
    }

    private static void snapshots(RaftProperties properties) {
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setCreationGap(properties, 1);
    }

    private static TimeDuration millis(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static long roundUp(long bytes) {
        return (bytes + 4095) / 4096 * 4096;
    }
}
