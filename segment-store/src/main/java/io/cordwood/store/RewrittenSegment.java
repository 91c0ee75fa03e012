package io.cordwood.store;

import java.util.List;

/**
 * A file that a pass of compaction has written: durable under its name, and not yet part of the log.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RewrittenSegment {
    private final SealedSegment sealed;
    private final List<IndexEntry> entries;

    RewrittenSegment(SealedSegment sealed, List<IndexEntry> entries) {
        this.sealed = sealed;
        this.entries = List.copyOf(entries);
    }

    /** As a checkpoint lists it. */
    public SealedSegment sealed() {
        return sealed;
    }

    /** What an index holds for it. */
    List<IndexEntry> entries() {
        return entries;
    }

    @Override
    public String toString() {
        return String.valueOf(sealed);
    }
}
