package io.cordwood.raft;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ports for nodes of a test. They lie below those that the system gives to outgoing connections, so that nobody takes the port
 * of a stopped node; test processes that run at the same time, eight at most, have ranges of their own.
 */
public final class TestPorts {
    private static final int FIRST = 8_000;
    private static final int RANGE = 2_700;
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private TestPorts() {}

    /** Ports of loopback on which nobody listens now, different ones on each call. */
    public static List<Integer> free(int count) {
        int start = FIRST + RANGE * Integer.getInteger("test.fork", 0);
        var random = new SplittableRandom();
        var ports = new ArrayList<Integer>();
        while (ports.size() < count) {
            int port = random.nextInt(start, start + RANGE);
            if (isFree(port) && GIVEN.add(port)) {
                ports.add(port);
            }
        }
        return ports;
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
