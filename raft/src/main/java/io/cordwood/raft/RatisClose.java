package io.cordwood.raft;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes Ratis' server, or leaves it behind.
 *
 * <p>Ratis 3.3.0 can wait for ever there: closing a log holds its write lock while it joins the thread that
 * evicts entries from memory, and that thread may be waiting for the lock. Everything acknowledged is on
 * disk by then, so the stop goes on.
 *
 * <p>Thread: the one that closes the node.
 */
final class RatisClose {
    private static final Logger LOG = LoggerFactory.getLogger(RatisClose.class);
    private static final long CLOSE_SECONDS = 10;

    private RatisClose() {}

    static void close(RaftServer server, int nodeId) throws IOException {
        var closed = new FutureTask<>(() -> {
            server.close();
            return true;
        });
        var thread = new Thread(closed, "close-" + nodeId);
        thread.setDaemon(true);
        thread.start();
        try {
            closed.get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            LOG.error("node {}: Ratis does not close within {} s and is left behind", nodeId, CLOSE_SECONDS);
        } catch (ExecutionException e) {
            throw new IOException("node " + nodeId + " does not close", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
