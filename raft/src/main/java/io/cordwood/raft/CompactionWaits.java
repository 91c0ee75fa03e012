package io.cordwood.raft;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;

/**
 * How long the compaction of each partition waits after it failed: twice as long each time, since a pass may read the whole
 * partition before it fails again.
 *
 * <p>Thread: one owner.
 */
final class CompactionWaits {
    static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(15);
    static final long PASS_MAX_NANOS = TimeUnit.HOURS.toNanos(1);
    /** While files are missing there is no checkpoint: what they wait for may be another node. */
    static final long FILES_MAX_NANOS = TimeUnit.MINUTES.toNanos(4);

    private final Map<RaftGroupId, Wait> waits = new HashMap<>();
    private final long maxNanos;

    private record Wait(long sinceNanos, long nanos) {}

    /** @param maxNanos no wait is longer */
    CompactionWaits(long maxNanos) {
        this.maxNanos = maxNanos;
    }

    /** Forgets all others. */
    void retain(Collection<RaftGroupId> groups) {
        waits.keySet().retainAll(groups);
    }

    boolean isDue(RaftGroupId group, long nowNanos) {
        var wait = waits.get(group);
        return wait == null || nowNanos - wait.sinceNanos() >= wait.nanos();
    }

    /** Whether its newest try failed. */
    boolean hasFailed(RaftGroupId group) {
        return waits.containsKey(group);
    }

    void succeeded(RaftGroupId group) {
        waits.remove(group);
    }

    /** Returns how long it waits now. */
    long failed(RaftGroupId group, long nowNanos) {
        var before = waits.get(group);
        long nanos = before == null ? FIRST_NANOS : Math.min(2 * before.nanos(), maxNanos);
        waits.put(group, new Wait(nowNanos, nanos));
        return nanos;
    }
}
