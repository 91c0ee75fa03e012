package io.cordwood.raft;

import io.cordwood.store.CorruptLogException;
import io.cordwood.store.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.ratis.protocol.RaftGroupId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partition groups that this node has on its disk, by their group files.
 *
 * <p>Thread: written by the starting thread, then by the reconciler; read by any.
 */
final class LocalPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(LocalPartitions.class);

    private final Disk disk;
    private final Path dataDirectory;
    private final Path raftDirectory;
    private final Trash trash;
    private final Quarantine quarantine;
    private final GroupFiles files;
    private final PartitionHost host;
    private final Map<UUID, PartitionGroup> groups;
    /** By group the raft index of the metadata at which no replica of it was here, as the node reported. */
    private final Map<UUID, Long> reportedAt = new HashMap<>();

    LocalPartitions(
            Disk disk, RaftNodeConfig config, GroupFiles files, PartitionHost host, Map<UUID, PartitionGroup> groups) {
        this.disk = disk;
        this.dataDirectory = config.dataDirectory();
        this.raftDirectory = config.raftDirectory();
        this.trash = new Trash(disk, dataDirectory, raftDirectory);
        this.quarantine = new Quarantine(disk, dataDirectory, raftDirectory);
        this.files = files;
        this.host = host;
        this.groups = new ConcurrentHashMap<>(groups);
    }

    Collection<PartitionGroup> all() {
        return List.copyOf(groups.values());
    }

    Optional<PartitionGroup> find(UUID groupId) {
        return Optional.ofNullable(groups.get(groupId));
    }

    /**
     * Whether the group must not be created: it was here once, and what it acknowledged is lost or set aside.
     */
    boolean wasHere(UUID groupId) {
        var id = RaftGroupId.valueOf(groupId);
        return host.isQuarantined(id)
                || host.hasFloor(id)
                || find(groupId).filter(PartitionGroup::created).isPresent();
    }

    /**
     * Whether a replica was created here for this joining: it may be a member, and must not be created for it
     * once more. All of its files may be gone: what it had applied is known apart from them. Where that is of
     * an earlier one, which is known to be lost, it is forgotten.
     */
    boolean hasJoined(UUID groupId, long joinedAt) throws IOException {
        if (reportedAt.getOrDefault(groupId, Long.MAX_VALUE) < joinedAt) {
            lossIsKnown(groupId);
        }
        if (find(groupId)
                        .filter(group -> group.created() && group.joinedAt() == joinedAt)
                        .isPresent()
                || host.hasFloor(RaftGroupId.valueOf(groupId))) {
            return true;
        }
        for (Path directory : quarantine.partitionsOf(groupId)) {
            if (isOf(directory, joinedAt)) {
                return true;
            }
        }
        return false;
    }

    private boolean isOf(Path setAside, long joinedAt) throws IOException {
        try {
            return files.read(setAside)
                    .filter(group -> group.joinedAt() == joinedAt)
                    .isPresent();
        } catch (CorruptLogException | DamagedFileException e) {
            LOG.warn("of the replica in {} nobody can tell when it joined: {}", setAside, e.getMessage());
            return true;
        }
    }

    /** The node told the others, who decide on the next joining, that it has no replica. */
    void reportedLost(UUID groupId, long index) {
        reportedAt.put(groupId, index);
    }

    /** The old membership ends before the group is here again: nothing of before counts for the next one. */
    void lossIsKnown(UUID groupId) throws IOException {
        reportedAt.remove(groupId);
        host.forgetFloor(RaftGroupId.valueOf(groupId));
        for (Path directory : quarantine.partitionsOf(groupId)) {
            files.dropDamaged(directory); // it would pass for one of the next joining, too
        }
    }

    /** Nothing of an earlier replica is in the way of one that is to join. */
    void clearForJoining(PartitionGroup group) throws IOException {
        var id = RaftGroupId.valueOf(group.groupId());
        host.removed(id, group.placement());
        if (disk.exists(raftDirectory.resolve(group.groupId().toString())) || disk.exists(partitionDirectory(group))) {
            host.setAside(id, group.placement());
        }
        groups.remove(group.groupId());
    }

    /** The group failed its check at the start; its files are not here any more. */
    void forgetSetAside(UUID groupId) {
        groups.remove(groupId);
    }

    private Path partitionDirectory(PartitionGroup group) {
        return dataDirectory.resolve("partitions").resolve(group.directoryName());
    }

    /** Durable when it returns. */
    void write(PartitionGroup group) throws IOException {
        files.write(group);
        groups.put(group.groupId(), group);
    }

    /** The group could not be opened: what its state machine registered goes, its files stay. */
    void notOpened(PartitionGroup group) throws IOException {
        host.removed(RaftGroupId.valueOf(group.groupId()), group.placement());
    }

    /**
     * Deletes what is left of a group after Ratis removed it, or after a crash in the midst of that. The
     * group's file goes last: it says that the rest must go.
     */
    void remove(PartitionGroup group) throws IOException {
        var name = group.directoryName() + "-" + group.groupId();
        host.removed(RaftGroupId.valueOf(group.groupId()), group.placement());
        trash.takeRaft(raftDirectory.resolve(group.groupId().toString()), "raft-" + name);
        trash.takeData(partitionDirectory(group), name);
        groups.remove(group.groupId());
    }

    /** Finishes the deletions that a crash cut short, before anybody opens what is left. */
    void finishDeletions() throws IOException {
        for (PartitionGroup group : all()) {
            if (group.deleted()) {
                LOG.info(
                        "topic {} partition {}: what is left of it after its deletion goes now",
                        group.placement().topic(),
                        group.placement().partition());
                remove(group);
            }
        }
    }

    /** The topic's settings changed: durable, so that the next start knows them, and in force. */
    void configure(PartitionGroup group, SortedMap<String, String> settings) throws IOException {
        var configured = group.withSettings(settings);
        write(configured);
        host.configure(RaftGroupId.valueOf(group.groupId()), configured.placement());
    }

    /** What was set aside of groups that the cluster does not have any more is of no use to anybody. */
    void dropQuarantineExcept(Set<UUID> wanted) throws IOException {
        for (UUID id : quarantine.groups()) {
            if (!wanted.contains(id)) {
                LOG.info("group {} was set aside, and its topic is deleted: it goes now", id);
                quarantine.drop(id, trash);
            }
        }
    }

    /**
     * A replica that left when nothing of it was open is never removed: what it had applied would be asked of
     * the next one here.
     *
     * @param isWanted whether a group is to be here
     */
    void forgetGone(Predicate<UUID> isWanted) {
        host.forgetGone(
                id -> isWanted.test(id) || groups.containsKey(id) || disk.exists(raftDirectory.resolve(id.toString())));
    }

    /** By any one thread, beside whatever else happens here. */
    void emptyTrash(BooleanSupplier stopped) throws IOException {
        trash.empty(stopped);
    }
}
