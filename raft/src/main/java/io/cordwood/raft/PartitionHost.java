package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.store.PartitionId;
import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.statemachine.StateMachine;

/** The partition side of a node: makes the state machine of each partition group that Ratis opens. */
interface PartitionHost extends Closeable {

    /**
     * Checks the groups found on disk, before the RaftServer is built.
     *
     * @return those that failed: their directories are moved away, and they must not be opened
     * @throws IOException where the node must not start: a newer build wrote the files, or the disk fails
     */
    Set<RaftGroupId> prepare(Map<RaftGroupId, GroupPlacement> onDisk) throws IOException;

    /**
     * Whether a replica of the group was set aside once. It must not be created anew under the same membership.
     */
    boolean isQuarantined(RaftGroupId groupId);

    /** Whether a replica of the group here has applied entries, and was not removed since. */
    boolean hasFloor(RaftGroupId groupId);

    /** What a replica here had applied is lost, and that is known: it is not asked of the next one. */
    void forgetFloor(RaftGroupId groupId);

    /**
     * Forgets what is remembered apart from their files of groups that are not here any more: one of them that
     * comes again begins anew, and what is remembered has room for so many only.
     */
    void forgetGone(Predicate<UUID> isHere);

    /** Sets aside what files are left of a replica that is not open. */
    void setAside(RaftGroupId groupId, GroupPlacement placement) throws IOException;

    /** Whom to tell that Ratis closed a group by itself; before that is set, it ends the node. */
    void onClosedByItself(Consumer<RaftGroupId> listener);

    /**
     * Called once for each opening of a group, on Ratis' group management thread, before the RaftServer exists
     * at a start. The state machine learns its server from {@code initialize}.
     */
    StateMachine create(RaftGroupId groupId, GroupPlacement placement);

    /** The topic's settings are those of this placement from now on. */
    void configure(RaftGroupId groupId, GroupPlacement placement);

    /** The replicas that are open. */
    Collection<PartitionReplica> all();

    /** The replica of a partition, where one is open. */
    Optional<PartitionReplica> find(PartitionId id);

    /**
     * Has the replicas that lead here trim what their topics, as the image says, keep no longer. By one thread,
     * which may wait.
     */
    void trimExpired(MetadataImage image);

    /**
     * Has the replicas here compacted as their topics, as the image says, want it. By one thread, for as long
     * as it takes; an interrupt ends it.
     */
    void compact(MetadataImage image);

    /**
     * Looks for damage in the files of the replicas here, for a second or two at a time. By one thread; an
     * interrupt ends it.
     */
    void scrub();

    /**
     * Called after Ratis closed the group and its raft log is gone: closes its files, which go to the trash
     * next.
     */
    void removed(RaftGroupId groupId, GroupPlacement placement) throws IOException;

    /** The metadata group applied this raft index: its log, too, must reach it at the next start. */
    void metadataApplied(RaftGroupId groupId, long index);

    /**
     * Another node knows that this one had the group's raft log up to this committed entry: it must still
     * reach it. Before the groups are checked.
     */
    void confirmed(RaftGroupId groupId, long index);

    /** The RaftServer is started, with groups that all passed their checks. */
    void opened();

    /** The whole node is about to stop: groups that close from now on are meant to. */
    void closing();

    /** After the RaftServer is closed. */
    @Override
    void close() throws IOException;

    /**
     * Checks the log of the metadata group before the RaftServer is built.
     *
     * @param snapshotIndex raft index of the newest snapshot, -1 where there is none
     * @throws StartRefusedException where it does not join the snapshot, or lacks what was applied
     */
    void checkMetadata(RaftGroupId groupId, long snapshotIndex) throws IOException;
}
