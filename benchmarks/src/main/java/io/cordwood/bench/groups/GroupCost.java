package io.cordwood.bench.groups;

import java.util.List;

/**
 * What a number of partitions costs.
 *
 * @param partitions of one topic, each with a replica on every node
 * @param nodes what each node uses when nobody does anything
 * @param times empty without partitions
 */
record GroupCost(int partitions, List<NodeCost> nodes, List<Takeover> takeovers, List<Times> times) {
    GroupCost {
        nodes = List.copyOf(nodes);
        takeovers = List.copyOf(takeovers);
        times = List.copyOf(times);
    }

    /**
     * The whole cluster.
     *
     * @param createSeconds from the call that creates the topic until each partition has acknowledged a record
     * @param restartReadySeconds from the start of all nodes, which had been killed, until each said that it is ready
     * @param restartSeconds from the same start until each partition has acknowledged a record
     */
    record Times(double createSeconds, double restartReadySeconds, double restartSeconds) {}

    /**
     * One node was killed.
     *
     * @param leadersLost partitions that it led
     * @param seconds until each partition has acknowledged a record that was sent after the kill
     * @param rejoinSeconds from the start of the killed node until it said that it is ready
     */
    record Takeover(int leadersLost, double seconds, double rejoinSeconds) {}
}
