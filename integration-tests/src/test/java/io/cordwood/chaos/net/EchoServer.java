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
    private final Thread acceptor;
    private final AtomicInteger received = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    private EchoServer(ServerSocket server) {
        this.server = server;
        this.acceptor = daemon(this::accept, "echo-accept");
    }

    static EchoServer start() throws IOException {
        var echo = new EchoServer(new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
        echo.acceptor.start();
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

    private static Thread daemon(Runnable task, String name) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var socket = server.accept();
                daemon(() -> echo(socket), "echo").start();
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

    /** Nobody is let in behind this: a thread that waits for the next one may still get it until it has ended. */
    @Override
    public void close() throws IOException {
        server.close();
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
