package io.cordwood.raft;

import java.time.Duration;

/**
 * How long a group waits before it elects.
 *
 * @param electionTimeoutMin a follower waits at least this long for its leader, 100 ms or more
 * @param electionTimeoutMax and at most this long
 */
public record RaftTimings(Duration electionTimeoutMin, Duration electionTimeoutMax) {

    /** Failover within about three seconds with up to 50 groups on a node. */
    public static final RaftTimings DEFAULT = new RaftTimings(Duration.ofSeconds(1), Duration.ofSeconds(2));

    public RaftTimings {
        if (electionTimeoutMin.toMillis() < 100 || electionTimeoutMax.compareTo(electionTimeoutMin) <= 0) {
            throw new IllegalArgumentException("election timeout min " + electionTimeoutMin
                    + " must be 100 ms or more, and max " + electionTimeoutMax + " above it");
        }
    }

    /**
     * How long a leader that hears of no majority takes itself for one: Ratis wants answers that are no older than the
     * longest election timeout, and looks after them where nothing else has happened for as long.
     */
    public static Duration stepDown(Duration electionTimeoutMax) {
        return electionTimeoutMax.multipliedBy(2);
    }
}
