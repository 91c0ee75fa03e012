package io.cordwood.bench.process;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The server processes of one cluster, numbered from 1.
 *
 * <p>Invariant: after {@link #close} none of them runs and none is started.
 *
 * <p><b>Thread:</b> one; {@link #close} also from a shutdown hook. The lock keeps a start from slipping past it.
 */
public final class ServerGroup implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);
    private static final long POLL_MS = 20;

    private final List<ServerProcess> servers;
    private boolean closed;

    public ServerGroup(List<ServerProcess> servers) {
        this.servers = List.copyOf(servers);
    }

    /** Starts all at once. Returns the time until all were ready. */
    public Duration start() throws IOException, InterruptedException {
        long start = System.nanoTime();
        launch(servers);
        for (var server : servers) {
            awaitReady(server, start);
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Of those that run. */
    public List<Long> pids() {
        return servers.stream()
                .filter(ServerProcess::isRunning)
                .map(ServerProcess::pid)
                .toList();
    }

    /** Whether no server has ended. */
    public boolean isWhole() {
        return servers.stream().allMatch(ServerProcess::isRunning);
    }

    public long pid(int number) {
        return servers.get(number - 1).pid();
    }

    /** SIGKILL; returns when it is gone. */
    public void kill(int number) {
        servers.get(number - 1).kill();
    }

    /** SIGKILL to all at once; returns when they are gone. They can be started again. */
    public void killAll() {
        servers.forEach(ServerProcess::signalKill);
        servers.forEach(ServerProcess::kill);
    }

    /** Starts one that does not run. Returns the time until it was ready. */
    public Duration start(int number) throws IOException, InterruptedException {
        var server = servers.get(number - 1);
        long start = System.nanoTime();
        launch(List.of(server));
        awaitReady(server, start);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Cleanly where that succeeds in time; returns when it is gone. */
    public void stop(int number) throws InterruptedException {
        stop(List.of(servers.get(number - 1)));
    }

    /** Cleanly where that succeeds in time. */
    public void stop() throws InterruptedException {
        stop(servers);
    }

    private static void stop(List<ServerProcess> servers) throws InterruptedException {
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
        killAll();
    }

    private synchronized void launch(List<ServerProcess> starting) throws IOException {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        for (var server : starting) {
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
