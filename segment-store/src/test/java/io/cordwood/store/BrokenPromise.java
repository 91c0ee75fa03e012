package io.cordwood.store;

import java.util.function.Supplier;

/** A store did not keep what it owes. */
final class BrokenPromise extends AssertionError {
    private static final long serialVersionUID = 1;

    /** What a store owes whatever happened to its disk. */
    enum Invariant {
        ACKNOWLEDGED_BATCHES_SURVIVE,
        NOTHING_APPEARS_THAT_WAS_NOT_WRITTEN,
        LEADER_EPOCHS_ARE_THOSE_OF_THE_BATCHES,
        LOG_START_IS_ONE_THAT_WAS_DECIDED,
        WRITTEN_CHECKPOINT_SURVIVES,
        STATE_IS_THAT_OF_THE_ENTRIES,
        PRODUCERS_ARE_THOSE_OF_THE_ENTRIES,
        RECOVERING_AGAIN_CHANGES_NOTHING,
        FAILED_LOG_REFUSES_USE,
        FAILED_FORCE_IS_NOT_TRIED_AGAIN,
        NO_FILE_STAYS_OPEN
    }

    private final Invariant invariant;

    BrokenPromise(Invariant invariant, String where, Object found) {
        super(where + ": " + invariant + ": " + found);
        this.invariant = invariant;
    }

    static void unless(boolean holds, Invariant invariant, String where, Supplier<?> found) {
        if (!holds) {
            throw new BrokenPromise(invariant, where, found.get());
        }
    }

    Invariant invariant() {
        return invariant;
    }
}
