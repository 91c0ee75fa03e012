package io.cordwood.metadata;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses the nodes of new partitions: those that are not to be avoided where there are enough; replicas of
 * one partition on different racks where there are enough, then on the nodes that hold fewest replicas; the
 * node that is preferred by fewest partitions comes first. A pure function of the image and the command:
 * all replicas of the metadata compute the same.
 *
 * <p>Thread: the owner of {@link MetadataState}.
 */
final class Placement {
    private final List<NodeInfo> nodes;
    private final Set<Integer> avoid;
    private final Map<Integer, Integer> replicaCounts = new HashMap<>();
    private final Map<Integer, Integer> preferredCounts = new HashMap<>();

    private Placement(MetadataImage image, Set<Integer> avoid) {
        this.avoid = avoid;
        nodes = image.nodesIn(NodeState.ALIVE);
        for (TopicInfo topic : image.topics().values()) {
            topic.partitions().forEach(partition -> count(partition.replicas()));
        }
    }

    /** The replicas of each new partition, preferred leader first; empty when the nodes have no room for all. */
    static Optional<List<List<Integer>>> of(
            MetadataImage image, int partitionCount, int replicationFactor, Set<Integer> avoid) {
        var placement = new Placement(image, avoid);
        var partitions = new ArrayList<List<Integer>>(partitionCount);
        for (int i = 0; i < partitionCount; i++) {
            var replicas = placement.next(replicationFactor);
            if (replicas.size() < replicationFactor) {
                return Optional.empty();
            }
            partitions.add(replicas);
            placement.count(replicas);
        }
        return Optional.of(partitions);
    }

    private List<Integer> next(int replicationFactor) {
        var chosen = new ArrayList<NodeInfo>();
        var racks = new HashSet<String>();
        while (chosen.size() < replicationFactor) {
            var next = nodes.stream()
                    .filter(node -> !chosen.contains(node) && hasRoom(node))
                    .min(byFitness(racks));
            if (next.isEmpty()) {
                break;
            }
            chosen.add(next.get());
            racks.add(next.get().rack());
        }
        return chosen.stream()
                .map(NodeInfo::nodeId)
                .sorted(Comparator.<Integer>comparingInt(node -> avoid.contains(node) ? 1 : 0)
                        .thenComparing(node -> preferredCounts.getOrDefault(node, 0))
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    private Comparator<NodeInfo> byFitness(Set<String> usedRacks) {
        // Without a rack a node is a rack of its own.
        return Comparator.<NodeInfo>comparingInt(node -> avoid.contains(node.nodeId()) ? 1 : 0)
                .thenComparing(node -> !node.rack().isEmpty() && usedRacks.contains(node.rack()) ? 1 : 0)
                .thenComparing(node -> replicaCounts.getOrDefault(node.nodeId(), 0))
                .thenComparing(NodeInfo::nodeId);
    }

    private boolean hasRoom(NodeInfo node) {
        return replicaCounts.getOrDefault(node.nodeId(), 0) < node.limits().maxPartitions();
    }

    private void count(List<Integer> replicas) {
        replicas.forEach(node -> replicaCounts.merge(node, 1, Integer::sum));
        preferredCounts.merge(replicas.get(0), 1, Integer::sum);
    }
}
