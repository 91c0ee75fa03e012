package io.cordwood.raft;

import java.util.Optional;
import java.util.UUID;

/**
 * Who a data directory will belong to: drawn at the first start, before the node is a member.
 *
 * @param metadataGroupId raft group of the metadata, from just before this node opens it
 */
record Forming(int nodeId, String incarnation, Optional<UUID> metadataGroupId) {

    static Forming first(int nodeId) {
        return new Forming(nodeId, UUID.randomUUID().toString(), Optional.empty());
    }

    Forming in(UUID metadataGroup) {
        return new Forming(nodeId, incarnation, Optional.of(metadataGroup));
    }
}
