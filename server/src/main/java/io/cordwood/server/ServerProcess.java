package io.cordwood.server;

import io.cordwood.raft.ProcessHalt;
import io.cordwood.raft.StartRefusedException;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.config.ConfigException;
import io.cordwood.server.config.ServerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process around a node: arguments in, exit status out, an orderly stop on SIGTERM.
 *
 * <p>Invariant: the stop takes at most {@link #STOP} and then ends the process regardless.
 *
 * <p><b>Thread:</b> the process' main thread.
 */
final class ServerProcess {
    static final int FAILED = 1;
    static final int BAD_CONFIG = 2;

    private static final Logger LOGGER = LoggerFactory.getLogger(ServerProcess.class);
    /** Below the 30 s that orchestrators wait before they kill. */
    private static final Duration STOP = Duration.ofSeconds(25);

    /** gRPC, ours and the one inside Ratis, logs through the JDK; held here, or the level would be forgotten. */
    private static final List<java.util.logging.Logger> GRPC_LOGGERS = List.of(
            java.util.logging.Logger.getLogger("io.grpc"),
            java.util.logging.Logger.getLogger("org.apache.ratis.thirdparty.io.grpc"));

    private ServerProcess() {}

    /** Runs a node until the process is told to stop; returns only where it could not run. */
    static int run(List<String> arguments, Map<String, String> environment) throws InterruptedException {
        if (ServerConfig.asksForHelp(arguments)) {
            System.out.print(ServerConfig.help());
            return 0;
        }
        GRPC_LOGGERS.forEach(logger -> logger.setLevel(Level.WARNING));
        try {
            return run(ServerConfig.load(arguments, environment));
        } catch (ConfigException e) {
            e.problems().forEach(System.err::println);
            return BAD_CONFIG;
        }
    }

    private static int run(ServerConfig config) throws InterruptedException {
        var stopping = new AtomicBoolean();
        var halt = new ProcessHalt(config.node().id(), config.node().dataDir());
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> halt.failed("thread " + thread.getName() + " died", failure));
        try {
            var server = CordwoodServer.start(config, halt);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, stopping), "shutdown"));
            server.ready().get();
            System.out.println(server.readyLine());
            System.out.flush();
            new CountDownLatch(1).await();
            return 0;
        } catch (IOException | StartRefusedException e) {
            return refused(config, e);
        } catch (ExecutionException e) {
            // Whoever is told to stop before he has joined has not failed to start.
            return stopping.get() ? 0 : refused(config, RefusedException.unwrap(e));
        }
    }

    private static int refused(ServerConfig config, Throwable cause) {
        if (saysAll(cause)) {
            LOGGER.debug("node {} cannot start", config.node().id(), cause);
        } else {
            LOGGER.error("node {} cannot start", config.node().id(), cause);
        }
        var reason = saysAll(cause) ? cause.getMessage() : cause.toString();
        System.err.println("cordwood node " + config.node().id() + " cannot start: " + reason);
        return FAILED;
    }

    /** Ours name the setting and what to do; those of libraries may have no text but a file's name. */
    private static boolean saysAll(Throwable cause) {
        return cause instanceof StartRefusedException || cause.getClass().equals(IOException.class);
    }

    private static void stop(CordwoodServer server, AtomicBoolean stopping) {
        stopping.set(true);
        var closer = new Thread(() -> close(server), "closer");
        closer.setDaemon(true);
        closer.start();
        try {
            closer.join(STOP.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (closer.isAlive()) {
            LOGGER.error("the stop took more than {} s; ending the process", STOP.toSeconds());
            Runtime.getRuntime().halt(FAILED);
        }
    }

    private static void close(CordwoodServer server) {
        try {
            server.close();
        } catch (IOException e) {
            LOGGER.error("the stop failed; the next start recovers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
