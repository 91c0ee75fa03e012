package io.cordwood.raft;

import io.cordwood.metrics.NodeMeters;

/**
 * The meters of a node's replicas.
 *
 * <p>Thread: any.
 */
record RaftMeters(NodeMeters node, StoreMeters store, GroupMeters groups) {
    static RaftMeters of(NodeMeters node) {
        return new RaftMeters(node, new StoreMeters(node), new GroupMeters(node));
    }
}
