package io.cordwood.server;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears that the process is told to end, and stops its node in order.
 *
 * <p>Invariants: the stop takes at most {@link #LIMIT} and then ends the process regardless; a node that is
 * still being started has nothing to finish, and ends with its process as in a crash.
 *
 * <p><b>Thread:</b> that which starts the node; the stop runs on one of the JVM's, {@code shutdown}.
 */
final class StopSignal {
    private static final Logger LOGGER = LoggerFactory.getLogger(StopSignal.class);
    /** Below the 30 s that orchestrators wait before they kill. */
    private static final Duration LIMIT = Duration.ofSeconds(25);

    private final int nodeId;
    private final Thread hook = new Thread(this::heard, "shutdown");
    private volatile @Nullable CordwoodServer server;
    private volatile boolean came;

    StopSignal(int nodeId) {
        this.nodeId = nodeId;
    }

    /** False where the process is ending already. */
    boolean listen() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            came = true; // the JVM takes no hook any more
        }
        return !came;
    }

    /** Is stopped from now on. */
    void started(CordwoodServer node) {
        server = node;
    }

    /** There is no node, and none will come. */
    void forget() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            came = true; // the hook runs already, and finds nothing to do
        }
    }

    boolean came() {
        return came;
    }

    /** Whether it came before there was anything to stop: what is begun then fails because the JVM ends. */
    boolean cameTooEarly() {
        return came && server == null;
    }

    private void heard() {
        came = true;
        var node = server;
        if (node == null) {
            LOGGER.info("node {} ends before it has started", nodeId);
        } else {
            stop(node);
        }
    }

    private static void stop(CordwoodServer node) {
        var closer = new Thread(() -> close(node), "closer");
        closer.setDaemon(true);
        closer.start();
        try {
            closer.join(LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (closer.isAlive()) {
            LOGGER.error("the stop took more than {} s; ending the process", LIMIT.toSeconds());
            Runtime.getRuntime().halt(ServerProcess.FAILED);
        }
    }

    private static void close(CordwoodServer node) {
        try {
            node.close();
        } catch (IOException e) {
            LOGGER.error("the stop failed; the next start recovers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
