package io.cordwood.cli.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** The ports of one node on this machine: for clients, for the other nodes and for HTTP. */
public record NodePorts(int clientPort, int nodePort, int httpPort) {
    private static final int FIRST_CLIENT_PORT = 9090;
    private static final int FIRST_NODE_PORT = 9091;
    private static final int FIRST_HTTP_PORT = 8080;
    private static final int STEP = 100;
    // Below the range from which systems draw the ports of outgoing connections: while a killed node is down, no
    // connection of anybody else can take its port.
    private static final int FREE_START = 20_000;
    private static final int FREE_END = 32_000;

    /** The usual ports of the first {@code count} nodes: 9090, 9091 and 8080, and 100 more for each other one. */
    public static List<NodePorts> standard(int count) {
        var ports = new ArrayList<NodePorts>(count);
        for (var i = 0; i < count; i++) {
            ports.add(new NodePorts(
                    FIRST_CLIENT_PORT + STEP * i, FIRST_NODE_PORT + STEP * i, FIRST_HTTP_PORT + STEP * i));
        }
        return List.copyOf(ports);
    }

    /** Ports that nobody listens on now, different on each call. */
    public static List<NodePorts> free(int count) {
        return free(count, FREE_START, FREE_END);
    }

    /** The same from the range {@code [start, end)}. */
    public static List<NodePorts> free(int count, int start, int end) {
        var random = new SplittableRandom();
        var taken = new HashSet<Integer>();
        var ports = new ArrayList<NodePorts>(count);
        for (var i = 0; i < count; i++) {
            ports.add(new NodePorts(
                    freePort(random, taken, start, end),
                    freePort(random, taken, start, end),
                    freePort(random, taken, start, end)));
        }
        return List.copyOf(ports);
    }

    /** Those of the three that somebody listens on. */
    List<Integer> occupied() {
        var occupied = new ArrayList<Integer>(3);
        for (var port : List.of(clientPort, nodePort, httpPort)) {
            if (!available(port)) {
                occupied.add(port);
            }
        }
        return occupied;
    }

    private static int freePort(SplittableRandom random, Set<Integer> taken, int start, int end) {
        for (var attempt = 0; attempt < end - start; attempt++) {
            var port = random.nextInt(start, end);
            if (!taken.contains(port) && available(port)) {
                taken.add(port);
                return port;
            }
        }
        throw new IllegalStateException("no free port in [" + start + ", " + end + ")");
    }

    private static boolean available(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
