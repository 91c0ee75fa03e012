package io.cordwood.chaos.net;

import java.net.InetSocketAddress;
import java.util.OptionalInt;

/**
 * Port: who opened a connection.
 *
 * <p><b>Thread:</b> one of the proxy's; it may take a while.
 */
@FunctionalInterface
public interface Sources {
    /**
     * @param client the address of whoever connects
     * @param server to which it connects
     * @return a node's id; empty where it is no node, or nobody knows any more
     */
    OptionalInt nodeOf(InetSocketAddress client, InetSocketAddress server);
}
