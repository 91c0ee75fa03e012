package io.cordwood.raft;

import java.util.UUID;

/**
 * Who a data directory belongs to, written once when the node has become a member.
 *
 * @param clusterId 22 characters of base64url
 * @param nodeId from 1
 * @param incarnation drawn when the directory was first used
 * @param metadataGroupId raft group of the cluster's metadata
 */
record NodeIdentity(String clusterId, int nodeId, String incarnation, UUID metadataGroupId) {}
