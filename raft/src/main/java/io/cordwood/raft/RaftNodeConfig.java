package io.cordwood.raft;

import io.cordwood.metadata.FeatureRange;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.NodeLimits;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a node is set up.
 *
 * @param nodeId from 1
 * @param dataDirectory held exclusively
 * @param raftDirectory of the raft logs; may be on another disk
 * @param initialNodes node id to host:port of the nodes that form the cluster, or of some that are members already
 * @param bindHost host that the node port is bound to
 * @param bindPort the node port
 * @param nodeAddress host:port by which the other nodes reach this one; the same for life
 * @param clientAddresses listener name to advertised host:port
 * @param rack empty where none is set
 * @param limits what this node takes
 * @param features the levels that this program can run at, {@link #FEATURES} but in tests
 * @param payloadMaxBytes largest payload of one raft entry
 * @param spaceFloor what shall be left of the disks of both directories
 */
public record RaftNodeConfig(
        int nodeId,
        Path dataDirectory,
        Path raftDirectory,
        SortedMap<Integer, String> initialNodes,
        String bindHost,
        int bindPort,
        String nodeAddress,
        SortedMap<String, String> clientAddresses,
        String rack,
        NodeLimits limits,
        FeatureRange features,
        int payloadMaxBytes,
        RaftTimings raftTimings,
        NodeTimings nodeTimings,
        LogUpkeep upkeep,
        CatchUpLimits catchUp,
        SpaceFloor spaceFloor) {

    /** The feature levels of this program. */
    public static final FeatureRange FEATURES = new FeatureRange(1, MetadataCommand.GROUPS);

    public RaftNodeConfig {
        initialNodes = Collections.unmodifiableSortedMap(new TreeMap<>(initialNodes));
        clientAddresses = Collections.unmodifiableSortedMap(new TreeMap<>(clientAddresses));
        if (nodeId < 1 || initialNodes.isEmpty()) {
            throw new IllegalArgumentException("node id " + nodeId + " must be at least 1, and the initial nodes "
                    + initialNodes + " at least one");
        }
        var listed = initialNodes.get(nodeId);
        if (listed != null && !listed.equals(nodeAddress)) {
            throw new IllegalArgumentException("node " + nodeId + " is listed in the initial nodes as " + listed
                    + ", but its node listener is advertised as " + nodeAddress);
        }
    }
}
