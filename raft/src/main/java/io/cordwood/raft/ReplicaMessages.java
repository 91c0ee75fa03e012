package io.cordwood.raft;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.metadata.ReplicaChanges;
import io.cordwood.proto.internal.v1.AlterReplicas;
import io.cordwood.proto.internal.v1.Command;
import io.cordwood.proto.internal.v1.ReplaceNode;
import io.cordwood.proto.internal.v1.ReplacedNodeRemoved;
import io.cordwood.proto.internal.v1.ReplicaChangeKind;
import io.cordwood.proto.internal.v1.ReplicaJoined;
import io.cordwood.proto.internal.v1.ReplicaRemoved;
import io.cordwood.proto.internal.v1.ReportLostReplica;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/** What is about changes of replicas, to protobuf messages and back. Stateless. */
final class ReplicaMessages {
    private ReplicaMessages() {}

    static Command of(MetadataCommand command) {
        var message = Command.newBuilder();
        if (command instanceof MetadataCommand.ReportLostReplica report) {
            message.setReportLostReplica(ReportLostReplica.newBuilder()
                    .setTopicId(Uuids.toBytes(report.topicId()))
                    .setPartition(report.partition())
                    .setNodeId(report.nodeId())
                    .setIncarnation(report.incarnation())
                    .setSeenIndex(report.seenIndex()));
        } else if (command instanceof MetadataCommand.ReplicaRemoved removed) {
            message.setReplicaRemoved(ReplicaRemoved.newBuilder()
                    .setTopicId(Uuids.toBytes(removed.topicId()))
                    .setPartition(removed.partition())
                    .setNodeId(removed.nodeId())
                    .setSince(removed.since()));
        } else if (command instanceof MetadataCommand.ReplicaJoined joined) {
            message.setReplicaJoined(ReplicaJoined.newBuilder()
                    .setTopicId(Uuids.toBytes(joined.topicId()))
                    .setPartition(joined.partition())
                    .setNodeId(joined.nodeId())
                    .setSince(joined.since()));
        } else if (command instanceof MetadataCommand.AlterReplicas alter) {
            message.setAlterReplicas(alterReplicas(alter));
        } else if (command instanceof MetadataCommand.ReplaceNode replace) {
            message.setReplaceNode(
                    ReplaceNode.newBuilder().setNodeId(replace.nodeId()).setIncarnation(replace.incarnation()));
        } else if (command instanceof MetadataCommand.ReplacedNodeRemoved removed) {
            message.setReplacedNodeRemoved(
                    ReplacedNodeRemoved.newBuilder().setNodeId(removed.nodeId()).setIncarnation(removed.incarnation()));
        } else {
            throw new IllegalStateException("no message for " + command.getClass());
        }
        return message.build();
    }

    private static AlterReplicas alterReplicas(MetadataCommand.AlterReplicas alter) {
        var message = AlterReplicas.newBuilder()
                .setTopicId(Uuids.toBytes(alter.topicId()))
                .setPartition(alter.partition());
        alter.add().ifPresent(message::setAdd);
        alter.remove().ifPresent(message::setRemove);
        alter.seenIndex().ifPresent(message::setSeenIndex);
        return message.build();
    }

    /** Of a command that is about changes of replicas. */
    static MetadataCommand parse(Command message) {
        if (message.hasReportLostReplica()) {
            var report = message.getReportLostReplica();
            return new MetadataCommand.ReportLostReplica(
                    Uuids.parse(report.getTopicId()),
                    report.getPartition(),
                    report.getNodeId(),
                    report.getIncarnation(),
                    report.getSeenIndex());
        } else if (message.hasReplicaRemoved()) {
            var removed = message.getReplicaRemoved();
            return new MetadataCommand.ReplicaRemoved(
                    Uuids.parse(removed.getTopicId()), removed.getPartition(), removed.getNodeId(), removed.getSince());
        } else if (message.hasReplicaJoined()) {
            var joined = message.getReplicaJoined();
            return new MetadataCommand.ReplicaJoined(
                    Uuids.parse(joined.getTopicId()), joined.getPartition(), joined.getNodeId(), joined.getSince());
        } else if (message.hasAlterReplicas()) {
            var alter = message.getAlterReplicas();
            return new MetadataCommand.AlterReplicas(
                    Uuids.parse(alter.getTopicId()),
                    alter.getPartition(),
                    alter.hasAdd() ? OptionalInt.of(alter.getAdd()) : OptionalInt.empty(),
                    alter.hasRemove() ? OptionalInt.of(alter.getRemove()) : OptionalInt.empty(),
                    alter.hasSeenIndex() ? OptionalLong.of(alter.getSeenIndex()) : OptionalLong.empty());
        } else if (message.hasReplaceNode()) {
            var replace = message.getReplaceNode();
            return new MetadataCommand.ReplaceNode(replace.getNodeId(), replace.getIncarnation());
        }
        var removed = message.getReplacedNodeRemoved();
        return new MetadataCommand.ReplacedNodeRemoved(removed.getNodeId(), removed.getIncarnation());
    }

    static List<io.cordwood.proto.internal.v1.ReplicaChange> of(ReplicaChanges changes) {
        return changes.byNode().entrySet().stream()
                .map(change -> io.cordwood.proto.internal.v1.ReplicaChange.newBuilder()
                        .setNodeId(change.getKey())
                        .setKind(kind(change.getValue().kind()))
                        .setSince(change.getValue().since())
                        .build())
                .toList();
    }

    static ReplicaChanges parse(List<io.cordwood.proto.internal.v1.ReplicaChange> changes, long lastAt) {
        var byNode = new TreeMap<Integer, ReplicaChange>();
        changes.forEach(
                change -> byNode.put(change.getNodeId(), new ReplicaChange(kind(change.getKind()), change.getSince())));
        return new ReplicaChanges(byNode, lastAt);
    }

    private static ReplicaChangeKind kind(ReplicaChange.Kind kind) {
        return switch (kind) {
            case LOST -> ReplicaChangeKind.REPLICA_CHANGE_KIND_LOST;
            case JOINING -> ReplicaChangeKind.REPLICA_CHANGE_KIND_JOINING;
            case LEAVING -> ReplicaChangeKind.REPLICA_CHANGE_KIND_LEAVING;
        };
    }

    private static ReplicaChange.Kind kind(ReplicaChangeKind kind) {
        return switch (kind) {
            case REPLICA_CHANGE_KIND_LOST -> ReplicaChange.Kind.LOST;
            case REPLICA_CHANGE_KIND_JOINING -> ReplicaChange.Kind.JOINING;
            case REPLICA_CHANGE_KIND_LEAVING -> ReplicaChange.Kind.LEAVING;
            case REPLICA_CHANGE_KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw new NewerFormatException(
                        "change of a replica of a kind that this program does not know: run a newer one");
        };
    }
}
