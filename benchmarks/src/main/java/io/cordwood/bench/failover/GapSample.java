package io.cordwood.bench.failover;

/**
 * What the end of a node, or its return, meant for one partition.
 *
 * @param number of the event in the run, among those of its kind, from 1
 * @param led of an end, whether the node led the partition; of a return, whether its leadership changed since
 *     before the end
 * @param seconds the longest time between two acknowledgements of the partition, about the event
 */
record GapSample(Event event, int number, int node, int partition, boolean led, double seconds) {
    /** What a node did. */
    enum Event {
        KILL,
        STOP,
        /** After each of the others: it is started, and its leaderships are handed back to it. */
        RETURN
    }
}
