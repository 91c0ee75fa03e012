package io.cordwood.raft;

import org.apache.ratis.server.RaftServer.Division;

/**
 * How far a division has applied its log, asked of the state machine itself. Ratis' own answer comes from
 * the thread that applies, and throws until that one is made, which is a while after the division is called
 * running.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class AppliedIndex {
    private AppliedIndex() {}

    /** Raft index of the newest applied entry, -1 for none. */
    static long of(Division division) {
        var last = division.getStateMachine().getLastAppliedTermIndex();
        return last == null ? -1 : last.getIndex();
    }
}
