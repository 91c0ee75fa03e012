package io.cordwood.chaos.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends back what it gets, on loopback.
 *
 * <p><b>Thread:</b> any; one of its own for each connection, which end with it.
 */
final class EchoServer implements AutoCloseable {
    private static final int BACKLOG = 50;
    private static final int BUFFER_BYTES = 16 << 10;

    private final ServerSocket server;
    private final AtomicInteger received = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    private EchoServer(ServerSocket server) {
        this.server = server;
    }

    static EchoServer start() throws IOException {
        var echo = new EchoServer(new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
        daemon(echo::accept, "echo-accept");
        return echo;
    }

    int port() {
        return server.getLocalPort();
    }

    /** Bytes that arrived. */
    int received() {
        return received.get();
    }

    /** Connections that ended with an error. */
    int failed() {
        return failed.get();
    }

    private static void daemon(Runnable task, String name) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var socket = server.accept();
                daemon(() -> echo(socket), "echo");
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void echo(Socket socket) {
        var buffer = new byte[BUFFER_BYTES];
        try (socket) {
            for (int count = socket.getInputStream().read(buffer);
                    count >= 0;
                    count = socket.getInputStream().read(buffer)) {
                received.addAndGet(count);
                socket.getOutputStream().write(buffer, 0, count);
            }
        } catch (IOException e) {
            failed.incrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
