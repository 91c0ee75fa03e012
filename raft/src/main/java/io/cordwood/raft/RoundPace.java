package io.cordwood.raft;

/**
 * Whether a catch-up goes one more round, and how fast. Each round fetches what the leader took while the one before fetched and
 * compared: where the node's rate lies below that of the leader's clients, none would be the last.
 *
 * <p>Invariant: the rounds end. Each is at most half of the one before, but for one: those behind it are unthrottled, and where
 * not even these shrink, the rest is fed from the raft log.
 *
 * <p>Thread: that of its catch-up.
 */
final class RoundPace {
    /** What one more round would fetch is fed from the raft log instead. */
    static final long LAST_ROUND_BYTES = 8L << 20;

    private long bytesBefore = Long.MAX_VALUE;
    private boolean unthrottled;

    /** What comes behind a round. */
    enum Next {
        THROTTLED,
        UNTHROTTLED,
        NONE
    }

    /** @param movedBytes that the round which is done fetched or compared */
    Next after(long movedBytes) {
        boolean shrank = movedBytes <= bytesBefore / 2;
        bytesBefore = movedBytes;
        if (movedBytes <= LAST_ROUND_BYTES || (unthrottled && !shrank)) {
            return Next.NONE;
        }
        unthrottled |= !shrank;
        return unthrottled ? Next.UNTHROTTLED : Next.THROTTLED;
    }
}
