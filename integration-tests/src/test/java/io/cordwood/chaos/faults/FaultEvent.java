package io.cordwood.chaos.faults;

import java.time.Instant;

/**
 * What a run tells of a fault.
 *
 * @param target whom it befalls, for people
 * @param detail how, and at the end what came of it
 */
public record FaultEvent(Phase phase, FaultKind kind, String target, String detail, Instant time) {
    /** Where a fault is in its life. */
    public enum Phase {
        BEGIN,
        END,
        /** It has ended, and came too late for what it was to hit. */
        MISSED,
        /** It never began: another one is in its way, or the cluster does not allow it now. */
        SKIPPED,
        /**
         * The cluster did not do what an operator asked for, or nobody knows whether it did: beside other faults that
         * is no more than is promised.
         */
        REFUSED,
        /** It could not be done, or not all of it. What it left is put right at the end of the run. */
        FAILED,
        /** What came of it is not what is promised. It goes on. */
        BROKEN
    }

    /** Whether nobody may call a run good in which this was told. */
    public boolean isProblem() {
        return phase == Phase.FAILED || phase == Phase.BROKEN;
    }

    @Override
    public String toString() {
        return phase + " " + kind.label() + (target.isEmpty() ? "" : " of " + target) + ": " + detail;
    }
}
