package io.cordwood.server.cluster;

import io.cordwood.metadata.NodeInfo;
import io.cordwood.server.config.ServerConfig;
import java.util.Optional;

/**
 * Where the callers of one listener find the nodes: each by the address that it advertises for its own
 * listener of that name.
 *
 * <p>A node that has no such listener is found by its listener {@value ServerConfig.Listener#CLIENT}: nodes
 * that are given another listener one by one served everybody there until then. One that has never come up
 * is found nowhere.
 *
 * <p><b>Thread:</b> any.
 *
 * @param listener the name of the listener that the calls come in on
 */
public record AdvertisedAddresses(Cluster cluster, String listener) {
    public Optional<String> of(NodeInfo node) {
        var own = node.clientAddresses().get(listener);
        return Optional.ofNullable(own == null ? node.clientAddresses().get(ServerConfig.Listener.CLIENT) : own);
    }

    public Optional<String> of(int nodeId) {
        return cluster.image().node(nodeId).flatMap(this::of);
    }
}
