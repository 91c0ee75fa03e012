package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.OpenMode;
import io.cordwood.store.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes durable what the process before has left of a group's raft log. Ratis counts every entry that it
 * finds as forced, also one that only memory holds.
 *
 * <p>A force alone would not do. Where one failed, the kernel takes the pages that it could not write for
 * clean: they are read as if they were there, and the next force does nothing. Nothing tells so: a disk
 * that failed takes no note of it, and a process may end in between. So the newest files are written
 * again first, at every start; a file is a few hundred KiB.
 *
 * <p>Thread: one owner, before Ratis opens the group.
 */
final class RaftLogForce {
    /**
     * Ratis forces a file before it begins the next one, or ends the node; and once more as it closes it,
     * where it only logs a failure.
     */
    private static final int NEWEST_FILES = 2;

    private static final Pattern FILE_NAME = Pattern.compile("log_(?:inprogress_)?(\\d{1,18})(?:-\\d+)?");

    private RaftLogForce() {}

    /**
     * @param groupDirectory the group's directory below the raft storage directory
     * @throws DamagedFileException where the disk does not give the bytes of one of the newest files
     * @throws IOException also where one cannot be opened; nothing is written before all of them were read
     */
    static void force(Disk disk, Path groupDirectory) throws IOException {
        var current = groupDirectory.resolve(RaftLogScan.CURRENT);
        if (!disk.exists(current)) {
            return;
        }
        var files = disk.list(current).stream()
                .filter(path -> begin(path).isPresent())
                .sorted(Comparator.comparing(path -> begin(path).orElseThrow()))
                .toList();
        int settled = Math.max(0, files.size() - NEWEST_FILES);
        var newest = new LinkedHashMap<Path, ByteBuffer>();
        for (var path : files.subList(settled, files.size())) {
            newest.put(path, contents(disk, path));
        }
        for (var path : files.subList(0, settled)) {
            force(disk, path, Optional.empty());
        }
        for (Map.Entry<Path, ByteBuffer> again : newest.entrySet()) {
            force(disk, again.getKey(), Optional.of(again.getValue()));
        }
        disk.forceDirectory(current);
    }

    /** The raft index at which a file of the log begins; empty for any other file. */
    private static Optional<Long> begin(Path path) {
        var matcher = FILE_NAME.matcher(String.valueOf(path.getFileName()));
        return matcher.matches() ? Optional.of(Long.valueOf(matcher.group(1))) : Optional.empty();
    }

    private static void force(Disk disk, Path path, Optional<ByteBuffer> again) throws IOException {
        try (var file = disk.open(path, OpenMode.WRITE)) {
            if (again.isPresent()) {
                file.write(again.get(), 0);
            }
            file.force();
        }
    }

    private static ByteBuffer contents(Disk disk, Path path) throws IOException {
        return DamagedFileException.read(path, () -> WholeFile.read(disk, path))
                .orElseThrow(() -> new NoSuchFileException(path.toString()));
    }
}
