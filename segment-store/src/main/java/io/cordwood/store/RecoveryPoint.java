package io.cordwood.store;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known to have been durable before a log is opened. Bytes below {@link #durableEndOffset} that are missing or
 * bad are damage; from there on they are a torn tail.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RecoveryPoint {
    private static final RecoveryPoint NONE = new RecoveryPoint(null, 0, false);
    private static final RecoveryPoint GIVEN_UP = new RecoveryPoint(null, 0, true);

    private final @Nullable Checkpoint checkpoint;
    private final long durableEndOffset;
    private final boolean givenUp;

    private RecoveryPoint(@Nullable Checkpoint checkpoint, long durableEndOffset, boolean givenUp) {
        this.checkpoint = checkpoint;
        this.durableEndOffset = durableEndOffset;
        this.givenUp = givenUp;
    }

    public static RecoveryPoint none() {
        return NONE;
    }

    /** Of files that are fetched anew: what is there is of use, and nothing is missed, whatever {@code log-start} says. */
    public static RecoveryPoint givenUp() {
        return GIVEN_UP;
    }

    public static RecoveryPoint of(Checkpoint checkpoint) {
        return new RecoveryPoint(checkpoint, checkpoint.highWatermark(), false);
    }

    public static RecoveryPoint of(Optional<Checkpoint> checkpoint) {
        return checkpoint.map(RecoveryPoint::of).orElse(NONE);
    }

    /** The same, where more than the checkpoint is known to have been forced (the durable floor). */
    public RecoveryPoint withDurableEndOffset(long endOffset) {
        return new RecoveryPoint(checkpoint, Math.max(endOffset, durableEndOffset), givenUp);
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
}
