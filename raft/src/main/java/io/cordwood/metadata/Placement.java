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
 * Chooses the nodes of new partitions: replicas of one partition on different racks where there are enough,
 * then on the nodes that hold fewest replicas; the node that is preferred by fewest partitions comes first.
 * Of those that are to be avoided a partition is given a minority, and only for the sake of a rack: a disk is
 * full for some days and a replica stays, but without a majority the partition would take no batches. More
 * of them where the others do not suffice. A pure function of the image and the command: all replicas of the
 * metadata compute the same.
 *
 * <p>Thread: the owner of {@link MetadataState}.
 */
final class Placement {
    private final List<NodeInfo> nodes;
    private final Set<Integer> avoid;
    private final Set<Integer> busy;
    private final Map<Integer, Integer> replicaCounts = new HashMap<>();
    private final Map<Integer, Integer> preferredCounts = new HashMap<>();

    /** @param busy nodes that get as many replicas as they can at once: others on as good a rack come first */
    Placement(MetadataImage image, Set<Integer> avoid, Set<Integer> busy) {
        this.avoid = avoid;
        this.busy = busy;
        nodes = image.nodesIn(NodeState.ALIVE);
        for (TopicInfo topic : image.topics().values()) {
            topic.partitions().forEach(partition -> count(partition.replicas()));
        }
    }

    /** The replicas of each new partition, preferred leader first; empty when the nodes have no room for all. */
    static Optional<List<List<Integer>>> of(
            MetadataImage image, int partitionCount, int replicationFactor, Set<Integer> avoid) {
        var placement = new Placement(image, avoid, Set.of());
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
            boolean isMinorityFull = chosen.stream().filter(this::isAvoided).count() >= (replicationFactor - 1) / 2;
            var next = nodes.stream()
                    .filter(node -> !chosen.contains(node) && hasRoom(node))
                    .min(byFitness(racks, isMinorityFull));
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

    /**
     * Who takes one more replica of a partition; nobody without room on its disk, where it would never be
     * complete.
     *
     * @param replicas nodes that have one, or had
     * @param racks of the replicas that stay
     */
    Optional<NodeInfo> taker(List<Integer> replicas, Set<String> racks) {
        return nodes.stream()
                .filter(node -> !replicas.contains(node.nodeId()) && !isAvoided(node) && hasRoom(node))
                .min(byFitness(racks, false));
    }

    private boolean isAvoided(NodeInfo node) {
        return avoid.contains(node.nodeId());
    }

    private Comparator<NodeInfo> byFitness(Set<String> usedRacks, boolean avoidsFirst) {
        // Without a rack a node is a rack of its own.
        var byRack = Comparator.<NodeInfo, Boolean>comparing(
                node -> !node.rack().isEmpty() && usedRacks.contains(node.rack()));
        var byRoom = Comparator.comparing(this::isAvoided);
        return (avoidsFirst ? byRoom.thenComparing(byRack) : byRack.thenComparing(byRoom))
                .thenComparing(node -> busy.contains(node.nodeId()))
                .thenComparing(node -> replicaCounts.getOrDefault(node.nodeId(), 0))
                .thenComparing(NodeInfo::nodeId);
    }

    boolean hasRoom(NodeInfo node) {
        return replicaCounts.getOrDefault(node.nodeId(), 0) < node.limits().maxPartitions();
    }

    private void count(List<Integer> replicas) {
        replicas.forEach(node -> replicaCounts.merge(node, 1, Integer::sum));
        preferredCounts.merge(replicas.get(0), 1, Integer::sum);
    }
}
