package io.cordwood.raft;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what Ratis does to the end of a replica's log, and says whether it is at it. An entry that is taken
 * counts before the first look at the replica and until its payload is on the way to the files: who has seen a
 * count finds all that was counted there.
 *
 * <p>Thread: {@link #during} under the log write lock, the others any.
 */
final class LogChanges {
    /** Twice as many as there were; odd while one is being made. */
    private final AtomicLong count = new AtomicLong();

    void during(Runnable change) {
        count.incrementAndGet();
        try {
            change.run();
        } finally {
            count.incrementAndGet();
        }
    }

    /** Differs after each change; empty while one is being made. */
    OptionalLong settled() {
        long now = count.get();
        return now % 2 == 0 ? OptionalLong.of(now) : OptionalLong.empty();
    }

    /** Whether nothing was done since this was {@link #settled}. */
    boolean isStill(long settled) {
        return count.get() == settled;
    }
}
