package io.cordwood.bench.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Ports on loopback that nobody listens on, below those that systems draw for outgoing connections. */
public final class FreePorts {
    private static final int START = 20_000;
    private static final int END = 32_000;

    private FreePorts() {}

    /** Different ones. */
    public static List<Integer> take(int count) throws IOException {
        var random = new SplittableRandom();
        var ports = new ArrayList<Integer>(count);
        for (int attempt = START; attempt < END && ports.size() < count; attempt++) {
            int port = random.nextInt(START, END);
            if (!ports.contains(port) && isFree(port)) {
                ports.add(port);
            }
        }
        if (ports.size() < count) {
            throw new IOException("no " + count + " free ports in [" + START + ", " + END + ")");
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
