package io.cordwood.server;

import io.cordwood.raft.NodeHalt;
import io.cordwood.raft.ProcessHalt;
import io.cordwood.raft.StartRefusedException;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.config.ConfigException;
import io.cordwood.server.config.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process around a node: arguments in, exit status out, an orderly stop on SIGTERM ({@link StopSignal}).
 *
 * <p><b>Thread:</b> the process' main thread.
 */
final class ServerProcess {
    static final int FAILED = 1;
    static final int BAD_CONFIG = 2;

    private static final Logger LOGGER = LoggerFactory.getLogger(ServerProcess.class);
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
        JdkLog.intoOurs();
        GRPC_LOGGERS.forEach(logger -> logger.setLevel(Level.WARNING));
        try {
            return run(ServerConfig.load(arguments, environment));
        } catch (ConfigException e) {
            e.problems().forEach(System.err::println);
            return BAD_CONFIG;
        }
    }

    private static int run(ServerConfig config) throws InterruptedException {
        var stop = new StopSignal(config.node().id());
        var halt = new ProcessHalt(
                config.node().id(), config.node().dataDir(), config.node().raftDir());
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            if (!stop.cameTooEarly()) {
                halt.failed("thread " + thread.getName() + " died", failure);
            }
        });
        return stop.listen() ? run(config, halt, stop) : 0;
    }

    private static int run(ServerConfig config, NodeHalt halt, StopSignal stop) throws InterruptedException {
        try {
            var server = CordwoodServer.start(config, halt);
            stop.started(server);
            server.ready().get();
            System.out.println(server.readyLine());
            System.out.flush();
            new CountDownLatch(1).await();
            return 0;
        } catch (IOException | StartRefusedException e) {
            stop.forget();
            return stop.came() ? 0 : refused(config, e);
        } catch (ExecutionException e) {
            // Who is told to stop before he has joined has not failed to start.
            return stop.came() ? 0 : refused(config, RefusedException.unwrap(e));
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
}
