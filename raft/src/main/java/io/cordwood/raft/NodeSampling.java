package io.cordwood.raft;

import io.cordwood.metadata.DeadReplicas;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.metrics.NodeSample;
import io.cordwood.metrics.PartitionSample;
import io.cordwood.metrics.PartitionSample.Files;
import io.cordwood.metrics.PartitionSample.Lag;
import io.cordwood.metrics.PartitionSample.Queued;
import io.cordwood.store.PartitionId;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer.Division;

/**
 * Looks at a node's replicas for its metrics: asks each once, when somebody wants to know, and not all the
 * time.
 *
 * <p>Thread: any.
 */
final class NodeSampling {
    private NodeSampling() {}

    /** @param hasRoom whether the disks of any node have, for replicas of others */
    static NodeSample of(
            int nodeId, PartitionHost host, MetadataGroup metadata, MetadataView view, IntPredicate hasRoom) {
        var image = view.image();
        // In order, so that where not all have series of their own, the same ones have them after a
        // restart.
        var lacking = image.replicasOn(nodeId).stream()
                .map(MetadataImage.Replica::partition)
                .filter(PartitionInfo::lacksCopies)
                .map(partition -> RaftGroupId.valueOf(partition.raftGroupId()))
                .collect(Collectors.toSet());
        var partitions = host.all().stream()
                .map(replica ->
                        lacking.contains(replica.groupId()) ? replica.sample().lackingCopies() : replica.sample())
                .sorted(Comparator.comparing(PartitionSample::topic).thenComparing(PartitionSample::partition))
                .toList();
        return new NodeSample(
                partitions,
                expected(nodeId, host, image),
                new NodeSample.MetadataRole(
                        metadata.leads(), metadata.leaderNodeId().isPresent()),
                nodesByState(image),
                deadReplicas(image, hasRoom),
                GroupLagSampling.of(image, host.all()),
                name -> view.image().topic(name).isPresent());
    }

    private static NodeSample.Expected expected(int nodeId, PartitionHost host, MetadataImage image) {
        var wanted = image.replicasOn(nodeId);
        long setAside = wanted.stream()
                .filter(replica -> host.find(new PartitionId(
                                replica.topic().topicId(), replica.partition().partition()))
                        .isEmpty())
                .filter(replica -> host.isQuarantined(
                        RaftGroupId.valueOf(replica.partition().raftGroupId())))
                .count();
        return new NodeSample.Expected(
                wanted.size(),
                (int) setAside,
                changing(wanted, nodeId, ReplicaChange.Kind.LOST),
                changing(wanted, nodeId, ReplicaChange.Kind.JOINING));
    }

    private static int changing(List<MetadataImage.Replica> wanted, int nodeId, ReplicaChange.Kind kind) {
        return (int) wanted.stream()
                .filter(replica -> replica.partition().changes().is(nodeId, kind))
                .count();
    }

    private static Map<String, Integer> nodesByState(MetadataImage image) {
        var states = new TreeMap<String, Integer>();
        for (NodeState state : NodeState.values()) {
            states.put(
                    state.name().toLowerCase(Locale.ROOT), image.nodesIn(state).size());
        }
        return states;
    }

    private static Map<String, Integer> deadReplicas(MetadataImage image, IntPredicate hasRoom) {
        var full = image.nodes().keySet().stream()
                .filter(node -> !hasRoom.test(node))
                .collect(Collectors.toSet());
        var standings = new TreeMap<String, Integer>();
        new DeadReplicas(image, full)
                .counts()
                .forEach((standing, count) -> standings.put(standing.name().toLowerCase(Locale.ROOT), count));
        return standings;
    }

    /** Of one replica; one whose group is opening or closing leads nothing and knows nobody. */
    static PartitionSample of(String topic, ReplicaState state, PartitionStateMachine machine) {
        var files = new Files(state.log().sizeBytes(), state.log().segments().size());
        var queued = new Queued(state.appender().queuedBytes(), state.appender().queuedBatches());
        int partition = state.id().partition();
        return machine.runningDivision()
                .map(division -> {
                    var info = division.getInfo();
                    return new PartitionSample(
                            topic,
                            partition,
                            state.appender().isLeading(),
                            info.getLeaderId() != null,
                            info.getCurrentTerm(),
                            Math.max(0, division.getRaftLog().getLastCommittedIndex() - AppliedIndex.of(division)),
                            followers(division, machine.entryBytes()),
                            files,
                            queued);
                })
                .orElseGet(() ->
                        new PartitionSample(topic, partition, false, false, 0, 0, new TreeMap<>(), files, queued));
    }

    private static SortedMap<Integer, Lag> followers(Division division, EntryBytes bytes) {
        var lags = new TreeMap<Integer, Lag>();
        Followers.of(division).forEach((node, follower) -> {
            long lacking = follower.entriesBehind() == 0 ? 0 : bytes.behind(follower.matchIndex());
            lags.put(node, new Lag(follower.entriesBehind(), lacking, follower.silentMs()));
        });
        return lags;
    }
}
