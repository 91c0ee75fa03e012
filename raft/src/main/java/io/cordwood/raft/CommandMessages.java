package io.cordwood.raft;

import io.cordwood.metadata.FeatureRange;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.NodeLimits;
import io.cordwood.metadata.NodeRegistration;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.internal.v1.AddNode;
import io.cordwood.proto.internal.v1.AddPartitions;
import io.cordwood.proto.internal.v1.AllocateProducerIds;
import io.cordwood.proto.internal.v1.AlterTopicConfig;
import io.cordwood.proto.internal.v1.Command;
import io.cordwood.proto.internal.v1.CreateTopicCommand;
import io.cordwood.proto.internal.v1.DeleteTopicCommand;
import io.cordwood.proto.internal.v1.FormCluster;
import io.cordwood.proto.internal.v1.NodeStatus;
import io.cordwood.proto.internal.v1.RaiseFeatureLevel;
import io.cordwood.proto.internal.v1.RegisterNode;
import io.cordwood.proto.internal.v1.ReportLeaders;
import io.cordwood.proto.internal.v1.SetNodeState;
import io.cordwood.proto.internal.v1.SetPreferredLeader;
import java.util.TreeMap;
import java.util.TreeSet;

/** Metadata commands to protobuf messages and back. Stateless. */
final class CommandMessages {
    private CommandMessages() {}

    static Command of(MetadataCommand command) {
        var message = Command.newBuilder();
        if (command instanceof MetadataCommand.FormCluster form) {
            message.setFormCluster(formCluster(form));
        } else if (command instanceof MetadataCommand.AddNode add) {
            message.setAddNode(AddNode.newBuilder().setNodeId(add.nodeId()).setNodeAddress(add.nodeAddress()));
        } else if (command instanceof MetadataCommand.RegisterNode register) {
            message.setRegisterNode(RegisterNode.newBuilder()
                    .setNode(registration(register.node()))
                    .setAgain(register.again()));
        } else if (command instanceof MetadataCommand.SetNodeState set) {
            message.setSetNodeState(SetNodeState.newBuilder()
                    .setNodeId(set.nodeId())
                    .setIncarnation(set.incarnation())
                    .setState(status(set.state())));
        } else if (command instanceof MetadataCommand.RaiseFeatureLevel raise) {
            message.setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(raise.level()));
        } else if (command instanceof MetadataCommand.CreateTopic create) {
            message.setCreateTopic(createTopic(create));
        } else if (command instanceof MetadataCommand.AlterTopicConfig alter) {
            message.setAlterTopicConfig(alterTopicConfig(alter));
        } else if (command instanceof MetadataCommand.AddPartitions add) {
            message.setAddPartitions(addPartitions(add));
        } else if (command instanceof MetadataCommand.SetPreferredLeader prefer) {
            message.setSetPreferredLeader(preferredLeader(prefer));
        } else if (command instanceof MetadataCommand.DeleteTopic delete) {
            message.setDeleteTopic(DeleteTopicCommand.newBuilder().setTopicId(Uuids.toBytes(delete.topicId())));
        } else if (command instanceof MetadataCommand.ReportLeaders report) {
            message.setReportLeaders(reportLeaders(report));
        } else if (command instanceof MetadataCommand.AllocateProducerIds allocate) {
            message.setAllocateProducerIds(AllocateProducerIds.newBuilder().setNodeId(allocate.nodeId()));
        } else if (command instanceof GroupCommand change) {
            return GroupCommandMessages.of(change);
        } else {
            return ReplicaMessages.of(command);
        }
        return message.build();
    }

    static MetadataCommand parse(Command message) {
        return switch (message.getKindCase()) {
            case FORM_CLUSTER -> formCluster(message.getFormCluster());
            case ADD_NODE ->
                new MetadataCommand.AddNode(
                        message.getAddNode().getNodeId(), message.getAddNode().getNodeAddress());
            case REGISTER_NODE ->
                new MetadataCommand.RegisterNode(
                        registration(message.getRegisterNode().getNode()),
                        message.getRegisterNode().getAgain());
            case SET_NODE_STATE ->
                new MetadataCommand.SetNodeState(
                        message.getSetNodeState().getNodeId(),
                        message.getSetNodeState().getIncarnation(),
                        state(message.getSetNodeState().getState()));
            case RAISE_FEATURE_LEVEL ->
                new MetadataCommand.RaiseFeatureLevel(
                        message.getRaiseFeatureLevel().getLevel());
            case CREATE_TOPIC -> createTopic(message.getCreateTopic());
            case DELETE_TOPIC ->
                new MetadataCommand.DeleteTopic(
                        Uuids.parse(message.getDeleteTopic().getTopicId()));
            case ALTER_TOPIC_CONFIG -> alterTopicConfig(message.getAlterTopicConfig());
            case ADD_PARTITIONS -> addPartitions(message.getAddPartitions());
            case SET_PREFERRED_LEADER -> preferredLeader(message.getSetPreferredLeader());
            case REPORT_LEADERS -> reportLeaders(message.getReportLeaders());
            case ALLOCATE_PRODUCER_IDS ->
                new MetadataCommand.AllocateProducerIds(
                        message.getAllocateProducerIds().getNodeId());
            case REPORT_LOST_REPLICA,
                    REPLICA_REMOVED,
                    REPLICA_JOINED,
                    ALTER_REPLICAS,
                    REPLACE_NODE,
                    REPLACED_NODE_REMOVED -> ReplicaMessages.parse(message);
            case JOIN_GROUPS,
                    REMOVE_MEMBERS,
                    RELEASE_PARTITIONS,
                    REFRESH_GROUPS,
                    COMMIT_GROUP_OFFSETS,
                    RESET_GROUP_OFFSETS,
                    DELETE_GROUP_OFFSETS,
                    DELETE_GROUP,
                    EXPIRE_GROUPS -> GroupCommandMessages.parse(message);
            case KIND_NOT_SET ->
                throw new NewerFormatException(
                        "metadata command of a kind that this program does not know: run a newer one");
        };
    }

    private static FormCluster formCluster(MetadataCommand.FormCluster form) {
        return FormCluster.newBuilder()
                .setClusterId(form.clusterId())
                .setFeatureLevel(form.featureLevel())
                .addAllNodes(
                        form.nodes().stream().map(CommandMessages::registration).toList())
                .addAllVoters(form.voters())
                .build();
    }

    private static MetadataCommand formCluster(FormCluster message) {
        return new MetadataCommand.FormCluster(
                message.getClusterId(),
                message.getFeatureLevel(),
                message.getNodesList().stream()
                        .map(CommandMessages::registration)
                        .toList(),
                message.getVotersList());
    }

    private static CreateTopicCommand createTopic(MetadataCommand.CreateTopic create) {
        return CreateTopicCommand.newBuilder()
                .setName(create.name())
                .setTopicId(Uuids.toBytes(create.topicId()))
                .addAllRaftGroupIds(
                        create.raftGroupIds().stream().map(Uuids::toBytes).toList())
                .setReplicationFactor(create.replicationFactor())
                .putAllConfig(create.config())
                .addAllAvoid(create.avoid())
                .build();
    }

    private static MetadataCommand createTopic(CreateTopicCommand message) {
        return new MetadataCommand.CreateTopic(
                message.getName(),
                Uuids.parse(message.getTopicId()),
                message.getRaftGroupIdsList().stream().map(Uuids::parse).toList(),
                message.getReplicationFactor(),
                new TreeMap<>(message.getConfigMap()),
                new TreeSet<>(message.getAvoidList()));
    }

    private static AlterTopicConfig alterTopicConfig(MetadataCommand.AlterTopicConfig alter) {
        return AlterTopicConfig.newBuilder()
                .setTopicId(Uuids.toBytes(alter.topicId()))
                .putAllSet(alter.set())
                .addAllReset(alter.reset())
                .build();
    }

    private static MetadataCommand alterTopicConfig(AlterTopicConfig message) {
        return new MetadataCommand.AlterTopicConfig(
                Uuids.parse(message.getTopicId()),
                new TreeMap<>(message.getSetMap()),
                new TreeSet<>(message.getResetList()));
    }

    private static AddPartitions addPartitions(MetadataCommand.AddPartitions add) {
        return AddPartitions.newBuilder()
                .setTopicId(Uuids.toBytes(add.topicId()))
                .setTotal(add.total())
                .addAllRaftGroupIds(
                        add.raftGroupIds().stream().map(Uuids::toBytes).toList())
                .addAllAvoid(add.avoid())
                .build();
    }

    private static MetadataCommand addPartitions(AddPartitions message) {
        return new MetadataCommand.AddPartitions(
                Uuids.parse(message.getTopicId()),
                message.getTotal(),
                message.getRaftGroupIdsList().stream().map(Uuids::parse).toList(),
                new TreeSet<>(message.getAvoidList()));
    }

    private static SetPreferredLeader preferredLeader(MetadataCommand.SetPreferredLeader prefer) {
        return SetPreferredLeader.newBuilder()
                .setTopicId(Uuids.toBytes(prefer.topicId()))
                .setPartition(prefer.partition())
                .setNodeId(prefer.nodeId())
                .build();
    }

    private static MetadataCommand preferredLeader(SetPreferredLeader message) {
        return new MetadataCommand.SetPreferredLeader(
                Uuids.parse(message.getTopicId()), message.getPartition(), message.getNodeId());
    }

    private static ReportLeaders reportLeaders(MetadataCommand.ReportLeaders report) {
        var message = ReportLeaders.newBuilder().setNodeId(report.nodeId());
        for (LeaderReport leader : report.reports()) {
            message.addReports(io.cordwood.proto.internal.v1.LeaderReport.newBuilder()
                    .setTopicId(Uuids.toBytes(leader.topicId()))
                    .setPartition(leader.partition())
                    .setTerm(leader.term()));
        }
        return message.build();
    }

    private static MetadataCommand reportLeaders(ReportLeaders message) {
        return new MetadataCommand.ReportLeaders(
                message.getNodeId(),
                message.getReportsList().stream()
                        .map(report -> new LeaderReport(
                                Uuids.parse(report.getTopicId()), report.getPartition(), report.getTerm()))
                        .toList());
    }

    static io.cordwood.proto.internal.v1.NodeRegistration registration(NodeRegistration node) {
        return io.cordwood.proto.internal.v1.NodeRegistration.newBuilder()
                .setNodeId(node.nodeId())
                .setIncarnation(node.incarnation())
                .setNodeAddress(node.nodeAddress())
                .putAllClientAddresses(node.clientAddresses())
                .setRack(node.rack())
                .setMaxPartitions(node.limits().maxPartitions())
                .setMaxBatchBytes(node.limits().maxBatchBytes())
                .setMinFeatureLevel(node.features().min())
                .setMaxFeatureLevel(node.features().max())
                .build();
    }

    static NodeRegistration registration(io.cordwood.proto.internal.v1.NodeRegistration message) {
        return new NodeRegistration(
                message.getNodeId(),
                message.getIncarnation(),
                message.getNodeAddress(),
                new TreeMap<>(message.getClientAddressesMap()),
                message.getRack(),
                new NodeLimits(message.getMaxPartitions(), message.getMaxBatchBytes()),
                new FeatureRange(message.getMinFeatureLevel(), message.getMaxFeatureLevel()));
    }

    static NodeStatus status(NodeState state) {
        return switch (state) {
            case EXPECTED -> NodeStatus.NODE_STATUS_EXPECTED;
            case ALIVE -> NodeStatus.NODE_STATUS_ALIVE;
            case DRAINING -> NodeStatus.NODE_STATUS_DRAINING;
            case DEAD -> NodeStatus.NODE_STATUS_DEAD;
            case REPLACED -> NodeStatus.NODE_STATUS_REPLACED;
        };
    }

    static NodeState state(NodeStatus status) {
        return switch (status) {
            case NODE_STATUS_EXPECTED -> NodeState.EXPECTED;
            case NODE_STATUS_ALIVE -> NodeState.ALIVE;
            case NODE_STATUS_DRAINING -> NodeState.DRAINING;
            case NODE_STATUS_DEAD -> NodeState.DEAD;
            case NODE_STATUS_REPLACED -> NodeState.REPLACED;
            case NODE_STATUS_UNSPECIFIED, UNRECOGNIZED ->
                throw new NewerFormatException("node state of a kind that this program does not know: run a newer one");
        };
    }
}
