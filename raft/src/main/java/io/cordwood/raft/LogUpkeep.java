package io.cordwood.raft;

import java.time.Duration;

/**
 * How a node keeps its raft logs short.
 *
 * @param checkpointBytes a partition takes a checkpoint after so many bytes of payload, the metadata group a snapshot after so many
 *     of commands
 * @param checkpointInterval and after so long, where there is anything new
 * @param metadataEntries the metadata group takes a snapshot after that time only where more raft indexes were applied
 * @param raftSegmentBytes size of a file of a raft log; only files that are full, or of an older term, are purged. Its entries, some
 *     150 bytes each, hold back the trimmed segments that have their payload
 * @param purgeGap a purge waits until it frees so many raft indexes
 * @param preservedEntries newest raft indexes that are kept behind a checkpoint too, for followers that lag a little
 */
public record LogUpkeep(
        long checkpointBytes,
        Duration checkpointInterval,
        long metadataEntries,
        int raftSegmentBytes,
        int purgeGap,
        int preservedEntries) {

    public static final LogUpkeep DEFAULT = new LogUpkeep(64L << 20, Duration.ofSeconds(60), 1000, 256 << 10, 100, 512);

    public LogUpkeep {
        if (checkpointBytes < 1 || checkpointInterval.isNegative() || metadataEntries < 0) {
            throw new IllegalArgumentException("checkpointBytes " + checkpointBytes + ", checkpointInterval "
                    + checkpointInterval + ", metadataEntries " + metadataEntries);
        }
        if (raftSegmentBytes < 1 || purgeGap < 1 || preservedEntries < 0) {
            throw new IllegalArgumentException("raftSegmentBytes " + raftSegmentBytes + ", purgeGap " + purgeGap
                    + ", preservedEntries " + preservedEntries);
        }
    }
}
