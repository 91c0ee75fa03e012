package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.proto.internal.v1.JoinAnswer;
import io.cordwood.proto.internal.v1.JoinQuestion;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
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
 * Makes the raft groups of this node equal to what the metadata says: creates the missing ones, removes
 * those of deleted topics and those that live elsewhere now. A replica that was lost is reported; once its
 * old membership has ended it is made anew, empty and without members, and the group's leader adds it. It
 * acts only on an image that was current when it began: a node that just started replays old images. A
 * group that fails is tried again later and does not hold up the others. What is new comes first: nobody
 * waits for a removal.
 *
 * <p>Invariant: a group whose raft log was created here once is never created again under the same
 * membership; an empty log in the place of a lost one would vote for the loss of what the lost one
 * acknowledged.
 *
 * <p>Thread: its own, {@code reconciler-<node>}; {@link #wake}, {@link #isOpen}, {@link
 * #closedByItself(RaftGroupId)} and {@link #isSetAside} by any.
 */
final class Reconciler implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
    static final String IS_OPEN = "JoinIsOpen";
    private static final Duration IMAGE_TIMEOUT = Duration.ofSeconds(30);

    private static final long FIRST_PAUSE_MS = 100;
    private static final long LAST_PAUSE_MS = 5000;

    private final Self self;
    private final int nodeId;
    private final ClusterMetadata metadata;
    private final RaftGroups groups;
    private final LocalPartitions partitions;
    private final NodeHalt halt;
    private final ClosedGroups closedGroups;
    private final Semaphore work = new Semaphore(0);
    private final Thread thread;
    private final TrashThread trash;
    private final Set<UUID> setAside = ConcurrentHashMap.newKeySet();
    private final Set<UUID> failed = new HashSet<>();
    private volatile boolean closed;

    /** The node, with the incarnation of its data directory. */
    record Self(int nodeId, String incarnation) {}

    Reconciler(Self self, ClusterMetadata metadata, RaftGroups groups, LocalPartitions partitions, NodeHalt halt) {
        this.halt = halt;
        this.self = self;
        this.nodeId = self.nodeId();
        this.closedGroups = new ClosedGroups(nodeId, halt);
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

    /** Answers a leader that asks whether the group is open here that this node is to join. */
    CompletableFuture<byte[]> isOpen(byte[] request) {
        try {
            var question = JoinQuestion.parseFrom(request);
            var id = Uuids.parse(question.getRaftGroupId());
            boolean open = partitions
                            .find(id)
                            .filter(group -> group.created() && group.joinedAt() == question.getJoinedAt())
                            .isPresent()
                    && groups.division(RaftGroupId.valueOf(id)).isPresent();
            return CompletableFuture.completedFuture(
                    JoinAnswer.newBuilder().setOpen(open).build().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            return CompletableFuture.failedFuture(new NewerFormatException("question does not parse", e));
        }
    }

    /** Ratis closed a group by itself; whether that is as it should be, the newest image says. */
    void closedByItself(RaftGroupId groupId) {
        closedGroups.add(groupId.getUuid());
        wake();
    }

    private void run() {
        int failures = 0;
        while (!closed) {
            try {
                work.acquire();
                work.drainPermits();
                var closedBefore = closedGroups.all();
                reconcile(newestImage(closedBefore), closedBefore);
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

    private MetadataImage newestImage(Set<UUID> closedBefore)
            throws ExecutionException, TimeoutException, InterruptedException {
        try {
            return metadata.currentImage().get(IMAGE_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            closedGroups.noImage(closedBefore);
            throw e;
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
        void run() throws IOException, InterruptedException;
    }

    private void reconcile(MetadataImage image, Set<UUID> closedBefore) throws IOException, InterruptedException {
        checkIncarnation(image);
        Map<UUID, MetadataImage.Replica> wanted = new HashMap<>();
        image.replicasOn(nodeId)
                .forEach(replica -> wanted.put(replica.partition().raftGroupId(), replica));
        closedGroups.judge(closedBefore, wanted, replica -> outlived(replica).isPresent());
        setAside.retainAll(wanted.keySet());
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
        forgetGone(wanted.keySet());
        trash.wake();
        if (!failed.isEmpty()) {
            throw new IOException(failed.size() + " groups failed");
        }
    }

    /** A node that an operator gave up for lost must not go on: another directory may take its place. */
    private void checkIncarnation(MetadataImage image) {
        var known = image.node(nodeId).map(NodeInfo::incarnation).orElse("");
        if (!known.equals(self.incarnation())) {
            throw new IllegalStateException("the cluster gave up this directory for lost: its incarnation is "
                    + self.incarnation() + ", the cluster knows '" + known + "'");
        }
    }

    /**
     * What is here of an earlier membership than the one that begins: a replica joins only after the old one
     * has ended, which this node need not have heard of.
     */
    private Optional<PartitionGroup> outlived(MetadataImage.Replica replica) {
        return replica.partition()
                .changes()
                .of(nodeId)
                .filter(change -> change.kind() == ReplicaChange.Kind.JOINING)
                .flatMap(change -> partitions
                        .find(replica.partition().raftGroupId())
                        .filter(group -> group.joinedAt() != change.since()));
    }

    /** For people. */
    static String name(MetadataImage.Replica replica) {
        return "topic " + replica.topic().name() + " partition "
                + replica.partition().partition();
    }

    /** That of the metadata group is neither wanted nor gone. */
    private void forgetGone(Set<UUID> wanted) {
        metadata.groupId().ifPresent(own -> partitions.forgetGone(id -> wanted.contains(id) || id.equals(own)));
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

    private void ensure(MetadataImage.Replica replica, MetadataImage image) throws IOException, InterruptedException {
        var id = replica.partition().raftGroupId();
        if (groups.division(RaftGroupId.valueOf(id)).isPresent()) {
            var old = outlived(replica);
            if (old.isEmpty()) {
                configure(replica);
                return;
            }
            remove(old.get());
        }
        var change = replica.partition().changes().of(nodeId);
        if (change.isPresent()) {
            ensureChanged(replica, change.get(), image);
        } else if (partitions.wasHere(id)) {
            reportLost(replica, image);
        } else {
            create(replica, partitions.find(id).orElseGet(() -> newGroup(replica, image)));
        }
    }

    private void ensureChanged(MetadataImage.Replica replica, ReplicaChange change, MetadataImage image)
            throws IOException, InterruptedException {
        switch (change.kind()) {
            case LOST -> { // the leader ends the membership
                setAside.add(replica.partition().raftGroupId());
                partitions.lossIsKnown(replica.partition().raftGroupId());
            }
            case LEAVING -> leave(replica, image);
            case JOINING -> join(replica, change.since(), image);
        }
    }

    /** What is not open here is of no use to anybody until the membership ends; it was counted on until now. */
    private void leave(MetadataImage.Replica replica, MetadataImage image) throws IOException, InterruptedException {
        if (replica.partition().changes().awaitsSuccessor(nodeId)) {
            reportLost(replica, image);
        } else {
            setAside.add(replica.partition().raftGroupId());
        }
    }

    private void join(MetadataImage.Replica replica, long since, MetadataImage image)
            throws IOException, InterruptedException {
        var id = replica.partition().raftGroupId();
        if (partitions.hasJoined(id, since)) {
            reportLost(replica, image); // it may be a member already
            return;
        }
        var begun = partitions.find(id).filter(group -> group.joinedAt() == since);
        var group = begun.orElseGet(() -> PartitionGroup.joining(id, placement(replica), since));
        if (begun.isEmpty()) {
            partitions.clearForJoining(group);
        }
        create(replica, group);
    }

    private void create(MetadataImage.Replica replica, PartitionGroup group) throws IOException {
        partitions.write(group);
        add(group);
        partitions.write(group.markedCreated());
        setAside.remove(group.groupId());
        LOG.info(
                "{}: group {} with replicas on nodes {}{}",
                name(replica),
                group.groupId(),
                replica.partition().replicas(),
                group.joinedAt() > 0 ? ", which this one joins" : "");
    }

    /** The replica is open: its topic's settings may have changed since. */
    private void configure(MetadataImage.Replica replica) throws IOException {
        var wanted = replica.topic().config();
        var known = partitions.find(replica.partition().raftGroupId());
        if (known.isPresent() && !known.get().created()) { // it was opened, and then the mark could not be written
            partitions.write(known.get().markedCreated());
            setAside.remove(known.get().groupId());
        }
        if (known.isPresent() && !known.get().placement().settings().equals(wanted)) {
            partitions.configure(known.get().markedCreated(), wanted);
            LOG.info("{}: settings are {} now", name(replica), wanted);
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

    /**
     * A group that begins with its first members, or a member of those that had not opened it yet when others
     * changed: the members of now may be others than the first ones, so it takes them from the leader.
     */
    private static PartitionGroup newGroup(MetadataImage.Replica replica, MetadataImage image) {
        var partition = replica.partition();
        var peers = new TreeMap<Integer, String>();
        if (partition.changes().lastAt() == 0 || partition.leaderTerm() == 0) {
            partition.replicas().stream()
                    .flatMap(id -> image.node(id).stream())
                    .forEach(node -> peers.put(node.nodeId(), node.nodeAddress()));
        }
        return new PartitionGroup(partition.raftGroupId(), placement(replica), peers, false, false);
    }

    private static GroupPlacement placement(MetadataImage.Replica replica) {
        var topic = replica.topic();
        var partition = replica.partition();
        return new GroupPlacement(
                topic.topicId(),
                topic.name(),
                partition.partition(),
                partition.epochBase(),
                partition.replicas(),
                topic.config());
    }

    /**
     * Whether the group should be here and is not made: what it held is lost, and it is not a member that may
     * begin anew yet.
     */
    boolean isSetAside(UUID groupId) {
        return setAside.contains(groupId);
    }

    /**
     * The group goes on without this replica; its leader ends the membership, and this node may begin anew
     * then.
     */
    private void reportLost(MetadataImage.Replica replica, MetadataImage image)
            throws IOException, InterruptedException {
        var partition = replica.partition();
        boolean isNew = setAside.add(partition.raftGroupId());
        if (isNew) {
            LOG.error(
                    "{}: node {} has no replica any more (set aside, or its raft directory is gone); it is rebuilt from the"
                            + " others",
                    name(replica),
                    nodeId);
        }
        if (image.featureLevel() < MetadataCommand.REPLICA_CHANGES) {
            return; // programs that do not know the command may lead the metadata; an image comes when they are gone
        }
        try {
            var result = metadata.submit(new MetadataCommand.ReportLostReplica(
                            replica.topic().topicId(),
                            partition.partition(),
                            nodeId,
                            self.incarnation(),
                            image.index()))
                    .get(IMAGE_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (result instanceof MetadataResult.Done) {
                partitions.reportedLost(partition.raftGroupId(), image.index());
            }
            if (isNew && result instanceof MetadataResult.Refused refused) {
                LOG.warn("{}: the loss is not reported: {}", name(replica), refused.message());
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the loss of " + name(replica) + " cannot be reported", e);
        }
    }

    /**
     * Ratis deletes a group's directory file by file: from the mark on, a crash in between ends in deletion all
     * the same.
     */
    private void remove(PartitionGroup group) throws IOException {
        var id = RaftGroupId.valueOf(group.groupId());
        partitions.write(group.markedDeleted());
        if (groups.division(id).isPresent()) {
            groups.remove(id);
        }
        partitions.remove(group);
        closedGroups.removed(group.groupId());
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
