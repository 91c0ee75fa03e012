package io.cordwood.server.config;

import io.cordwood.coordinator.CoordinatorConfig;
import io.cordwood.metadata.GroupLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one node, checked.
 *
 * <p>Invariant: every value lies in the range that {@code --help} prints, and the values agree with each other.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param clients where clients are served: {@value Listener#CLIENT} first, then perhaps another
 * @param insecure listeners outside loopback are allowed
 */
public record ServerConfig(
        Node node,
        List<Listener> clients,
        Listener nodes,
        Http http,
        boolean insecure,
        Log log,
        Raft raft,
        Upkeep upkeep,
        Disks disks,
        Limits limits,
        Groups groups,
        Metrics metrics,
        Tracing tracing) {

    public ServerConfig {
        clients = List.copyOf(clients);
    }

    /** Who the node is, where its files are and whom it asks at its first start. */
    public record Node(int id, String rack, Path dataDir, Path raftDir, SortedMap<Integer, Endpoint> initialNodes) {
        public Node {
            initialNodes = Collections.unmodifiableSortedMap(new TreeMap<>(initialNodes));
        }
    }

    /** A named listener's addresses. */
    public record Listener(String name, Endpoint bind, Endpoint advertised) {
        /** The one that every node has. */
        public static final String CLIENT = "client";

        /** For clients that reach the nodes by other addresses, as from outside a network of containers. */
        public static final String EXTERNAL = "external";

        static final String NODE = "node";
    }

    /**
     * The HTTP port.
     *
     * @param bind null where it is switched off
     */
    public record Http(@Nullable Endpoint bind, int maxCalls, int maxTails, int bodyMaxBytes) {}

    /** The partition logs. */
    public record Log(
            int segmentMaxBytes,
            Duration segmentMaxAge,
            Duration retention,
            int indexIntervalBytes,
            int writerThreads,
            boolean directWrites,
            Compaction compaction,
            Scrub scrub,
            boolean unsafeFlush) {}

    /** What compaction may take. */
    public record Compaction(long keyBytes, long bytesPerSecond) {}

    /** How the node looks for damage in its segment files. */
    public record Scrub(long bytesPerSecond, Duration interval) {}

    /**
     * The Raft groups.
     *
     * @param replaceDeadAfter null where the replicas of dead nodes stay there
     */
    public record Raft(
            Duration electionTimeoutMin,
            Duration electionTimeoutMax,
            int appenderMaxInFlight,
            long appenderQueueMaxBytes,
            int maxPartitions,
            @Nullable Duration replaceDeadAfter) {}

    /** How raft logs are kept short, and how hard replicas fetch what a purge took from under them. */
    public record Upkeep(
            long checkpointBytes,
            Duration checkpointInterval,
            int raftSegmentMaxBytes,
            int preservedEntries,
            long catchUpBytesPerSecond,
            int catchUpMaxReplicas) {}

    /** What shall be left of the disks, whichever is more; with less the node takes no batches. */
    public record Disks(long floorBytes, int floorPercent) {}

    /** What clients may ask of the node at once. */
    public record Limits(
            int batchMaxBytes,
            long nodeInFlightMaxBytes,
            long connectionInFlightMaxBytes,
            int connectionMaxCalls,
            int nodeMaxCalls,
            int validationThreads,
            int readerThreads) {}

    /**
     * What consumer groups may take; see {@link CoordinatorConfig}.
     *
     * @param formerLeader follows from the election timeout; it has no setting of its own
     */
    public record Groups(
            GroupLimits limits,
            int joinsPerSecond,
            int maxWaitingJoins,
            int maxWaitingOffsets,
            Duration sessionTimeoutMin,
            Duration sessionTimeoutMax,
            Duration offsetRetention,
            Duration formerLeader) {
        /** Where nothing is configured. */
        public static final Groups DEFAULT = new Groups(
                GroupLimits.DEFAULT,
                CoordinatorConfig.DEFAULT.joinsPerSecond(),
                CoordinatorConfig.DEFAULT.maxWaitingJoins(),
                CoordinatorConfig.DEFAULT.maxWaitingOffsets(),
                Duration.ofSeconds(3),
                Duration.ofMinutes(30),
                CoordinatorConfig.DEFAULT.offsetRetention(),
                CoordinatorConfig.DEFAULT.formerLeader());
    }

    /** How many series the metrics have at most where their number grows with the topics and groups. */
    public record Metrics(int maxTopics, int maxPartitions, int maxGroupPartitions) {}

    /**
     * Where spans go.
     *
     * @param endpoint null where nothing is traced
     * @param sampleRatio of the traces that begin at the node, from 0 to 1
     */
    public record Tracing(@Nullable URI endpoint, double sampleRatio) {}

    /** Whether the arguments ask for {@link #help()} instead of a start. */
    public static boolean asksForHelp(List<String> arguments) {
        return CommandLine.parse(arguments).help();
    }

    /** Every setting with its meaning, range and default. */
    public static String help() {
        return Settings.help();
    }

    /** @throws ConfigException with all problems of flags, environment and file at once */
    public static ServerConfig load(List<String> arguments, Map<String, String> environment) throws ConfigException {
        return new ConfigReader(new ConfigSources(CommandLine.parse(arguments), environment)).read();
    }
}
