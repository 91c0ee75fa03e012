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
    private static final Duration STOP = Duration.ofSeconds(30);
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
        var halt = new ProcessHalt(config.node().id(), config.node().dataDir());
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> halt.failed("thread " + thread.getName() + " died", failure));
        try {
            var server = CordwoodServer.start(config, halt);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "shutdown"));
            server.ready().get();
            System.out.println(server.readyLine());
            System.out.flush();
            new CountDownLatch(1).await();
            return 0;
        } catch (IOException | StartRefusedException e) {
            return refused(config, e);
        } catch (ExecutionException e) {
            return refused(config, RefusedException.unwrap(e));
        }
    }

    private static int refused(ServerConfig config, Throwable cause) {
        LOGGER.error("node {} cannot start: {}", config.node().id(), cause.getMessage(), cause);
        System.err.println("cordwood node " + config.node().id() + " cannot start: " + cause.getMessage());
        return FAILED;
    }

    private static void stop(CordwoodServer server) {
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
