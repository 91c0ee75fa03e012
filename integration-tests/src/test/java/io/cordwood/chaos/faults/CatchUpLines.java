package io.cordwood.chaos.faults;

import io.cordwood.store.PartitionId;

/** What a node prints of the catch-up of one replica. Stateless. */
final class CatchUpLines {
    /** The flag that says how fast a node fetches what its replicas lack. */
    static final String RATE_KEY = "catch-up.bytes-per-second";
    /**
     * The least there is: what a node lacks after some ten seconds takes so long then that it can be killed
     * meanwhile.
     */
    static final String SLOW = "64KiB";

    private static final String BEGUN = ": catches up with node";
    private static final String DONE = ": caught up to";

    private CatchUpLines() {}

    static boolean hasBegun(String log, PartitionId replica) {
        return log.contains(replica + BEGUN);
    }

    /** Whether it has begun and was not done since. */
    static boolean isUnderWay(String log, PartitionId replica) {
        int begun = log.lastIndexOf(replica + BEGUN);
        return begun >= 0 && log.indexOf(replica + DONE, begun) < 0;
    }
}
