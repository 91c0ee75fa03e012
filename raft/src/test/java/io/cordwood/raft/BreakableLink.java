package io.cordwood.raft;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Passes on what comes to a port of its own. The connections break, or fall silent, when told; new ones may
 * be made at once. One that breaks takes with it what is under way.
 *
 * <p>Thread: any.
 */
final class BreakableLink implements AutoCloseable {
    private static final int PIECE_BYTES = 8 << 10;

    private final ServerSocket server;
    private final int toPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Socket> silent = ConcurrentHashMap.newKeySet();

    private BreakableLink(ServerSocket server, int toPort) {
        this.server = server;
        this.toPort = toPort;
    }

    static BreakableLink to(int port) throws IOException {
        var link = new BreakableLink(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
        start(link::accept);
        return link;
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    private void accept() throws IOException {
        while (true) {
            var from = server.accept();
            sockets.add(from);
            try {
                var to = new Socket(InetAddress.getLoopbackAddress(), toPort);
                sockets.add(to);
                start(() -> pass(from, to));
                start(() -> pass(to, from));
            } catch (IOException e) {
                close(from); // nobody listens there now
            }
        }
    }

    private void pass(Socket from, Socket to) throws IOException {
        try {
            var bytes = new byte[PIECE_BYTES];
            var in = from.getInputStream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                if (!silent.contains(from)) {
                    to.getOutputStream().write(bytes, 0, count);
                }
            }
        } finally {
            close(from);
            close(to);
        }
    }

    private void close(Socket socket) throws IOException {
        sockets.remove(socket);
        silent.remove(socket);
        socket.close();
    }

    /** What comes over the connections that are there now goes nowhere. */
    void silence() {
        silent.addAll(sockets);
    }

    void breakOff() throws IOException {
        for (Socket socket : sockets) {
            close(socket);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        breakOff();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        var thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // broken, as told or by one of its ends
                    }
                },
                "breakable-link");
        thread.setDaemon(true);
        thread.start();
    }
}
