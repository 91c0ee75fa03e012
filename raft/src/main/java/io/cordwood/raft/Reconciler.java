package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.PartitionInfo;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroupId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the raft groups of this node equal to what the metadata says: creates the missing ones, removes those of deleted
 * topics. It acts only on an image that was current when it began: a node that just started replays old images. A group
 * that fails is tried again later and does not hold up the others. What is new comes first: nobody waits for a removal.
 *
 * <p>Invariant: a group whose raft log was created here once is never created again; an empty log in the place of a lost
 * one would vote for the loss of what the lost one acknowledged.
 *
 * <p>Thread: its own, {@code reconciler-<node>}; {@link #wake} by any.
 */
final class Reconciler implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
    private static final Duration IMAGE_TIMEOUT = Duration.ofSeconds(30);
    private static final long FIRST_PAUSE_MS = 100;
    private static final long LAST_PAUSE_MS = 5000;

    private final int nodeId;
    private final ClusterMetadata metadata;
    private final RaftGroups groups;
    private final LocalPartitions partitions;
    private final NodeHalt halt;
    private final Semaphore work = new Semaphore(0);
    private final Thread thread;
    private final TrashThread trash;
    private final Set<UUID> reportedMissing = ConcurrentHashMap.newKeySet();
    private final Set<UUID> failed = new HashSet<>();
    private volatile boolean closed;

    Reconciler(int nodeId, ClusterMetadata metadata, RaftGroups groups, LocalPartitions partitions, NodeHalt halt) {
        this.halt = halt;
        this.nodeId = nodeId;
        this.metadata = metadata;
        this.groups = groups;
        this.partitions = partitions;
        this.thread = new Thread(this::run, "reconciler-" + nodeId);
        this.trash = new TrashThread(nodeId, partitions::emptyTrash, halt);
    }

    void start() {
        thread.start();
        wake();
    }

    /** Has it look soon. */
    void wake() {
        work.release();
    }

    private void run() {
        int failures = 0;
        while (!closed) {
            try {
                work.acquire();
                work.drainPermits();
                reconcile(metadata.currentImage().get(IMAGE_TIMEOUT.toSeconds(), TimeUnit.SECONDS));
                failures = 0;
            } catch (IOException | ExecutionException | TimeoutException e) {
                failures++;
                LOG.warn("node {} cannot bring its groups up to date yet: {}", nodeId, e.toString());
                pause(Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(failures, 10)));
                wake();
            } catch (InterruptedException e) {
                return; // closed
            } catch (RuntimeException e) {
                if (!closed) {
                    halt.failed("the reconciler of node " + nodeId, e);
                }
                return;
            }
        }
    }

    private void pause(long ms) {
        try {
            TimeUnit.MILLISECONDS.sleep(ms);
        } catch (InterruptedException e) {
            thread.interrupt();
        }
    }

    /** What is done for one group. */
    private interface Step {
        void run() throws IOException;
    }

    private void reconcile(MetadataImage image) throws IOException, InterruptedException {
        Map<UUID, MetadataImage.Replica> wanted = new HashMap<>();
        image.replicasOn(nodeId)
                .forEach(replica -> wanted.put(replica.partition().raftGroupId(), replica));
        var before = Set.copyOf(failed);
        failed.clear();
        for (MetadataImage.Replica replica : wanted.values()) {
            attempt(replica.partition().raftGroupId(), before, () -> ensure(replica, image));
        }
        for (PartitionGroup group : partitions.all()) {
            if (!wanted.containsKey(group.groupId())) {
                attempt(group.groupId(), before, () -> remove(group));
            }
        }
        checkOpen();
        partitions.dropQuarantineExcept(groupIds(image));
        trash.wake();
        if (!failed.isEmpty()) {
            throw new IOException(failed.size() + " groups failed");
        }
    }

    private static Set<UUID> groupIds(MetadataImage image) {
        return image.topics().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(PartitionInfo::raftGroupId)
                .collect(Collectors.toSet());
    }

    /** @param before what failed in the last round and is in the log already */
    private void attempt(UUID groupId, Set<UUID> before, Step step) throws InterruptedException {
        checkOpen();
        try {
            step.run();
        } catch (IOException e) {
            failed.add(groupId);
            if (!closed && !before.contains(groupId)) {
                LOG.warn("node {} cannot open or remove group {} yet", nodeId, groupId, e);
            }
        }
    }

    private void ensure(MetadataImage.Replica replica, MetadataImage image) throws IOException {
        var id = replica.partition().raftGroupId();
        if (groups.division(RaftGroupId.valueOf(id)).isPresent()) {
            configure(replica);
            return;
        }
        if (partitions.wasHere(id)) {
            reportMissing(replica);
            return;
        }
        var group = partitions.find(id).orElseGet(() -> newGroup(replica, image));
        partitions.write(group);
        add(group);
        partitions.write(group.markedCreated());
        LOG.info(
                "topic {} partition {}: group {} with replicas on nodes {}",
                replica.topic().name(),
                replica.partition().partition(),
                id,
                replica.partition().replicas());
    }

    /** The replica is open: its topic's settings may have changed since. */
    private void configure(MetadataImage.Replica replica) throws IOException {
        var wanted = replica.topic().config();
        var known = partitions.find(replica.partition().raftGroupId());
        if (known.isPresent() && !known.get().placement().settings().equals(wanted)) {
            partitions.configure(known.get(), wanted);
            LOG.info(
                    "topic {} partition {}: settings are {} now",
                    replica.topic().name(),
                    replica.partition().partition(),
                    wanted);
        }
    }

    private void add(PartitionGroup group) throws IOException {
        var id = RaftGroupId.valueOf(group.groupId());
        try {
            groups.add(id, RaftGroups.peers(group.initialPeers(), RaftPeerRole.FOLLOWER));
        } catch (IOException e) {
            if (groups.division(id).isEmpty()) {
                partitions.notOpened(group);
            }
            throw e;
        }
    }

    private static PartitionGroup newGroup(MetadataImage.Replica replica, MetadataImage image) {
        var topic = replica.topic();
        var partition = replica.partition();
        var placement = new GroupPlacement(
                topic.topicId(),
                topic.name(),
                partition.partition(),
                partition.epochBase(),
                partition.replicas(),
                topic.config());
        var peers = new TreeMap<Integer, String>();
        List<NodeInfo> nodes = partition.replicas().stream()
                .flatMap(id -> image.node(id).stream())
                .toList();
        nodes.forEach(node -> peers.put(node.nodeId(), node.nodeAddress()));
        return new PartitionGroup(partition.raftGroupId(), placement, peers, false, false);
    }

    /** Whether the group should be here and is not made: it was here once, and only an operator can put that right. */
    boolean isSetAside(UUID groupId) {
        return reportedMissing.contains(groupId);
    }

    private void reportMissing(MetadataImage.Replica replica) {
        if (reportedMissing.add(replica.partition().raftGroupId())) {
            LOG.error(
                    "topic {} partition {}: node {} has no replica any more (set aside, or its raft directory is gone);"
                            + " the others go on without it",
                    replica.topic().name(),
                    replica.partition().partition(),
                    nodeId);
        }
    }

    /** Ratis deletes a group's directory file by file: from the mark on, a crash in between ends in deletion all the same. */
    private void remove(PartitionGroup group) throws IOException {
        var id = RaftGroupId.valueOf(group.groupId());
        partitions.write(group.markedDeleted());
        if (groups.division(id).isPresent()) {
            groups.remove(id);
        }
        partitions.remove(group);
        LOG.info(
                "topic {} partition {}: deleted on node {}",
                group.placement().topic(),
                group.placement().partition(),
                nodeId);
    }

    private void checkOpen() throws InterruptedException {
        if (closed) {
            throw new InterruptedException("closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        trash.close();
    }
}
