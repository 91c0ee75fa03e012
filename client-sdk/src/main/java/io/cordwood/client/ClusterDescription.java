package io.cordwood.client;

import java.util.List;
import java.util.OptionalInt;

/**
 * The nodes of a cluster.
 *
 * @param clusterId 22 characters of base64
 * @param nodes in order of their ids
 * @param metadataLeader node id of the metadata group's leader, empty where none is known
 * @param answeredBy node id of the node that gave this answer
 * @param featureLevel what all nodes may write
 */
public record ClusterDescription(
        String clusterId, List<NodeDescription> nodes, OptionalInt metadataLeader, int answeredBy, int featureLevel) {
    public ClusterDescription {
        nodes = List.copyOf(nodes);
    }
}
