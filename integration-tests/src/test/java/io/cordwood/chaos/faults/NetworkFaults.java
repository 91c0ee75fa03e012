package io.cordwood.chaos.faults;

import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.FaultProxy;
import io.cordwood.chaos.net.LinkFault;
import java.util.ArrayList;
import java.util.List;

/**
 * What the network does between nodes, and between them and clients.
 *
 * <p><b>Thread:</b> any.
 */
final class NetworkFaults {
    /** Of a one-way cut: its amounts. */
    private static final int TO_OTHERS = 0;

    private static final int FROM_OTHERS = 1;

    private final FaultProxy network;
    private final List<Integer> nodes;

    NetworkFaults(FaultProxy network, List<Integer> nodes) {
        this.network = network;
        this.nodes = List.copyOf(nodes);
    }

    void delay(Fault fault, Stage stage) {
        int millis = (int) fault.amount();
        during(fault, stage, around(fault.node()), new LinkFault.Delay(millis, millis / 2));
    }

    void stall(Fault fault, Stage stage) {
        during(fault, stage, from(fault.node()), new LinkFault.Stall());
    }

    void oneWayCut(Fault fault, Stage stage) {
        during(fault, stage, oneWay(fault), new LinkFault.Cut());
    }

    private List<Direction> oneWay(Fault fault) {
        if (fault.amount() == TO_OTHERS) {
            return from(fault.node());
        }
        return fault.amount() == FROM_OTHERS
                ? from(fault.node()).stream().map(Direction::reversed).toList()
                : List.of(new Direction(fault.node(), fault.nodes().get(1)));
    }

    void isolate(Fault fault, Stage stage) {
        during(fault, stage, around(fault.node()), new LinkFault.Cut());
    }

    void bandwidth(Fault fault, Stage stage) {
        during(fault, stage, around(fault.node()), new LinkFault.Limit(fault.amount()));
    }

    void split(Fault fault, Stage stage) {
        during(fault, stage, across(fault.nodes()), new LinkFault.Cut());
    }

    void cutClients(Fault fault, Stage stage) {
        var there = new Direction(Direction.CLIENTS, fault.node());
        during(fault, stage, List.of(there, there.reversed()), new LinkFault.Cut());
    }

    private void during(Fault fault, Stage stage, List<Direction> directions, LinkFault link) {
        try {
            directions.forEach(direction -> network.begin(direction, link));
            stage.begun(directions.toString(), link.toString());
            stage.hold(fault.lengthMillis());
        } finally {
            directions.forEach(direction -> network.end(direction, link));
        }
    }

    void halfOpen(Fault fault, Stage stage) {
        var ends = from(fault.node()).stream().map(Direction::reversed).toList();
        try {
            ends.forEach(network::vanish);
            stage.begun("node " + fault.node(), "it has forgotten its connections, and the others have not");
            stage.hold(fault.lengthMillis());
        } finally {
            ends.forEach(network::endVanished);
        }
    }

    void reset(Fault fault, Stage stage) {
        var around = around(fault.node());
        stage.begun("node " + fault.node(), "resets every " + fault.amount() + " ms");
        int resets = 0;
        try {
            for (long left = fault.lengthMillis(); left > 0; left -= fault.amount()) {
                network.reset(around.get((fault.luck() + resets) % around.size()));
                resets++;
                if (!stage.hold(fault.amount())) {
                    break;
                }
            }
        } finally {
            around.forEach(network::endReset);
        }
        stage.ended(resets + " times");
    }

    private List<Direction> from(int node) {
        return nodes.stream()
                .filter(other -> other != node)
                .map(other -> new Direction(node, other))
                .toList();
    }

    private List<Direction> around(int node) {
        return across(List.of(node));
    }

    /** Both ways between these nodes and the others. */
    private List<Direction> across(List<Integer> side) {
        var directions = new ArrayList<Direction>();
        for (int one : side) {
            for (int other : nodes) {
                if (!side.contains(other)) {
                    directions.add(new Direction(one, other));
                    directions.add(new Direction(other, one));
                }
            }
        }
        return directions;
    }
}
