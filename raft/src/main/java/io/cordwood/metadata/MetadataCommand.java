package io.cordwood.metadata;

import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A change of the cluster's metadata. Random values and decisions of a clock arrive inside the command.
 * Each command may be applied twice: the repetition changes nothing and is answered like the first, except
 * {@link AllocateProducerIds}, which then hands out another block.
 */
public sealed interface MetadataCommand
        permits MetadataCommand.FormCluster,
                MetadataCommand.AddNode,
                MetadataCommand.RegisterNode,
                MetadataCommand.SetNodeState,
                MetadataCommand.RaiseFeatureLevel,
                MetadataCommand.CreateTopic,
                MetadataCommand.AlterTopicConfig,
                MetadataCommand.AddPartitions,
                MetadataCommand.SetPreferredLeader,
                MetadataCommand.DeleteTopic,
                MetadataCommand.ReportLeaders,
                MetadataCommand.ReportLostReplica,
                MetadataCommand.ReplicaRemoved,
                MetadataCommand.ReplicaJoined,
                MetadataCommand.AlterReplicas,
                MetadataCommand.ReplaceNode,
                MetadataCommand.ReplacedNodeRemoved,
                MetadataCommand.AllocateProducerIds,
                GroupCommand {
    /** The feature level from which on replicas may be changed. */
    int REPLICA_CHANGES = 2;

    /** The feature level from which on the metadata leader changes replicas of dead nodes by itself. */
    int UNATTENDED_CHANGES = 3;

    /** The feature level from which on there are consumer groups. */
    int GROUPS = 4;

    /**
     * The cluster's feature level from which on it may be written: a program of a lower level cannot read it.
     */
    default int featureLevel() {
        return 1;
    }

    /** The first command of a cluster. */
    record FormCluster(String clusterId, int featureLevel, List<NodeRegistration> nodes, List<Integer> voters)
            implements MetadataCommand {

        public FormCluster {
            nodes = List.copyOf(nodes);
            voters = List.copyOf(voters);
        }
    }

    /** An operator's word that a node of this id will come up at this address. */
    record AddNode(int nodeId, String nodeAddress) implements MetadataCommand {}

    /**
     * A node came up: for the first time after {@link AddNode}, or again.
     *
     * @param again whether its directory was a member before; it is not the one that is awaited for another
     */
    record RegisterNode(NodeRegistration node, boolean again) implements MetadataCommand {
        public RegisterNode(NodeRegistration node) {
            this(node, false);
        }
    }

    /** The metadata leader's verdict about a node. */
    record SetNodeState(int nodeId, String incarnation, NodeState state) implements MetadataCommand {}

    /** Lets all nodes write what this level allows. */
    record RaiseFeatureLevel(int level) implements MetadataCommand {}

    /**
     * Creates a topic with one partition per raft group id.
     *
     * @param topicId random, drawn by the submitter
     * @param raftGroupIds random, drawn by the submitter
     * @param avoid nodes that the submitter knows to have full disks: they are given replicas where the
     *     others do not suffice, and a minority of a partition's for the sake of a rack
     */
    record CreateTopic(
            String name,
            UUID topicId,
            List<UUID> raftGroupIds,
            int replicationFactor,
            SortedMap<String, String> config,
            SortedSet<Integer> avoid)
            implements MetadataCommand {

        public CreateTopic {
            raftGroupIds = List.copyOf(raftGroupIds);
            config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
            avoid = Collections.unmodifiableSortedSet(new TreeSet<>(avoid));
        }

        /** Wherever there is a place. */
        public CreateTopic(
                String name,
                UUID topicId,
                List<UUID> raftGroupIds,
                int replicationFactor,
                SortedMap<String, String> config) {
            this(name, topicId, raftGroupIds, replicationFactor, config, new TreeSet<>());
        }

        @Override
        public int featureLevel() {
            return avoid.isEmpty() ? MetadataCommand.super.featureLevel() : REPLICA_CHANGES;
        }
    }

    /**
     * Changes settings of a topic: sets some, and has others fall back to the nodes' defaults.
     *
     * @param reset keys
     */
    record AlterTopicConfig(UUID topicId, SortedMap<String, String> set, SortedSet<String> reset)
            implements MetadataCommand {

        public AlterTopicConfig {
            set = Collections.unmodifiableSortedMap(new TreeMap<>(set));
            reset = Collections.unmodifiableSortedSet(new TreeSet<>(reset));
        }

        SortedMap<String, String> appliedTo(SortedMap<String, String> config) {
            var changed = new TreeMap<>(config);
            changed.keySet().removeAll(reset);
            changed.putAll(set);
            return changed;
        }
    }

    /**
     * Gives a topic more partitions, one per raft group id.
     *
     * @param total count afterwards; a topic that has another count than the difference says was changed by
     *     somebody else
     * @param raftGroupIds random, drawn by the submitter
     * @param avoid as of {@link CreateTopic}
     */
    record AddPartitions(UUID topicId, int total, List<UUID> raftGroupIds, SortedSet<Integer> avoid)
            implements MetadataCommand {

        public AddPartitions {
            raftGroupIds = List.copyOf(raftGroupIds);
            avoid = Collections.unmodifiableSortedSet(new TreeSet<>(avoid));
        }

        /** Wherever there is a place. */
        public AddPartitions(UUID topicId, int total, List<UUID> raftGroupIds) {
            this(topicId, total, raftGroupIds, new TreeSet<>());
        }

        @Override
        public int featureLevel() {
            return avoid.isEmpty() ? MetadataCommand.super.featureLevel() : REPLICA_CHANGES;
        }

        /** Count before. */
        int from() {
            return total - raftGroupIds.size();
        }
    }

    /** Has the placement prefer another one of a partition's replicas as its leader. */
    record SetPreferredLeader(UUID topicId, int partition, int nodeId) implements MetadataCommand {}

    /** Deletes the topic with this id; done when there is none, because ids are never used twice. */
    record DeleteTopic(UUID topicId) implements MetadataCommand {}

    /** What a node leads. A report of an older term than the known one is ignored. */
    record ReportLeaders(int nodeId, List<LeaderReport> reports) implements MetadataCommand {

        public ReportLeaders {
            reports = List.copyOf(reports);
        }
    }

    /**
     * A node says that it has no replica any more where it should have one: it was set aside, or its raft log
     * is gone.
     *
     * @param seenIndex of the image that it looked at; where the partition's replicas changed since, the report
     *     is of no account
     */
    record ReportLostReplica(UUID topicId, int partition, int nodeId, String incarnation, long seenIndex)
            implements MetadataCommand {
        @Override
        public int featureLevel() {
            return REPLICA_CHANGES;
        }
    }

    /**
     * The partition's leader says that a lost or leaving replica is no member of the raft group: the
     * configuration without it is committed.
     *
     * @param since of the change that this ends
     */
    record ReplicaRemoved(UUID topicId, int partition, int nodeId, long since) implements MetadataCommand {
        @Override
        public int featureLevel() {
            return REPLICA_CHANGES;
        }
    }

    /**
     * The partition's leader says that a joining replica is a member of the raft group and has caught up.
     *
     * @param since of the change that this ends
     */
    record ReplicaJoined(UUID topicId, int partition, int nodeId, long since) implements MetadataCommand {
        @Override
        public int featureLevel() {
            return REPLICA_CHANGES;
        }
    }

    /**
     * A replica is to be on another node, on one more, or on one less.
     *
     * @param seenIndex of the image that the metadata leader looked at, where it decides by itself: of no
     *     account where the partition's replicas changed since, or who gives its replica away is dead no more;
     *     empty where an operator decides
     */
    record AlterReplicas(UUID topicId, int partition, OptionalInt add, OptionalInt remove, OptionalLong seenIndex)
            implements MetadataCommand {

        /** An operator wants it. */
        public AlterReplicas(UUID topicId, int partition, OptionalInt add, OptionalInt remove) {
            this(topicId, partition, add, remove, OptionalLong.empty());
        }

        boolean isEmpty() {
            return add.isEmpty() && remove.isEmpty();
        }

        @Override
        public int featureLevel() {
            return seenIndex.isEmpty() ? REPLICA_CHANGES : UNATTENDED_CHANGES;
        }
    }

    /**
     * An operator says that a node's directory is lost. The node may come up under its id with a new one, once
     * its old memberships have ended, and rebuilds its replicas.
     *
     * @param incarnation of the directory that is lost; it is never taken again
     */
    record ReplaceNode(int nodeId, String incarnation) implements MetadataCommand {
        @Override
        public int featureLevel() {
            return REPLICA_CHANGES;
        }
    }

    /** The metadata leader says that a replaced node is no member of the metadata group any more. */
    record ReplacedNodeRemoved(int nodeId, String incarnation) implements MetadataCommand {
        @Override
        public int featureLevel() {
            return REPLICA_CHANGES;
        }
    }

    /** Asks for a block of {@link MetadataState#PRODUCER_ID_BLOCK} producer ids. */
    record AllocateProducerIds(int nodeId) implements MetadataCommand {}
}
