package io.cordwood.it;

import java.nio.file.Path;

/**
 * The files of one replica.
 *
 * <p><b>Thread:</b> immutable.
 */
public record ReplicaOnDisk(RaftLogFiles raftLog, SegmentFiles segments) {
    /** The file that takes the next payload. */
    Path newestSegment() {
        var files = segments.files();
        return files.get(files.size() - 1);
    }

    Path checkpoint() {
        return segments.directory().resolve("checkpoint");
    }
}
