package io.cordwood.chaos.net;

import java.util.List;

/**
 * All faults of a direction together.
 *
 * @param bytesPerSecond 0 where there is no limit
 */
record LinkState(boolean cut, boolean stalled, int delayMillis, int jitterMillis, long bytesPerSecond) {
    static final LinkState CLEAN = new LinkState(false, false, 0, 0, 0);

    static LinkState of(List<LinkFault> faults) {
        var state = CLEAN;
        for (var fault : faults) {
            state = state.with(fault);
        }
        return state;
    }

    private LinkState with(LinkFault fault) {
        if (fault instanceof LinkFault.Cut) {
            return new LinkState(true, stalled, delayMillis, jitterMillis, bytesPerSecond);
        }
        if (fault instanceof LinkFault.Stall) {
            return new LinkState(cut, true, delayMillis, jitterMillis, bytesPerSecond);
        }
        if (fault instanceof LinkFault.Delay delay) {
            return new LinkState(
                    cut,
                    stalled,
                    Math.max(delayMillis, delay.millis()),
                    Math.max(jitterMillis, delay.jitterMillis()),
                    bytesPerSecond);
        }
        if (fault instanceof LinkFault.Limit limit) {
            long least =
                    bytesPerSecond == 0 ? limit.bytesPerSecond() : Math.min(bytesPerSecond, limit.bytesPerSecond());
            return new LinkState(cut, stalled, delayMillis, jitterMillis, least);
        }
        throw new IllegalStateException("unknown fault " + fault);
    }

    /** Whether nothing may arrive now. */
    boolean holds() {
        return cut || stalled;
    }
}
