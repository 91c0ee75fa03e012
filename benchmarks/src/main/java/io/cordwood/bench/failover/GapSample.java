package io.cordwood.bench.failover;

/**
 * What the end of a node meant for one partition.
 *
 * @param ending its number in the run, from 1
 * @param led whether the node led the partition
 * @param seconds the longest time between two acknowledgements about the end of the node
 */
record GapSample(End end, int ending, int node, int partition, boolean led, double seconds) {
    /** How a node ended. */
    enum End {
        KILL,
        STOP
    }
}
