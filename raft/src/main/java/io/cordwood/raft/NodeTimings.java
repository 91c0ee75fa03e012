package io.cordwood.raft;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How often a node does what is not driven by a call.
 *
 * @param heartbeat from each node to the metadata leader, and the leader's look at them
 * @param deadAfter a node that was silent for this long is dead
 * @param replaceDeadAfter the replicas of a node that has been dead for this long are given to others; null
 *     where that is left to operators
 * @param poll of peers while the cluster forms, and of the groups that this node leads
 * @param balance of leaderships towards their preferred nodes
 * @param commandTimeout a metadata command is retried this long
 */
public record NodeTimings(
        Duration heartbeat,
        Duration deadAfter,
        @Nullable Duration replaceDeadAfter,
        Duration poll,
        Duration balance,
        Duration commandTimeout) {

    public static final NodeTimings DEFAULT = new NodeTimings(
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofMinutes(10),
            Duration.ofMillis(250),
            Duration.ofSeconds(30),
            Duration.ofSeconds(15));

    public NodeTimings {
        if (deadAfter.compareTo(heartbeat.multipliedBy(3)) < 0) {
            throw new IllegalArgumentException(
                    "dead after " + deadAfter + " must be at least three heartbeats of " + heartbeat);
        }
    }

    /** The same where the replicas of dead nodes are given to others after another time, or never. */
    public NodeTimings replacingDeadAfter(@Nullable Duration delay) {
        return new NodeTimings(heartbeat, deadAfter, delay, poll, balance, commandTimeout);
    }
}
