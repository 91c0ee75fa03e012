package io.cordwood.raft;

/** What became of a leader's question whether it still leads. */
public enum Confirmation {
    /** No other replica had been elected when the question was asked: what this one shows lacks nothing. */
    CONFIRMED,
    /** This replica does not lead, or not yet; or another member has heard of a later election. */
    NOT_LEADER,
    /** No majority answered in time, so another replica may lead. */
    UNANSWERED
}
