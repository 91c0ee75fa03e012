package io.cordwood.store;

import java.util.List;

/**
 * A file that a pass of compaction has written: durable under its name, and not yet part of the log.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RewrittenSegment {
    private final SealedSegment sealed;
    private final List<LeaderEpoch> leaderEpochs;

    RewrittenSegment(SealedSegment sealed, List<LeaderEpoch> leaderEpochs) {
        this.sealed = sealed;
        this.leaderEpochs = List.copyOf(leaderEpochs);
    }

    static List<SealedSegment> allSealed(List<RewrittenSegment> all) {
        return all.stream().map(RewrittenSegment::sealed).toList();
    }

    /** As a checkpoint lists it. */
    public SealedSegment sealed() {
        return sealed;
    }

    /** Of all of its batches: a checkpoint knows them from the log start on only, which may lie inside the file. */
    public List<LeaderEpoch> leaderEpochs() {
        return leaderEpochs;
    }

    @Override
    public String toString() {
        return String.valueOf(sealed);
    }
}
