package io.cordwood.metrics;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A node's replicas and its view of the cluster at one moment.
 *
 * <p><b>Thread:</b> immutable, but for what the predicate asks.
 *
 * @param partitions the replicas that are open
 * @param expected how many the metadata gives to this node
 * @param nodesByState how many nodes the metadata knows in each state, every state included
 * @param deadReplicas how many replicas lie on dead nodes, by what becomes of them
 * @param groupLags of consumer groups, in the partitions that this node leads
 * @param topicExists asks the metadata as it is when it is asked: a topic that was created since the look
 *     must not count as deleted
 */
public record NodeSample(
        List<PartitionSample> partitions,
        Expected expected,
        MetadataRole metadata,
        Map<String, Integer> nodesByState,
        Map<String, Integer> deadReplicas,
        List<GroupLagSample> groupLags,
        Predicate<String> topicExists) {

    public static final NodeSample EMPTY =
            new NodeSample(List.of(), new Expected(0, 0), new MetadataRole(false, false), Map.of(), name -> true);

    public NodeSample {
        partitions = List.copyOf(partitions);
        nodesByState = Map.copyOf(nodesByState);
        deadReplicas = Map.copyOf(deadReplicas);
        groupLags = List.copyOf(groupLags);
    }

    /** No node is dead, and there are no groups. */
    public NodeSample(
            List<PartitionSample> partitions,
            Expected expected,
            MetadataRole metadata,
            Map<String, Integer> nodesByState,
            Predicate<String> topicExists) {
        this(partitions, expected, metadata, nodesByState, Map.of(), List.of(), topicExists);
    }

    /**
     * What should be here.
     *
     * @param replicas that the metadata gives to this node
     * @param setAside those of them that failed the check at a start and do not take part
     * @param lost those of them that the cluster knows to be lost: they are members still, and are rebuilt when they are not
     * @param joining those of them that are fed and no members yet, or not close behind
     */
    public record Expected(int replicas, int setAside, int lost, int joining) {

        /** Nothing is being changed. */
        public Expected(int replicas, int setAside) {
            this(replicas, setAside, 0, 0);
        }
    }

    /** This node's part in the metadata group. */
    public record MetadataRole(boolean leads, boolean leaderKnown) {}
}
