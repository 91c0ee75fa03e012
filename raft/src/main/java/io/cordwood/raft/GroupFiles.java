package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.GroupPeer;
import io.cordwood.proto.internal.v1.GroupRecord;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The files {@code partitions/<topicId>-<partition>/group}: what must be known of a group when Ratis reopens it, before
 * the metadata can be asked. Written before the group is created. The layout is that of {@link VersionedFile}, version
 * {@value #VERSION}, payload {@code cordwood.internal.v1.GroupRecord}.
 *
 * <p>Thread: the one that starts the node, then the reconciler's.
 */
final class GroupFiles {
    private static final int VERSION = 1;
    private static final String FILE = "group";

    private final Path partitions;

    GroupFiles(Path dataDirectory) {
        partitions = dataDirectory.resolve("partitions");
    }

    Map<UUID, PartitionGroup> readAll() throws IOException {
        var groups = new TreeMap<UUID, PartitionGroup>();
        if (!Files.isDirectory(partitions)) {
            return groups;
        }
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(partitions)) {
            for (Path directory : directories) {
                var file = directory.resolve(FILE);
                if (Files.exists(file)) {
                    var group = parse(file, VersionedFile.read(file, VERSION));
                    groups.put(group.groupId(), group);
                }
            }
        }
        return groups;
    }

    void write(PartitionGroup group) throws IOException {
        var directory = partitions.resolve(group.directoryName());
        VersionedFile.createDirectories(directory);
        VersionedFile.write(directory.resolve(FILE), VERSION, record(group).toByteArray());
    }

    /** For a group whose directory may be gone already. */
    void deleteIfExists(PartitionGroup group) throws IOException {
        var directory = partitions.resolve(group.directoryName());
        if (Files.isDirectory(directory)) {
            VersionedFile.delete(directory.resolve(FILE));
        }
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
                .setCreated(group.created());
        group.initialPeers()
                .forEach((id, address) -> record.addInitialPeers(
                        GroupPeer.newBuilder().setNodeId(id).setNodeAddress(address)));
        return record.build();
    }

    private static PartitionGroup parse(Path file, byte[] payload) throws IOException {
        try {
            var record = GroupRecord.parseFrom(payload);
            var peers = new TreeMap<Integer, String>();
            record.getInitialPeersList().forEach(peer -> peers.put(peer.getNodeId(), peer.getNodeAddress()));
            var placement = new GroupPlacement(
                    Uuids.parse(record.getTopicId()),
                    record.getTopic(),
                    record.getPartition(),
                    record.getEpochBase(),
                    record.getReplicasList(),
                    new TreeMap<>(record.getConfigMap()));
            return new PartitionGroup(Uuids.parse(record.getRaftGroupId()), placement, peers, record.getCreated());
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }
}
