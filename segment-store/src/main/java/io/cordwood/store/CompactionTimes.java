package io.cordwood.store;

/**
 * The leader's times that decide about tombstones in a pass.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param nowMs a tombstone whose delete horizon is not later goes
 * @param newHorizonMs the delete horizon of tombstones that have none yet
 */
public record CompactionTimes(long nowMs, long newHorizonMs) {
    public static CompactionTimes of(long leaderTimeMs, CompactionRules rules) {
        long horizon = leaderTimeMs + rules.deleteRetentionMs();
        return new CompactionTimes(leaderTimeMs, horizon < 0 ? Long.MAX_VALUE : horizon);
    }
}
