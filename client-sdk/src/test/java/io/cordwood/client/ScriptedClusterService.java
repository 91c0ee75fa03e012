package io.cordwood.client;

import io.cordwood.proto.v1.AddNodeRequest;
import io.cordwood.proto.v1.AddNodeResponse;
import io.cordwood.proto.v1.Cause;
import io.cordwood.proto.v1.CauseCode;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.DescribePartitionsResponse;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainResponse;
import io.cordwood.proto.v1.MetadataRole;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.NodeState;
import io.cordwood.proto.v1.PartitionDescription;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.proto.v1.ReplicaState;
import io.grpc.stub.StreamObserver;

/** The nodes of a {@link ScriptedCluster}. */
final class ScriptedClusterService extends ClusterServiceGrpc.ClusterServiceImplBase {
    private final ScriptedCluster cluster;
    private final int nodeId;

    ScriptedClusterService(ScriptedCluster cluster, int nodeId) {
        this.cluster = cluster;
        this.nodeId = nodeId;
    }

    @Override
    public void describeCluster(DescribeClusterRequest request, StreamObserver<DescribeClusterResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "DescribeCluster", observer, () -> {
            var described = DescribeClusterResponse.newBuilder()
                    .setClusterId(cluster.clusterId())
                    .setMetadataLeader(1)
                    .setFeatureLevel(2)
                    .setAnsweredBy(nodeId);
            cluster.addresses()
                    .forEach((id, address) -> described.addNodes(Node.newBuilder()
                            .setNodeId(id)
                            .setAddress(address)
                            .setNodeAddress("n" + id + ":9091")
                            .setState(NodeState.NODE_STATE_ALIVE)
                            .setMinFeatureLevel(1)
                            .setMaxFeatureLevel(3)
                            .setMetadataRole(MetadataRole.METADATA_ROLE_VOTER)));
            return described.build();
        });
    }

    @Override
    public void describePartitions(
            DescribePartitionsRequest request, StreamObserver<DescribePartitionsResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "DescribePartitions", observer, () -> {
            synchronized (cluster) {
                var described = DescribePartitionsResponse.newBuilder();
                cluster.topics.forEach((name, topic) -> {
                    if (request.getTopic().isEmpty() || request.getTopic().equals(name)) {
                        describe(described, name, topic);
                    }
                });
                return described.build();
            }
        });
    }

    private void describe(DescribePartitionsResponse.Builder described, String name, ScriptedCluster.TopicState topic) {
        for (int partition = 0; partition < topic.logs.size(); partition++) {
            var log = topic.logs.get(partition);
            var description = PartitionDescription.newBuilder().setTopic(name).setPartition(partition);
            if (topic.hidesLeaders) {
                described.addPartitions(description.setError(Refusals.of("LEADER_UNKNOWN", "an election goes on")));
                continue;
            }
            described.addPartitions(description
                    .setLeader(log.leader())
                    .setLeaderEpoch(log.leaderEpoch())
                    .setTerm(log.leaderEpoch())
                    .setHighWatermark(log.endOffset())
                    .setLogStartOffset(log.logStartOffset())
                    .addReplicas(ReplicaDescription.newBuilder()
                            .setNodeId(log.leader())
                            .setHighWatermark(log.endOffset())
                            .setSizeBytes(7)
                            .setLagRecords(0)
                            .setState(ReplicaState.REPLICA_STATE_LEADER))
                    .setSizeBytes(7)
                    .addReplicas(ReplicaDescription.newBuilder()
                            .setNodeId(99)
                            .setLagEntries(70)
                            .setState(ReplicaState.REPLICA_STATE_SILENT)));
        }
    }

    /** Something that this client knows, and something that it does not. */
    @Override
    public void explain(ExplainRequest request, StreamObserver<ExplainResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "Explain", observer, () -> {
            cluster.explain(request);
            return ExplainResponse.newBuilder()
                    .addCauses(Cause.newBuilder()
                            .setCode(CauseCode.CAUSE_CODE_SLOW_HANDLER)
                            .setSentence("a record takes long")
                            .setHint("look at the handler")
                            .setTopic("orders")
                            .setPartition(0)
                            .setMemberId("ann"))
                    .addCauses(Cause.newBuilder()
                            .setCodeValue(99)
                            .setSentence("of the future")
                            .setNodeId(3))
                    .setLeftOut(3)
                    .build();
        });
    }

    @Override
    public void addNode(AddNodeRequest request, StreamObserver<AddNodeResponse> observer) {
        ScriptedTopicService.answer(
                cluster.answers,
                "AddNode",
                observer,
                () -> AddNodeResponse.newBuilder()
                        .setNode(Node.newBuilder()
                                .setNodeId(request.getNodeId())
                                .setNodeAddress(request.getNodeAddress())
                                .setState(NodeState.NODE_STATE_EXPECTED))
                        .build());
    }
}
