package io.cordwood.server.cluster;

import io.cordwood.metadata.FeatureRange;
import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.NodeLimits;
import io.cordwood.metadata.NodeRegistration;
import io.cordwood.raft.NodeDisk;
import io.cordwood.raft.Registration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a whole cluster in memory, with the real rules. {@link #on} is what one node sees.
 *
 * <p>Thread: any.
 */
public final class FakeCluster {
    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> standingListeners = new CopyOnWriteArrayList<>();
    private volatile MetadataImage image = MetadataImage.EMPTY;
    private final AtomicLong producerIds = new AtomicLong();
    private final Map<Integer, List<NodeDisk>> disks = new ConcurrentHashMap<>();
    private volatile boolean reachable = true;
    private volatile boolean losesNextAnswer;
    private volatile Lead lead = new Lead(1, 1);
    private volatile @Nullable MetadataImage frozen;

    /** Who leads the metadata; 0 = nobody. */
    private record Lead(int nodeId, long term) {}

    public static FakeCluster of(int nodeCount) {
        return of(nodeCount, 1);
    }

    /** A cluster at a feature level. */
    public static FakeCluster of(int nodeCount, int featureLevel) {
        var cluster = new FakeCluster();
        var nodes = new ArrayList<NodeRegistration>();
        for (int id = 1; id <= nodeCount; id++) {
            nodes.add(new NodeRegistration(
                    id,
                    "incarnation-" + id,
                    "127.0.0.1:" + (10_000 + id),
                    new TreeMap<>(Map.of("client", "127.0.0.1:" + (20_000 + id))),
                    "",
                    new NodeLimits(2_000, (1 << 20) + 12),
                    new FeatureRange(1, featureLevel)));
        }
        cluster.apply(new MetadataCommand.FormCluster(
                "AAAAAAAAAAAAAAAAAAAAAA",
                featureLevel,
                nodes,
                nodes.stream().map(NodeRegistration::nodeId).toList()));
        return cluster;
    }

    public synchronized MetadataResult apply(MetadataCommand command) {
        var result = state.apply(command, image.index() + 1);
        image = state.image();
        listeners.forEach(Runnable::run);
        standingListeners.forEach(Runnable::run);
        return result;
    }

    /** The node comes up anew, with these addresses by the names of its listeners. */
    public void advertises(int nodeId, Map<String, String> addresses) {
        var node = image.node(nodeId).orElseThrow();
        apply(new MetadataCommand.RegisterNode(new NodeRegistration(
                nodeId,
                node.incarnation(),
                node.nodeAddress(),
                new TreeMap<>(addresses),
                node.rack(),
                node.limits(),
                node.features())));
    }

    /** Of those that wait for something; a node's own that hear of every change are not among them. */
    public int listenerCount() {
        return listeners.size();
    }

    public MetadataImage image() {
        return image;
    }

    public void createTopic(String name, int partitions, int replicationFactor) {
        createTopic(name, partitions, replicationFactor, Map.of());
    }

    public void createTopic(String name, int partitions, int replicationFactor, Map<String, String> config) {
        var groups = new ArrayList<UUID>();
        for (int i = 0; i < partitions; i++) {
            groups.add(UUID.randomUUID());
        }
        var result = apply(new MetadataCommand.CreateTopic(
                name, UUID.randomUUID(), groups, replicationFactor, new TreeMap<>(config)));
        if (!(result instanceof MetadataResult.Done)) {
            throw new IllegalStateException(result.toString());
        }
    }

    public void deleteTopic(String name) {
        apply(new MetadataCommand.DeleteTopic(topicId(name)));
    }

    /** Of the topic that has this name now. */
    public UUID topicId(String name) {
        return image.topic(name).orElseThrow().topicId();
    }

    public void leads(int nodeId, String topic, int partition, long term) {
        var id = topicId(topic);
        apply(new MetadataCommand.ReportLeaders(nodeId, List.of(new LeaderReport(id, partition, term))));
    }

    /** Nodes see nothing of what is decided from now on. */
    public void freezeViews() {
        frozen = image;
    }

    private MetadataImage seen() {
        var old = frozen;
        return old == null ? image : old;
    }

    /** A node tells the others of its disk from now on. */
    public void tell(int nodeId, NodeDisk disk) {
        disks.put(nodeId, List.of(disk));
    }

    /** The node leads the metadata from now on; 0 = nobody does. */
    public synchronized void metadataLedBy(int nodeId) {
        lead = new Lead(nodeId, lead.term() + 1);
    }

    /** The next command is applied, and whoever sent it does not hear of it. */
    public void loseNextAnswer() {
        losesNextAnswer = true;
    }

    private boolean losesAnswer() {
        boolean loses = losesNextAnswer;
        losesNextAnswer = false;
        return loses;
    }

    /** Commands and current images fail from now on. */
    public void cutOff() {
        reachable = false;
    }

    public Cluster on(int nodeId) {
        return new Seen(nodeId);
    }

    /** What one node sees. */
    private final class Seen implements Cluster {
        private final int nodeId;

        Seen(int nodeId) {
            this.nodeId = nodeId;
        }

        @Override
        public int thisNode() {
            return nodeId;
        }

        @Override
        public MetadataImage image() {
            return seen();
        }

        @Override
        public CompletableFuture<MetadataImage> currentImage() {
            return reachable ? CompletableFuture.completedFuture(seen()) : unavailable();
        }

        /** Sends it again where no answer comes. */
        @Override
        public CompletableFuture<MetadataResult> submit(MetadataCommand command) {
            if (reachable && losesAnswer()) {
                apply(command);
            }
            return reachable ? CompletableFuture.completedFuture(apply(command)) : unavailable();
        }

        @Override
        public CompletableFuture<Long> nextProducerId() {
            return reachable ? CompletableFuture.completedFuture(producerIds.getAndIncrement()) : unavailable();
        }

        @Override
        public OptionalInt metadataLeader() {
            int leader = lead.nodeId();
            return leader == 0 ? OptionalInt.empty() : OptionalInt.of(leader);
        }

        @Override
        public OptionalLong leadingTerm() {
            var now = lead;
            return now.nodeId() == nodeId ? OptionalLong.of(now.term()) : OptionalLong.empty();
        }

        @Override
        public CompletableFuture<MetadataResult> submitHere(MetadataCommand command) {
            if (leadingTerm().isEmpty() || !reachable) {
                return unavailable();
            }
            boolean lost = losesAnswer();
            var result = apply(command);
            return lost ? unavailable() : CompletableFuture.completedFuture(result);
        }

        @Override
        public List<NodeDisk> disks(int node) {
            return disks.getOrDefault(node, List.of());
        }

        @Override
        public Registration onChange(Runnable listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }

        @Override
        public Registration onEveryChange(Runnable listener) {
            standingListeners.add(listener);
            return () -> standingListeners.remove(listener);
        }
    }

    private static <T> CompletableFuture<T> unavailable() {
        return RefusedException.failedFuture(
                Refusal.of(Reason.METADATA_UNAVAILABLE, "no metadata leader can be reached"));
    }
}
