package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.AddNode;
import io.cordwood.metadata.MetadataCommand.AddPartitions;
import io.cordwood.metadata.MetadataCommand.AllocateProducerIds;
import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.AlterTopicConfig;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.DeleteTopic;
import io.cordwood.metadata.MetadataCommand.FormCluster;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.RegisterNode;
import io.cordwood.metadata.MetadataCommand.ReplaceNode;
import io.cordwood.metadata.MetadataCommand.ReplacedNodeRemoved;
import io.cordwood.metadata.MetadataCommand.ReplicaJoined;
import io.cordwood.metadata.MetadataCommand.ReplicaRemoved;
import io.cordwood.metadata.MetadataCommand.ReportLeaders;
import io.cordwood.metadata.MetadataCommand.ReportLostReplica;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataCommand.SetPreferredLeader;
import io.cordwood.metadata.MetadataResult.Done;
import io.cordwood.metadata.MetadataResult.GroupAnswer;
import io.cordwood.metadata.MetadataResult.ProducerIdBlock;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The deterministic core of the cluster's metadata.
 *
 * <p>Invariants: the same commands at the same raft indexes give the same image on every replica, live or replayed; a
 * refused command changes nothing but the index; the index never falls; producer ids are never handed out twice; the
 * known leader term of a partition never falls.
 *
 * <p>Thread: one owner, the thread that applies the metadata group's log. {@link #image()} returns an immutable value
 * that any thread may keep.
 */
public final class MetadataState {
    /** How many producer ids one command hands out. */
    public static final int PRODUCER_ID_BLOCK = 1000;

    private MetadataImage image;

    public MetadataState(MetadataImage start) {
        image = start;
    }

    public MetadataImage image() {
        return image;
    }

    /** Applies the command that the raft log holds at this index. */
    public MetadataResult apply(MetadataCommand command, long index) {
        if (index <= image.index()) {
            throw new IllegalStateException("raft index " + index + " after " + image.index());
        }
        image = image.withIndex(index);
        boolean formsCluster = command instanceof FormCluster;
        if (!formsCluster && !image.formed()) {
            return new Refused(Reason.NOT_FORMED, "cluster", "unformed", "formed");
        }
        var early = formsCluster ? Optional.<Refused>empty() : FeatureRules.check(command, image);
        return early.isPresent() ? early.get() : dispatch(command);
    }

    private MetadataResult dispatch(MetadataCommand command) {
        if (command instanceof FormCluster form) {
            return formCluster(form);
        } else if (command instanceof AddNode add) {
            return addNode(add);
        } else if (command instanceof RegisterNode register) {
            return registerNode(register);
        } else if (command instanceof SetNodeState set) {
            return setNodeState(set);
        } else if (command instanceof RaiseFeatureLevel raise) {
            return raiseFeatureLevel(raise.level());
        } else if (command instanceof CreateTopic create) {
            return createTopic(create);
        } else if (command instanceof AlterTopicConfig alter) {
            return changed(TopicChanges.alter(alter, image));
        } else if (command instanceof AddPartitions add) {
            return changed(TopicChanges.addPartitions(add, image));
        } else if (command instanceof SetPreferredLeader prefer) {
            return changed(TopicChanges.prefer(prefer, image));
        } else if (command instanceof DeleteTopic delete) {
            return deleteTopic(delete);
        } else if (command instanceof ReportLeaders report) {
            return reportLeaders(report);
        } else if (command instanceof AllocateProducerIds) {
            return allocateProducerIds();
        } else if (command instanceof GroupCommand change) {
            return changeGroups(change);
        }
        return dispatchReplicas(command);
    }

    private MetadataResult dispatchReplicas(MetadataCommand command) {
        if (command instanceof ReportLostReplica report) {
            return changed(ReplicaRules.lost(report, image));
        } else if (command instanceof ReplicaRemoved removed) {
            return changed(ReplicaRules.removed(removed, image));
        } else if (command instanceof ReplicaJoined joined) {
            return changed(ReplicaRules.joined(joined, image));
        } else if (command instanceof AlterReplicas alter) {
            return changed(ReplicaRules.alter(alter, image));
        } else if (command instanceof ReplaceNode replace) {
            return replaceNode(replace);
        } else if (command instanceof ReplacedNodeRemoved removed) {
            return replacedNodeRemoved(removed);
        }
        throw new IllegalStateException("no rule for " + command.getClass());
    }

    private MetadataResult formCluster(FormCluster form) {
        if (image.clusterId().equals(form.clusterId())) {
            return done();
        }
        if (image.formed()) {
            return new Refused(Reason.ALREADY_FORMED, "cluster id", form.clusterId(), image.clusterId());
        }
        var refused = FeatureRules.checkRange(form);
        if (refused.isPresent()) {
            return refused.get();
        }
        var nodes = new TreeMap<Integer, NodeInfo>();
        for (NodeRegistration node : form.nodes()) {
            boolean voter = form.voters().contains(node.nodeId());
            nodes.put(node.nodeId(), NodeInfo.registered(node, NodeState.ALIVE, voter));
        }
        image = image.withCluster(form.clusterId(), form.featureLevel(), nodes);
        return done();
    }

    private MetadataResult addNode(AddNode add) {
        var refused = NodeRules.check(add, image);
        if (refused.isPresent()) {
            return refused.get();
        }
        if (image.node(add.nodeId()).isEmpty()) {
            image = image.withNode(NodeInfo.expected(add.nodeId(), add.nodeAddress()));
        }
        return done();
    }

    private MetadataResult registerNode(RegisterNode register) {
        var node = register.node();
        var refused = NodeRules.check(register, image);
        if (refused.isPresent()) {
            return refused.get();
        }
        var known = image.node(node.nodeId()).orElseThrow();
        var state = known.state() == NodeState.DRAINING ? NodeState.DRAINING : NodeState.ALIVE;
        image = image.withNode(known.registeredAgain(node, state));
        return done();
    }

    private MetadataResult replaceNode(ReplaceNode replace) {
        var known = image.node(replace.nodeId());
        if (known.isPresent() && known.get().replaces(replace.incarnation())) {
            return done();
        }
        var refused = NodeRules.check(replace, image).or(() -> ReplicaRules.checkWithout(replace.nodeId(), image));
        if (refused.isPresent()) {
            return refused.get();
        }
        image = image.withNode(known.orElseThrow().replaced())
                .withFeatureLevel(Math.max(replace.featureLevel(), image.featureLevel()));
        mapPartitions(partition -> ReplicaRules.lostWith(replace.nodeId(), partition, image.index()));
        return done();
    }

    private MetadataResult replacedNodeRemoved(ReplacedNodeRemoved removed) {
        image.node(removed.nodeId())
                .filter(node -> node.state() == NodeState.REPLACED && node.replaces(removed.incarnation()))
                .ifPresent(node -> image = image.withNode(node.withState(NodeState.EXPECTED)));
        return done();
    }

    private MetadataResult setNodeState(SetNodeState set) {
        var refused = NodeRules.check(set, image);
        if (refused.isPresent()) {
            return refused.get();
        }
        image = image.withNode(image.node(set.nodeId()).orElseThrow().withState(set.state()));
        if (set.state() == NodeState.DEAD) {
            forgetLeader(set.nodeId());
        }
        return done();
    }

    private MetadataResult raiseFeatureLevel(int level) {
        var refused = FeatureRules.checkRaise(level, image);
        if (refused.isPresent()) {
            return refused.get();
        }
        image = image.withFeatureLevel(Math.max(level, image.featureLevel()));
        return done();
    }

    private MetadataResult createTopic(CreateTopic create) {
        var existing = image.topic(create.name());
        if (existing.isPresent() && existing.get().topicId().equals(create.topicId())) {
            return done();
        }
        var refused = TopicRules.check(create, image);
        if (refused.isPresent()) {
            return refused.get();
        }
        var topic = TopicRules.place(create, image);
        if (topic.isEmpty()) {
            int wanted = create.raftGroupIds().size() * create.replicationFactor();
            return TopicRules.noRoom(wanted, image);
        }
        image = image.withTopic(topic.get());
        return done();
    }

    private MetadataResult changed(TopicChanges.Outcome outcome) {
        if (outcome instanceof TopicChanges.Outcome.Broken broken) {
            return broken.refused();
        }
        image = image.withTopic(((TopicChanges.Outcome.Changed) outcome).topic());
        return done();
    }

    private MetadataResult deleteTopic(DeleteTopic delete) {
        var topics = new TreeMap<>(image.topics());
        topics.values().removeIf(topic -> topic.topicId().equals(delete.topicId()));
        image = image.withTopics(topics).withGroups(image.groups().withoutTopic(delete.topicId(), image.index()));
        return done();
    }

    private MetadataResult changeGroups(GroupCommand command) {
        var change = GroupRules.apply(command, image);
        image = image.withGroups(change.groups());
        return new GroupAnswer(image.index(), change.refused());
    }

    private MetadataResult reportLeaders(ReportLeaders report) {
        var topics = new TreeMap<>(image.topics());
        for (LeaderReport leader : report.reports()) {
            image.topic(leader.topicId())
                    .ifPresent(topic -> topics.computeIfPresent(
                            topic.name(), (name, current) -> withLeader(current, report.nodeId(), leader)));
        }
        image = image.withTopics(topics);
        return done();
    }

    private static TopicInfo withLeader(TopicInfo topic, int nodeId, LeaderReport report) {
        return mapPartitions(topic, partition -> {
            boolean meant = partition.partition() == report.partition()
                    && partition.replicas().contains(nodeId);
            // A node that leads in the known term may have been forgotten with its death and come back.
            boolean news = report.term() > partition.leaderTerm()
                    || (report.term() == partition.leaderTerm()
                            && partition.leader().isEmpty());
            return meant && news ? partition.withLeader(OptionalInt.of(nodeId), report.term()) : partition;
        });
    }

    private void forgetLeader(int nodeId) {
        mapPartitions(partition -> partition.leader().equals(OptionalInt.of(nodeId))
                ? partition.withLeader(OptionalInt.empty(), partition.leaderTerm())
                : partition);
    }

    private void mapPartitions(UnaryOperator<PartitionInfo> change) {
        var topics = new TreeMap<>(image.topics());
        topics.replaceAll((name, topic) -> mapPartitions(topic, change));
        image = image.withTopics(topics);
    }

    private static TopicInfo mapPartitions(TopicInfo topic, UnaryOperator<PartitionInfo> change) {
        return topic.withPartitions(topic.partitions().stream().map(change).toList());
    }

    private MetadataResult allocateProducerIds() {
        long start = image.nextProducerId();
        image = image.withNextProducerId(start + PRODUCER_ID_BLOCK);
        return new ProducerIdBlock(image.index(), start, start + PRODUCER_ID_BLOCK);
    }

    private Done done() {
        return new Done(image.index());
    }
}
