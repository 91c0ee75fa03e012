package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;

/**
 * The group directories that Ratis will reopen, looked at before it does.
 *
 * <p>Thread: the one that starts the node.
 */
final class StartupGroups {
    private final Disk disk;
    private final Path raftDirectory;

    StartupGroups(Disk disk, Path raftDirectory) {
        this.disk = disk;
        this.raftDirectory = raftDirectory;
    }

    /** The raft groups that have a directory. */
    Set<UUID> onDisk() throws IOException {
        var groups = new TreeSet<UUID>();
        if (Files.isDirectory(raftDirectory)) {
            try (DirectoryStream<Path> directories = Files.newDirectoryStream(raftDirectory, Files::isDirectory)) {
                for (Path directory : directories) {
                    var name = String.valueOf(directory.getFileName());
                    if (name.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
                        groups.add(UUID.fromString(name));
                    }
                }
            }
        }
        return groups;
    }

    /**
     * Writes the group's first configuration where Ratis has none yet. Ratis writes one only when it applied a
     * configuration entry: a group that was created and stopped before would come up without members, for ever; and its
     * directory must not be thrown away, because it holds the vote.
     */
    void ensureConfiguration(UUID groupId, Map<Integer, String> voters, Map<Integer, String> listeners)
            throws IOException {
        var current = raftDirectory.resolve(groupId.toString()).resolve("current");
        var file = current.resolve("raft-meta.conf");
        if (!Files.exists(current.resolve("raft-meta")) || Files.exists(file) || voters.isEmpty()) {
            return;
        }
        var configuration = RaftConfigurationProto.newBuilder();
        voters.forEach((id, address) -> configuration.addPeers(
                RaftGroups.peer(id, address, RaftPeerRole.FOLLOWER).getRaftPeerProto()));
        listeners.forEach((id, address) -> configuration.addListeners(
                RaftGroups.peer(id, address, RaftPeerRole.LISTENER).getRaftPeerProto()));
        // Index 0 is where the first leader puts just this configuration.
        var entry = LogEntryProto.newBuilder()
                .setIndex(0)
                .setConfigurationEntry(configuration)
                .build();
        WholeFile.replace(disk, file, ByteBuffer.wrap(entry.toByteArray()));
    }
}
