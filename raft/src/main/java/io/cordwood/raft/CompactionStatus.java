package io.cordwood.raft;

import java.util.OptionalLong;

/**
 * How far compaction has come in a replica.
 *
 * <p>Thread: immutable.
 *
 * @param compactedEndOffset no two records below it have the same key
 * @param sealedEndOffset it comes no further than here: the newest segment still grows
 * @param running whether a pass is being made or repeated here, or files of one are fetched
 * @param doneBytes what the running pass has read, or the newest one
 * @param totalBytes what it will have read at most
 * @param lastError why files that a leader decided on are missing, or why the newest pass of a replica that leads failed or was
 *     void; empty where neither is so
 * @param pendingMs for how long files that a leader decided on have been missing here: no checkpoint is taken meanwhile; empty where
 *     none are
 * @param retryMs when the next try comes at the earliest; empty where nothing waits for one
 */
public record CompactionStatus(
        long compactedEndOffset,
        long sealedEndOffset,
        boolean running,
        long doneBytes,
        long totalBytes,
        String lastError,
        OptionalLong pendingMs,
        OptionalLong retryMs) {
    /** Whether there is something to tell of a replica whose topic is not compacted any more. */
    public boolean isUnfinished() {
        return running || pendingMs.isPresent();
    }
}
