package io.cordwood.store;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known to have been durable before a log is opened. Bytes below {@link #durableEndOffset} that are missing or
 * bad are damage; from there on they are a torn tail.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RecoveryPoint {
    private static final RecoveryPoint NONE = new RecoveryPoint(null, 0, false, Set.of());
    private static final RecoveryPoint GIVEN_UP = new RecoveryPoint(null, 0, true, Set.of());

    private final @Nullable Checkpoint checkpoint;
    private final long durableEndOffset;
    private final boolean givenUp;
    private final Set<SealedSegment> compacted;

    private RecoveryPoint(
            @Nullable Checkpoint checkpoint, long durableEndOffset, boolean givenUp, Set<SealedSegment> compacted) {
        this.checkpoint = checkpoint;
        this.durableEndOffset = durableEndOffset;
        this.givenUp = givenUp;
        this.compacted = Set.copyOf(compacted);
    }

    public static RecoveryPoint none() {
        return NONE;
    }

    /** Of files that are fetched anew: what is there is of use, and nothing is missed, whatever {@code log-start} says. */
    public static RecoveryPoint givenUp() {
        return GIVEN_UP;
    }

    public static RecoveryPoint of(Checkpoint checkpoint) {
        return new RecoveryPoint(checkpoint, checkpoint.highWatermark(), false, Set.of());
    }

    public static RecoveryPoint of(Optional<Checkpoint> checkpoint) {
        return checkpoint.map(RecoveryPoint::of).orElse(NONE);
    }

    /** The same, where more than the checkpoint is known to have been forced (the durable floor). */
    public RecoveryPoint withDurableEndOffset(long endOffset) {
        return new RecoveryPoint(checkpoint, Math.max(endOffset, durableEndOffset), givenUp, compacted);
    }

    /**
     * How much of the file that begins at an offset was forced before the checkpoint was taken: that holds
     * what was applied.
     */
    long forcedBytes(long baseOffset) {
        return checkpoint()
                .map(known -> known.segments().active())
                .filter(active -> active.baseOffset() == baseOffset)
                .map(ActiveSegmentInfo::sizeBytes)
                .orElse(0L);
    }

    /**
     * The same, where entries behind the checkpoint name files that compaction wrote. Those that are there are no part of the log, and
     * stay: perhaps nobody can make them again.
     */
    public RecoveryPoint withCompacted(Collection<SealedSegment> named) {
        return new RecoveryPoint(checkpoint, durableEndOffset, givenUp, Set.copyOf(named));
    }

    public Optional<Checkpoint> checkpoint() {
        return Optional.ofNullable(checkpoint);
    }

    public long durableEndOffset() {
        return durableEndOffset;
    }

    boolean isGivenUp() {
        return givenUp;
    }

    Set<SealedSegment> compacted() {
        return compacted;
    }
}
