package io.cordwood.raft;

/**
 * How far compaction has come in a replica.
 *
 * <p>Thread: immutable.
 *
 * @param compactedEndOffset no two records below it have the same key
 * @param sealedEndOffset it comes no further than here: the newest segment still grows
 * @param running whether a pass is being made or repeated here, or is to be
 * @param doneBytes what the running pass has read, or the newest one
 * @param totalBytes what it will have read about
 * @param lastError why the newest pass failed; empty where it did not
 */
public record CompactionStatus(
        long compactedEndOffset,
        long sealedEndOffset,
        boolean running,
        long doneBytes,
        long totalBytes,
        String lastError) {}
