package io.cordwood.raft;

import java.util.Optional;
import java.util.UUID;

/**
 * Who a data directory will belong to: drawn at the first start, before the node is a member.
 *
 * @param metadataGroupId raft group of the metadata, from just before this node opens it
 * @param foundingList the initial nodes that this node opens the group with, see {@link MetadataGroupId#ofList}; empty
 *     where it joins
 */
record Forming(int nodeId, String incarnation, Optional<UUID> metadataGroupId, Optional<UUID> foundingList) {

    static Forming first(int nodeId) {
        return new Forming(nodeId, UUID.randomUUID().toString(), Optional.empty(), Optional.empty());
    }

    static Forming of(NodeIdentity known) {
        return new Forming(known.nodeId(), known.incarnation(), Optional.of(known.metadataGroupId()), Optional.empty());
    }

    Forming joining(UUID metadataGroup) {
        return new Forming(nodeId, incarnation, Optional.of(metadataGroup), Optional.empty());
    }

    Forming founding(UUID metadataGroup, UUID list) {
        return new Forming(nodeId, incarnation, Optional.of(metadataGroup), Optional.of(list));
    }
}
