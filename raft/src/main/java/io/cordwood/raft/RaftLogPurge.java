package io.cordwood.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finishes a purge of a raft log that a crash interrupted. Ratis deletes the newest of the files first, so
 * that a hole can be left in front of the checkpoint; and it cannot go on with a log that ends at the
 * checkpoint or below, as a crash leaves it right after a catch-up.
 *
 * <p>Invariants: only files that end at or below the checkpoint go, oldest first, and a log as a whole only where the checkpoint
 * reaches the durable floor: else entries are lost, and what is left of them is evidence. A hole elsewhere stays for whoever reads
 * the log: it is damage.
 *
 * <p>Thread: whoever opens the group, before Ratis does.
 */
final class RaftLogPurge {
    private static final Logger LOG = LoggerFactory.getLogger(RaftLogPurge.class);
    /** Of a file that takes no more entries: first and last raft index. */
    private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");

    private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");

    private RaftLogPurge() {}

    /**
     * How far a group is known to have come.
     *
     * @param checkpointIndex durable; -1 where there is none
     * @param floor see {@link DurableFloor}; -1 where there is none
     */
    record Reach(long checkpointIndex, long floor) {}

    /**
     * Deletes what an interrupted purge has left; durable on return.
     *
     * @param entryMaxBytes the largest entry
     * @throws DamagedFileException where the log has a hole that no purge left, or bytes that are no entry
     */
    static void finish(Path groupDirectory, Reach reach, int entryMaxBytes) throws IOException {
        long checkpointIndex = reach.checkpointIndex();
        var current = groupDirectory.resolve(RaftLogScan.CURRENT);
        if (checkpointIndex < 0 || !Files.isDirectory(current)) {
            return;
        }
        var segments = RaftLogScan.segments(current);
        delete(segments.subList(0, keepFrom(segments, checkpointIndex)), current, checkpointIndex);
        long last = RaftLogScan.lastIndex(groupDirectory, entryMaxBytes).orElse(Long.MAX_VALUE);
        // One that ends at the checkpoint is superseded too, maybe by another term, and Ratis would go on
        // from it: a checkpoint that a node takes itself stands below an applied entry, which is not lost.
        if (last <= checkpointIndex && reach.floor() <= checkpointIndex) {
            delete(RaftLogScan.segments(current), current, checkpointIndex);
        }
    }

    private static void delete(List<LogSegmentPath> segments, Path current, long checkpointIndex) throws IOException {
        for (LogSegmentPath segment : segments) {
            LOG.info("{}: purged before the start, the checkpoint stands at {}", segment.getPath(), checkpointIndex);
            Files.delete(segment.getPath());
            RaftLogScan.force(current, StandardOpenOption.READ);
        }
    }

    /** Index of the first file behind the last hole in front of the checkpoint. */
    private static int keepFrom(List<LogSegmentPath> segments, long checkpointIndex) {
        int keepFrom = 0;
        for (int i = 1; i < segments.size(); i++) {
            var closed = CLOSED.matcher(name(segments.get(i - 1)));
            if (!closed.matches() || Long.parseLong(closed.group(2)) > checkpointIndex) {
                break;
            }
            if (startIndex(segments.get(i)) > Long.parseLong(closed.group(2)) + 1) {
                keepFrom = i;
            }
        }
        return keepFrom;
    }

    private static long startIndex(LogSegmentPath segment) {
        var closed = CLOSED.matcher(name(segment));
        if (closed.matches()) {
            return Long.parseLong(closed.group(1));
        }
        var open = OPEN.matcher(name(segment));
        return open.matches() ? Long.parseLong(open.group(1)) : -1;
    }

    private static String name(LogSegmentPath segment) {
        return String.valueOf(segment.getPath().getFileName());
    }
}
