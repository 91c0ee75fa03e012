package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.GroupPeer;
import io.cordwood.proto.internal.v1.GroupRecord;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.Disk;
import io.cordwood.store.FramedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The files {@code partitions/<topicId>-<partition>/group}: what must be known of a group when Ratis reopens it, before
 * the metadata can be asked. Written before the group is created. The layout is {@link FramedFile} around
 * {@code cordwood.internal.v1.GroupRecord}, magic "CWGF", version {@value #VERSION}.
 *
 * <p>Thread: the one that starts the node, then the reconciler's.
 */
final class GroupFiles {
    private static final String NAME = "group";
    private static final int MAGIC = 0x43574746; // "CWGF"
    private static final int VERSION = 1;
    private static final FramedFile FILE = new FramedFile(NAME, MAGIC, VERSION);

    private final Disk disk;
    private final Path partitions;

    GroupFiles(Disk disk, Path dataDirectory) {
        this.disk = disk;
        partitions = dataDirectory.resolve("partitions");
    }

    /**
     * The groups by their ids.
     *
     * @throws io.cordwood.store.CorruptLogException when a file is damaged
     * @throws DamagedFileException when one is of something else, or the disk does not give its bytes
     * @throws io.cordwood.store.UnknownFormatException when a newer build wrote a file
     */
    Map<UUID, PartitionGroup> readAll() throws IOException {
        var groups = new TreeMap<UUID, PartitionGroup>();
        if (!disk.exists(partitions)) {
            return groups;
        }
        for (Path directory : disk.list(partitions)) {
            var group = read(directory);
            if (group.isPresent()) {
                checkPlace(directory, group.get());
                groups.put(group.get().groupId(), group.get());
            }
        }
        return groups;
    }

    /**
     * As {@link #readAll}, at the start of a node.
     *
     * @throws StartRefusedException where a file is damaged
     */
    Map<UUID, PartitionGroup> readAllOf(int nodeId) throws IOException {
        try {
            return readAll();
        } catch (CorruptLogException | DamagedFileException e) {
            throw new StartRefusedException("a partition's group file is damaged: " + e.getMessage()
                    + ". Put the right one back, or " + Formation.replacement(nodeId));
        }
    }

    private static void checkPlace(Path directory, PartitionGroup group) throws IOException {
        if (!directory.endsWith(group.directoryName())) {
            throw new DamagedFileException(
                    directory.resolve(NAME),
                    "it is that of " + group.directoryName() + ", a file from elsewhere",
                    null);
        }
    }

    /** What the group file in a partition's directory says; empty where there is none. */
    Optional<PartitionGroup> read(Path directory) throws IOException {
        var file = directory.resolve(NAME);
        var body = DamagedFileException.read(file, () -> FILE.read(disk, directory));
        return body.isPresent() ? Optional.of(parse(file, body.get())) : Optional.empty();
    }

    /** Deletes a file that tells nothing, of a replica that nobody opens any more. */
    void dropDamaged(Path directory) throws IOException {
        try {
            var unused = read(directory);
        } catch (CorruptLogException | DamagedFileException e) {
            disk.delete(directory.resolve(NAME));
            disk.forceDirectory(directory);
        }
    }

    /** Durable when it returns. */
    void write(PartitionGroup group) throws IOException {
        var directory = partitions.resolve(group.directoryName());
        disk.createDirectories(directory);
        FILE.write(disk, directory, ByteBuffer.wrap(record(group).toByteArray()));
    }

    private static GroupRecord record(PartitionGroup group) {
        var placement = group.placement();
        var record = GroupRecord.newBuilder()
                .setRaftGroupId(Uuids.toBytes(group.groupId()))
                .setTopicId(Uuids.toBytes(placement.topicId()))
                .setTopic(placement.topic())
                .setPartition(placement.partition())
                .setEpochBase(placement.epochBase())
                .addAllReplicas(placement.replicas())
                .putAllConfig(placement.settings())
                .setCreated(group.created())
                .setDeleted(group.deleted())
                .setJoinedAt(group.joinedAt());
        group.initialPeers()
                .forEach((id, address) -> record.addInitialPeers(
                        GroupPeer.newBuilder().setNodeId(id).setNodeAddress(address)));
        return record.build();
    }

    static PartitionGroup parse(Path file, ByteBuffer body) throws IOException {
        try {
            var record = GroupRecord.parseFrom(body);
            var peers = new TreeMap<Integer, String>();
            record.getInitialPeersList().forEach(peer -> peers.put(peer.getNodeId(), peer.getNodeAddress()));
            var placement = new GroupPlacement(
                    Uuids.parse(record.getTopicId()),
                    record.getTopic(),
                    record.getPartition(),
                    record.getEpochBase(),
                    record.getReplicasList(),
                    new TreeMap<>(record.getConfigMap()));
            return new PartitionGroup(
                    Uuids.parse(record.getRaftGroupId()),
                    placement,
                    peers,
                    record.getCreated(),
                    record.getDeleted(),
                    record.getJoinedAt());
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new DamagedFileException(file, String.valueOf(e.getMessage()), e);
        }
    }
}
