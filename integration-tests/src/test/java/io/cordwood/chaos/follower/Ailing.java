package io.cordwood.chaos.follower;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.LinkFault;
import java.util.List;
import java.util.stream.Stream;

/**
 * Lets a node suffer from one thing at a time: its process is stopped, or all links are ill that it has
 * with other nodes and with clients.
 *
 * <p><b>Thread:</b> one.
 */
final class Ailing {
    private final ChaosCluster cluster;
    private final Slowness slowness;

    Ailing(ChaosCluster cluster, Slowness slowness) {
        this.cluster = cluster;
        this.slowness = slowness;
    }

    void begin(Ailment ailment, int node) {
        if (ailment == Ailment.PAUSED) {
            cluster.pause(node);
        }
        var faults = linkFaults(ailment, slowness, cluster.nodeIds().size());
        for (var direction : around(node, cluster.nodeIds())) {
            faults.forEach(fault -> cluster.network().begin(direction, fault));
        }
    }

    void end(Ailment ailment, int node) {
        if (ailment == Ailment.PAUSED) {
            cluster.resume(node);
        }
        var faults = linkFaults(ailment, slowness, cluster.nodeIds().size());
        for (var direction : around(node, cluster.nodeIds())) {
            faults.forEach(fault -> cluster.network().end(direction, fault));
        }
    }

    /** Each limit is one of a connection, of which there is one between two nodes that carries records. */
    static List<LinkFault> linkFaults(Ailment ailment, Slowness slowness, int nodes) {
        return switch (ailment) {
            case PAUSED -> List.of();
            case SLOW ->
                List.of(
                        new LinkFault.Delay(slowness.delayMillis(), 0),
                        new LinkFault.Limit(slowness.bytesPerSecond() / (nodes - 1)));
            case CUT -> List.of(new LinkFault.Cut());
        };
    }

    /** To the node and from it, clients included. */
    static List<Direction> around(int node, List<Integer> nodes) {
        var others = nodes.stream().filter(other -> other != node);
        return Stream.concat(others, Stream.of(Direction.CLIENTS))
                .flatMap(other -> Stream.of(new Direction(other, node), new Direction(node, other)))
                .toList();
    }
}
