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
        /** It never began: another one is in its way, or the cluster does not allow it now. */
        SKIPPED,
        /** It could not be done, or not all of it. What it left is put right at the end of the run. */
        FAILED
    }

    @Override
    public String toString() {
        return phase + " " + kind.label() + (target.isEmpty() ? "" : " of " + target) + ": " + detail;
    }
}
