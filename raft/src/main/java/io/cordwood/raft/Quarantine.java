package io.cordwood.raft;

import io.cordwood.store.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What a node has set aside of its partition groups: {@code quarantine/<group>}, beside the data and beside
 * the raft logs, which may lie on different disks. The replica may be lost again after it was rebuilt: then
 * {@code <group>.2}, and so on. Single files that were replaced in a replica that goes on are in
 * {@code quarantine/segments/<group>}.
 *
 * <p>Thread: whoever starts the node, then the reconciler's; {@link #holds} by any.
 */
final class Quarantine {
    static final String NAME = "quarantine";
    /** Of wrong files of replicas that go on, in directories named by their groups. */
    static final String SEGMENTS = "segments";

    private static final String RAFT = "raft";
    private static final String PARTITION = "partition";
    private static final int UUID_CHARACTERS = 36;

    private final Disk disk;
    private final Path data;
    private final Path raft;
    private final Path segments;

    Quarantine(Disk disk, Path dataDirectory, Path raftDirectory) {
        this.disk = disk;
        data = dataDirectory.resolve(NAME);
        raft = raftDirectory.resolveSibling(NAME);
        segments = data.resolve(SEGMENTS);
    }

    boolean holds(UUID group) {
        return Files.exists(data.resolve(group.toString())) || Files.exists(raft.resolve(group.toString()));
    }

    /**
     * Moves what there is of a replica out of the way. The raft log first: without it the group cannot open.
     *
     * @return where the partition's files are now
     */
    Path take(UUID group, Path raftGroupDirectory, Path partitionDirectory) throws IOException {
        var name = freeName(group);
        var target = data.resolve(name);
        var raftTarget = raft.resolve(name);
        disk.createDirectories(target);
        disk.createDirectories(raftTarget);
        moveInto(raftGroupDirectory, raftTarget.resolve(RAFT));
        moveInto(partitionDirectory, target.resolve(PARTITION));
        return target;
    }

    private String freeName(UUID group) {
        var name = group.toString();
        for (int i = 2; Files.exists(data.resolve(name)) || Files.exists(raft.resolve(name)); i++) {
            name = group + "." + i;
        }
        return name;
    }

    /** Durable when it returns, at both ends: what is in two places would be opened after a crash. */
    private void moveInto(Path from, Path to) throws IOException {
        if (Files.exists(from)) {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            disk.forceDirectory(Objects.requireNonNull(to.getParent(), "parent"));
            disk.forceDirectory(Objects.requireNonNull(from.getParent(), "parent"));
        }
    }

    /** The partition directories that were set aside of a group; some may be missing. */
    List<Path> partitionsOf(UUID group) throws IOException {
        var found = new ArrayList<Path>();
        for (Path directory : directories(data)) {
            if (group.equals(groupOf(directory))) {
                found.add(directory.resolve(PARTITION));
            }
        }
        return found;
    }

    /** The groups that something was set aside of. */
    Set<UUID> groups() throws IOException {
        var groups = new TreeSet<UUID>();
        for (Path directory : all()) {
            groups.add(groupOf(directory));
        }
        return groups;
    }

    /** What was set aside of a group is of no use to anybody any more. */
    void drop(UUID group, Trash trash) throws IOException {
        for (Path directory : directories(raft)) {
            if (group.equals(groupOf(directory))) {
                trash.takeRaft(directory, "quarantined-raft-" + directory.getFileName());
            }
        }
        for (Path directory : directories(data)) {
            if (group.equals(groupOf(directory))) {
                trash.takeData(directory, "quarantined-" + directory.getFileName());
            }
        }
        trash.takeData(segments.resolve(group.toString()), "quarantined-segments-" + group);
    }

    private List<Path> all() throws IOException {
        var all = new ArrayList<>(directories(data));
        all.addAll(directories(raft));
        all.addAll(directories(segments));
        return all;
    }

    private List<Path> directories(Path parent) throws IOException {
        return Files.isDirectory(parent)
                ? disk.list(parent).stream()
                        .filter(path -> String.valueOf(path.getFileName())
                                .matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\\.[0-9]+)?"))
                        .toList()
                : List.of();
    }

    private static UUID groupOf(Path directory) {
        return UUID.fromString(String.valueOf(directory.getFileName()).substring(0, UUID_CHARACTERS));
    }
}
