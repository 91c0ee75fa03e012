package io.cordwood.store;

import java.util.ArrayList;
import java.util.List;

/**
 * Chooses the batches of one log that get an index entry: the first one after each interval of bytes. A segment's first
 * batch needs none, every search may begin there.
 *
 * <p>Invariants: the indexed-through offset moves only while nothing below it is missing.
 *
 * <p><b>Thread:</b> the log's writer; {@link #closeGap} any.
 */
final class LogIndexer {
    private final PartitionId id;
    private final OffsetIndex index;
    private final int intervalBytes;
    private final List<IndexEntry> chosen = new ArrayList<>();
    private long bytesSinceEntry;
    private volatile boolean gap;

    LogIndexer(PartitionId id, OffsetIndex index, int intervalBytes) {
        this.id = id;
        this.index = index;
        this.intervalBytes = intervalBytes;
    }

    void openGap() {
        gap = true;
    }

    /** Everything up to the end of the gap is indexed now. */
    void closeGap() {
        gap = false;
    }

    void startSegment() {
        bytesSinceEntry = 0;
        chosen.clear();
    }

    void see(IndexEntry candidate, int sizeBytes) {
        if (bytesSinceEntry >= intervalBytes) {
            chosen.add(candidate);
            bytesSinceEntry = 0;
        }
        bytesSinceEntry += sizeBytes;
    }

    /** Writes the entries for what was seen, if there are any. The batches lie in the file. */
    void flushChosen(long endOffset) {
        if (!chosen.isEmpty()) {
            index.add(id, chosen, gap ? OffsetIndex.UNKNOWN : endOffset);
            chosen.clear();
        }
    }

    void cut(long offset) {
        chosen.clear();
        // The entry before the cut is somewhere behind: the next batch gets one.
        bytesSinceEntry = intervalBytes;
        index.cut(id, offset);
    }
}
