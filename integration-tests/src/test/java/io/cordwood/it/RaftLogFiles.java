package io.cordwood.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The files of one raft log as they lie on the disk. Only lists; the server may run.
 *
 * <p><b>Thread:</b> immutable.
 */
record RaftLogFiles(Path group) {
    /** {@code log_0-41}, or {@code log_inprogress_42} for the newest. */
    private static final Pattern NAME = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");

    /** That of the only partition on a node. */
    static RaftLogFiles ofOnlyPartition(Path dataDirectory) {
        try (var groups = Files.list(dataDirectory.resolve("raft"))) {
            var identity = Files.readString(dataDirectory.resolve("node.json"));
            var partitions = groups.filter(Files::isDirectory)
                    .filter(group -> !identity.contains(group.getFileName().toString())) // the metadata's
                    .toList();
            if (partitions.size() != 1) {
                throw new AssertionError("expected one partition, found " + partitions);
            }
            return new RaftLogFiles(partitions.get(0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** First raft index in the log. */
    long firstIndex() {
        return starts().get(0);
    }

    /** First raft index in the file that takes the next entries. */
    long newestFileStart() {
        var starts = starts();
        return starts.get(starts.size() - 1);
    }

    private List<Long> starts() {
        try (var files = Files.list(group.resolve("current"))) {
            return files.map(file -> NAME.matcher(file.getFileName().toString()))
                    .filter(name -> name.matches())
                    .map(name -> Long.parseLong(name.group(1)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
