package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.LogConfig;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.statemachine.StateMachine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partition replicas of a node.
 *
 * <p>Invariants: a replica that fails its check at the start is set aside, files and raft log, before Ratis sees it: its group then
 * does not exist here and cannot vote. It is not made anew under the same membership: an empty log would vote for the loss.
 *
 * <p>Thread: any; groups are opened and removed one at a time by their host.
 */
final class PartitionReplicas implements PartitionHost {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionReplicas.class);
    private static final String PARTITIONS = "partitions";

    private final PartitionNode node;
    private final LogConfig logDefaults;
    private final TopicConfig topicDefaults;
    private final Compaction compaction;
    private final Scrub scrub;
    private final CompactionWatch compactionWatch = new CompactionWatch(LOG::warn, System::nanoTime);
    private final Quarantine quarantine;
    private volatile boolean closing;
    private volatile @Nullable Consumer<RaftGroupId> closedByItself;
    private final Map<RaftGroupId, Prepared> prepared = new ConcurrentHashMap<>();
    private final Map<RaftGroupId, PartitionReplica> open = new ConcurrentHashMap<>();
    private final Map<PartitionId, PartitionReplica> byPartition = new ConcurrentHashMap<>();

    private record Prepared(PartitionContext context, DivisionSubmitter submitter, RecoveredReplica recovered) {}

    PartitionReplicas(
            PartitionNode node,
            LogConfig logDefaults,
            TopicConfig topicDefaults,
            CompactionLimits compactionLimits,
            ScrubLimits scrubLimits) {
        this.node = node;
        this.logDefaults = logDefaults;
        this.topicDefaults = topicDefaults;
        quarantine = new Quarantine(node.storage().disk(), node.dataDirectory(), node.raftDirectory());
        compaction = new Compaction(this::all, node.clock()::nowMs, System::nanoTime, compactionLimits, node.meters());
        scrub = new Scrub(
                this::all,
                this::hasNothingOf,
                scrubLimits,
                new Scrub.Means(
                        System::nanoTime,
                        this::isBusy,
                        node.dataDirectory().resolve(Quarantine.NAME).resolve(Quarantine.SEGMENTS),
                        new ScrubCounters(node.meters().node(), System::nanoTime)));
        node.catchUps().answer(CopyMessages.METHOD, scrub::answer);
    }

    /** Whether something goes on here that matters more than a look for damage. */
    private boolean isBusy() {
        return node.catchUps().counters().isRunning()
                || open.values().stream().anyMatch(PartitionReplica::isCompacting);
    }

    @Override
    public Collection<PartitionReplica> all() {
        return List.copyOf(open.values());
    }

    @Override
    public Optional<PartitionReplica> find(PartitionId id) {
        return Optional.ofNullable(byPartition.get(id));
    }

    @Override
    public Set<RaftGroupId> prepare(Map<RaftGroupId, GroupPlacement> onDisk) throws IOException {
        var setAside = new HashSet<RaftGroupId>();
        for (Map.Entry<RaftGroupId, GroupPlacement> group : onDisk.entrySet()) {
            try {
                prepared.put(group.getKey(), recover(group.getKey(), group.getValue()));
            } catch (DamagedReplicaException e) {
                LOG.error(
                        "topic {} partition {}: {}",
                        group.getValue().topic(),
                        group.getValue().partition(),
                        e.getMessage());
                setAside(group.getKey(), group.getValue());
                setAside.add(group.getKey());
            }
        }
        return setAside;
    }

    @Override
    public boolean isQuarantined(RaftGroupId groupId) {
        return quarantine.holds(groupId.getUuid());
    }

    /**
     * Whether a group's replica was set aside and there is no other one. What was set aside stays when the
     * replica is made anew, and that one may just be opening: nobody knows then what it has.
     */
    boolean hasNothingOf(RaftGroupId groupId) {
        return isQuarantined(groupId)
                && !open.containsKey(groupId)
                && !Files.exists(node.raftDirectory().resolve(groupId.getUuid().toString()));
    }

    @Override
    public boolean hasFloor(RaftGroupId groupId) {
        return node.floor().of(groupId.getUuid()).isPresent();
    }

    @Override
    public void forgetFloor(RaftGroupId groupId) {
        node.floor().forget(groupId.getUuid());
    }

    @Override
    public void forgetGone(Predicate<UUID> isHere) {
        node.floor().groups().stream().filter(isHere.negate()).forEach(id -> {
            node.floor().forget(id);
            node.votes().forget(id);
        });
    }

    @Override
    public void onClosedByItself(Consumer<RaftGroupId> listener) {
        closedByItself = listener;
    }

    private Prepared recover(RaftGroupId groupId, GroupPlacement placement) throws IOException {
        var submitter = new DivisionSubmitter(node.client(), node.catchUps().terms());
        var context = context(groupId, placement, submitter);
        return new Prepared(context, submitter, RecoveredReplica.open(context));
    }

    private PartitionContext context(RaftGroupId groupId, GroupPlacement placement, DivisionSubmitter submitter) {
        var id = new PartitionId(placement.topicId(), placement.partition());
        var settings = new ReplicaSettings(logDefaults, topicDefaults, placement.settings());
        return new PartitionContext(
                node, id, groupId, partitionDirectory(id), placement.epochBase(), settings, submitter);
    }

    private Path partitionDirectory(PartitionId id) {
        return partitionDirectory(node.dataDirectory(), id);
    }

    /** What a damaged replica leaves behind, see {@link RecoveredReplica#DAMAGE_MARKER}. */
    static Path damageMarker(Path dataDirectory, PartitionId id) {
        return partitionDirectory(dataDirectory, id).resolve(RecoveredReplica.DAMAGE_MARKER);
    }

    private static Path partitionDirectory(Path dataDirectory, PartitionId id) {
        return dataDirectory.resolve(PARTITIONS).resolve(id.directoryName());
    }

    @Override
    public void setAside(RaftGroupId groupId, GroupPlacement placement) throws IOException {
        var context = context(
                groupId,
                placement,
                new DivisionSubmitter(node.client(), node.catchUps().terms()));
        var target = quarantine.take(groupId.getUuid(), context.raftGroupDirectory(), context.directory());
        node.votes().forget(groupId.getUuid()); // whoever makes the group anew begins as another member
        LOG.error("topic {} partition {}: set aside in {}", placement.topic(), placement.partition(), target);
    }

    @Override
    public StateMachine create(RaftGroupId groupId, GroupPlacement placement) {
        try {
            var found = prepared.remove(groupId);
            return opened(groupId, placement, found != null ? found : recover(groupId, placement));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot open topic " + placement.topic() + " partition " + placement.partition(), e);
        }
    }

    private StateMachine opened(RaftGroupId groupId, GroupPlacement placement, Prepared group) {
        var state = new ReplicaState(group.context(), group.recovered());
        var closes = new PartitionStateMachine.Closes(() -> closing, () -> closedByItself(groupId, state));
        var stateMachine = new PartitionStateMachine(group.context(), state, group.submitter(), closes);
        var replica = new PartitionReplica(state, groupId, placement.topic(), stateMachine);
        open.put(groupId, replica);
        byPartition.put(replica.id(), replica);
        var topics = node.meters().node().topics();
        node.catchUps()
                .source()
                .put(
                        groupId.getUuid(),
                        new ReplicaOrigin(
                                state, () -> topics.of(placement.topic()).catchUp()));
        var refetch = stateMachine.refetchNotice();
        node.catchUps()
                .appendGate()
                .put(
                        groupId,
                        append -> refetch.holds(append) || (node.space().isFull() && AppendGate.bringsPayload(append)));
        replica.refuseBatches(node.space().noRoom());
        return stateMachine;
    }

    private void closedByItself(RaftGroupId groupId, ReplicaState state) {
        var listener = closedByItself;
        if (listener == null) {
            state.halt().failed("Ratis closed the group of " + state.id(), ClosedGroups.cause());
        } else {
            LOG.warn("Ratis closed the group of {}", state.id());
            listener.accept(groupId);
        }
    }

    @Override
    public void trimExpired(MetadataImage image) {
        var meters = node.meters().store();
        new Retention(this::all, replica -> config(replica, image), node.clock(), meters).tick();
        compactionWatch.look(all().stream()
                .collect(Collectors.toMap(PartitionReplicas::name, PartitionReplica::compaction, (one, other) -> one)));
    }

    /** For people. */
    static String name(PartitionReplica replica) {
        return "topic " + replica.topic() + " partition " + replica.id().partition();
    }

    @Override
    public void compact(MetadataImage image) {
        compaction.tick(replica -> config(replica, image));
    }

    @Override
    public void scrub() {
        scrub.tick();
    }

    ScrubCounters scrubCounters() {
        return scrub.counters();
    }

    private Optional<TopicConfig> config(PartitionReplica replica, MetadataImage image) {
        return image.topic(replica.id().topicId()).map(topic -> TopicConfig.resolve(topic.config(), topicDefaults));
    }

    @Override
    public void configure(RaftGroupId groupId, GroupPlacement placement) {
        var replica = open.get(groupId);
        if (replica != null) {
            replica.settings().change(placement.settings());
        }
    }

    @Override
    public void removed(RaftGroupId groupId, GroupPlacement placement) throws IOException {
        node.catchUps().source().remove(groupId.getUuid());
        node.catchUps().appendGate().remove(groupId);
        var replica = open.remove(groupId);
        if (replica != null) {
            byPartition.remove(replica.id(), replica);
            replica.close();
        }
        node.floor().forget(groupId.getUuid());
        node.votes().forget(groupId.getUuid());
        node.window().forget(groupId);
        node.storage().index().drop(new PartitionId(placement.topicId(), placement.partition()));
    }

    @Override
    public void metadataApplied(RaftGroupId groupId, long index) {
        node.floor().raise(groupId.getUuid(), index);
    }

    @Override
    public void confirmed(RaftGroupId groupId, long index) {
        node.floor().raise(groupId.getUuid(), index);
    }

    @Override
    public void opened() {
        node.votes().watch();
    }

    @Override
    public void closing() {
        closing = true;
    }

    @Override
    public void close() throws IOException {
        for (PartitionReplica replica : open.values()) {
            replica.close();
        }
        for (Prepared group : prepared.values()) {
            group.recovered().log().close();
        }
        node.close();
    }

    @Override
    public void checkMetadata(RaftGroupId groupId, long snapshotIndex) throws IOException {
        var directory = node.raftDirectory().resolve(groupId.getUuid().toString());
        long floor = node.floor().of(groupId.getUuid()).orElse(-1);
        var span = metadataSpan(directory, new RaftLogPurge.Reach(snapshotIndex, floor));
        long first = span.first().orElse(snapshotIndex + 1);
        if (first > snapshotIndex + 1) {
            throw lostMetadata(
                    directory, "begins at raft index " + first + ", the snapshot stands at " + snapshotIndex);
        }
        long end = Math.max(snapshotIndex, span.last().orElse(-1));
        if (end < floor) {
            throw lostMetadata(directory, "ends at raft index " + end + ", it had reached " + floor);
        }
        var fault = RaftMeta.fault(directory, span, node.votes().of(groupId.getUuid()), -1);
        if (fault.isPresent()) {
            throw mustNotVote("the metadata group in " + directory + ": " + fault.get());
        }
    }

    private RaftLogScan.Span metadataSpan(Path directory, RaftLogPurge.Reach reach) throws IOException {
        int entryMaxBytes = node.payloadMaxBytes() + RatisSettings.ENTRY_OVERHEAD_BYTES;
        try {
            RaftLogForce.force(node.storage().disk(), directory);
            RaftLogPurge.finish(directory, reach, entryMaxBytes);
            return RaftLogScan.span(directory, entryMaxBytes);
        } catch (DamagedFileException e) {
            throw mustNotVote("the metadata log in " + directory + " cannot be read: " + e.getMessage());
        }
    }

    private StartRefusedException lostMetadata(Path directory, String what) {
        return mustNotVote("the metadata log in " + directory + " " + what + ": entries are lost");
    }

    private StartRefusedException mustNotVote(String what) {
        return new StartRefusedException(
                what + ". This node must not vote with it: " + Formation.replacement(node.nodeId()));
    }
}
