package io.cordwood.raft;

import io.cordwood.store.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Who this node is, by its data directory: held exclusively, checked against the configuration.
 *
 * <p>Thread: the starting thread, then that of the membership; the accessors by any.
 */
final class DataDirectory implements Closeable {
    private final RaftNodeConfig config;
    private final DirectoryLock lock;
    private final IdentityFiles files;
    private volatile Optional<NodeIdentity> identity;
    private volatile Forming forming;

    private DataDirectory(
            RaftNodeConfig config,
            DirectoryLock lock,
            IdentityFiles files,
            Optional<NodeIdentity> identity,
            Forming forming) {
        this.config = config;
        this.lock = lock;
        this.files = files;
        this.identity = identity;
        this.forming = forming;
    }

    /** Draws an incarnation at the first start. */
    static DataDirectory open(Disk disk, RaftNodeConfig config) throws IOException {
        var lock = lock(disk, config.dataDirectory());
        try {
            requireWritable(config.raftDirectory());
            var files = new IdentityFiles(disk, config.dataDirectory());
            var identity = files.readNode();
            var forming = files.readForming();
            checkNodeId(config, identity.map(NodeIdentity::nodeId).or(() -> forming.map(Forming::nodeId)));
            var groups = new StartupGroups(disk, config.raftDirectory()).onDisk();
            if (identity.isEmpty() && forming.isEmpty()) {
                checkEmpty(config, groups);
            }
            var who = forming.or(() -> identity.map(Forming::of)).orElseGet(() -> Forming.first(config.nodeId()));
            if (identity.isEmpty() && forming.isEmpty()) {
                files.writeForming(who);
            }
            var directory = new DataDirectory(config, lock, files, identity, who);
            directory.checkMetadataGroup(groups);
            return directory;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static DirectoryLock lock(Disk disk, Path directory) {
        try {
            return DirectoryLock.acquire(disk, directory);
        } catch (IOException e) {
            throw notWritable("data.dir", directory, e.toString());
        }
    }

    /** The raft directory is made with the first group: until then it is what holds it that must be writable. */
    private static void requireWritable(Path raftDirectory) {
        var nearest = raftDirectory;
        while (!Files.exists(nearest) && nearest.getParent() != null) {
            nearest = nearest.getParent();
        }
        if (!Files.isDirectory(nearest) || !Files.isWritable(nearest)) {
            throw notWritable("raft.dir", raftDirectory, nearest + " is no directory that this process may write to");
        }
    }

    private static StartRefusedException notWritable(String setting, Path directory, String reason) {
        return new StartRefusedException(setting + " is " + directory + ", which cannot be written: " + reason
                + "; see to its owner, its permissions and its mount, or choose another " + setting);
    }

    private static void checkNodeId(RaftNodeConfig config, Optional<Integer> found) {
        if (found.isPresent() && found.get() != config.nodeId()) {
            throw new StartRefusedException("data directory " + config.dataDirectory() + " belongs to node "
                    + found.get() + ", and node.id is " + config.nodeId() + ": set node.id or data.dir right");
        }
    }

    private static void checkEmpty(RaftNodeConfig config, Set<UUID> groups) {
        if (!groups.isEmpty()) {
            throw new StartRefusedException("raft directory " + config.raftDirectory() + " holds " + groups.size()
                    + " groups, but data directory " + config.dataDirectory()
                    + " has no node.json: set data.dir and raft.dir to directories of the same node");
        }
    }

    private void checkMetadataGroup(Set<UUID> groups) {
        if (identity.isPresent() && !groups.contains(identity.get().metadataGroupId())) {
            throw new StartRefusedException("raft directory " + config.raftDirectory()
                    + " does not hold the cluster's metadata group, which node.json says this node has: it was lost, or"
                    + " raft.dir is wrong. A node that lost its raft logs must not vote with empty ones: "
                    + Formation.replacement(config.nodeId()));
        }
    }

    /** The directories that Ratis will reopen must all be known; a wrong guess about one could lose records. */
    static void checkAllKnown(RaftNodeConfig config, Set<UUID> onDisk, Set<UUID> known) {
        var unknown = new TreeSet<>(onDisk);
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw new StartRefusedException("raft directory " + config.raftDirectory() + " holds groups " + unknown
                    + " without a group file in " + config.dataDirectory()
                    + "/partitions: restore the file, or move the group's directory away");
        }
    }

    String incarnation() {
        return forming.incarnation();
    }

    Optional<NodeIdentity> identity() {
        return identity;
    }

    /** The metadata group, once this node has it or is about to open it. */
    Optional<UUID> metadataGroupId() {
        return forming.metadataGroupId();
    }

    Forming forming() {
        return forming;
    }

    /** Durable before the metadata group is opened, so that the next start knows what it is. */
    void openingMetadataGroup(Forming next) throws IOException {
        files.writeForming(next);
        forming = next;
    }

    /** The node is a member. */
    void joined(String clusterId) throws IOException {
        var who = new NodeIdentity(
                clusterId,
                config.nodeId(),
                forming.incarnation(),
                forming.metadataGroupId().orElseThrow());
        files.writeNode(who);
        identity = Optional.of(who);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
