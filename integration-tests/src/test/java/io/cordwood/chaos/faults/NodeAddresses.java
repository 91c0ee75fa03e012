package io.cordwood.chaos.faults;

import io.cordwood.cli.local.NodePorts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The ports of one node, and those of the proxies in front of them. Others know it by its proxies only; who
 * watches a run comes in by a listener that no fault touches.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param own where the node listens
 * @param clientProxy leads to its port for clients
 * @param nodeProxy leads to its port for nodes
 * @param watchPort for whoever watches
 */
record NodeAddresses(int node, NodePorts own, int clientProxy, int nodeProxy, int watchPort) {
    private static final String HOST = "127.0.0.1";

    static List<NodeAddresses> free(int nodes) {
        var ports = NodePorts.free(2 * nodes);
        return IntStream.range(0, nodes)
                .mapToObj(i -> {
                    var more = ports.get(nodes + i);
                    return new NodeAddresses(i + 1, ports.get(i), more.clientPort(), more.nodePort(), more.httpPort());
                })
                .toList();
    }

    String clientAddress() {
        return HOST + ":" + clientProxy;
    }

    String nodeAddress() {
        return HOST + ":" + nodeProxy;
    }

    String watchAddress() {
        return HOST + ":" + watchPort;
    }

    String httpAddress() {
        return HOST + ":" + own.httpPort();
    }

    static InetSocketAddress socket(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** For the node's server. */
    List<String> flags(List<NodeAddresses> all) {
        return List.of(
                "--node.id=" + node,
                "--cluster.initial-nodes="
                        + all.stream()
                                .map(each -> each.node() + "@" + each.nodeAddress())
                                .collect(Collectors.joining(",")),
                "--listeners.client.bind=" + HOST + ":" + own.clientPort(),
                "--listeners.client.advertised=" + clientAddress(),
                "--listeners.external.bind=" + watchAddress(),
                "--listeners.node.bind=" + HOST + ":" + own.nodePort(),
                "--listeners.node.advertised=" + nodeAddress(),
                "--http.bind=" + httpAddress());
    }
}
