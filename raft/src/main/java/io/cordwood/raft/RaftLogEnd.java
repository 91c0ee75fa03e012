package io.cordwood.raft;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.ratis.server.raftlog.RaftLog;

/**
 * Where a division's own raft log ends.
 *
 * <p>Thread: any.
 */
final class RaftLogEnd {
    private static final long SETTLE_MS = 5_000;
    private static final long LOOK_MS = 5;

    private final Supplier<Optional<RaftLog>> raftLog;

    /** @param raftLog of the division; empty while it is closing */
    RaftLogEnd(Supplier<Optional<RaftLog>> raftLog) {
        this.raftLog = raftLog;
    }

    /** Raft index of the newest entry, forced or not. */
    long lastIndex() throws IOException {
        return require().getNextIndex() - 1;
    }

    /** Whether there is no entry beyond this raft index; not while the group is closing. */
    boolean isWithin(long index) {
        return raftLog.get().map(log -> log.getNextIndex() - 1 <= index).orElse(false);
    }

    /** Ratis forgets what its log worker has not written yet when it installs. */
    void awaitForced() throws IOException, InterruptedException {
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SETTLE_MS);
        while (require().getFlushIndex() < lastIndex()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new IOException("the own raft log is not forced to its end");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    void installed(long index) throws IOException {
        require().updateSnapshotIndex(index);
    }

    private RaftLog require() throws IOException {
        return raftLog.get().orElseThrow(() -> new IOException("the group is closing"));
    }
}
