package io.cordwood.bench.compare;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The three server processes of one contender, numbered from 1.
 *
 * <p>Invariant: after {@link #close} none of them runs and none is started.
 *
 * <p><b>Thread:</b> one; {@link #close} also from a shutdown hook. The lock keeps a start from slipping past it.
 */
final class ServerGroup implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);
    private static final long POLL_MS = 20;

    private final List<ServerProcess> servers;
    private boolean closed;

    ServerGroup(List<ServerProcess> servers) {
        this.servers = List.copyOf(servers);
    }

    /** Starts all at once. Returns the time until all were ready. */
    Duration start() throws IOException, InterruptedException {
        long start = System.nanoTime();
        launch();
        for (var server : servers) {
            awaitReady(server, start);
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Of those that run. */
    List<Long> pids() {
        return servers.stream()
                .filter(ServerProcess::isRunning)
                .map(ServerProcess::pid)
                .toList();
    }

    /** Whether no server has ended. */
    boolean isWhole() {
        return servers.stream().allMatch(ServerProcess::isRunning);
    }

    void kill(int number) {
        servers.get(number - 1).kill();
    }

    /** Cleanly where that succeeds in time. */
    void stop() throws InterruptedException {
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        servers.forEach(ServerProcess::requestStop);
        for (var server : servers) {
            if (!server.awaitEnd(deadline - System.nanoTime())) {
                server.kill();
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        servers.forEach(ServerProcess::kill);
    }

    private synchronized void launch() throws IOException {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        for (var server : servers) {
            server.start();
        }
    }

    private static void awaitReady(ServerProcess server, long startNanos) throws IOException, InterruptedException {
        while (!server.isReady()) {
            if (!server.isRunning() || System.nanoTime() - startNanos > START_TIMEOUT.toNanos()) {
                throw new IOException(
                        (server.isRunning() ? "not ready: " : "ended: ") + server.log() + "\n" + server.lastWords());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }
}
