package io.cordwood.server.rpc;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.v1.AddNodeRequest;
import io.cordwood.proto.v1.AddNodeResponse;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.DescribePartitionsResponse;
import io.cordwood.proto.v1.DiskLevel;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainResponse;
import io.cordwood.proto.v1.MetadataRole;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.NodeDisk;
import io.cordwood.proto.v1.ReplaceNodeRequest;
import io.cordwood.proto.v1.ReplaceNodeResponse;
import io.cordwood.server.admin.Placements;
import io.cordwood.server.cluster.AdvertisedAddresses;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.ImageWatch;
import io.cordwood.server.cluster.MetadataRefusals;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/**
 * The cluster service.
 *
 * <p><b>Thread:</b> event loops; nothing here blocks.
 */
final class ClusterRpc extends ClusterServiceGrpc.ClusterServiceImplBase {
    private final Cluster cluster;
    private final ImageWatch watch;
    private final DescribePartitionsCall describePartitions;
    private final AdvertisedAddresses addresses;
    private final Placements placements;
    private final ExplainCall explain;

    /** @param addresses what callers are told of where the nodes are */
    ClusterRpc(
            AdvertisedAddresses addresses,
            DescribePartitionsCall describePartitions,
            Placements placements,
            ExplainCall explain) {
        this.explain = explain;
        this.placements = placements;
        this.addresses = addresses;
        this.cluster = addresses.cluster();
        this.watch = new ImageWatch(cluster);
        this.describePartitions = describePartitions;
    }

    @Override
    public void describeCluster(DescribeClusterRequest request, StreamObserver<DescribeClusterResponse> out) {
        // Told from this node's own picture, so that it answers also while no metadata leader is there.
        Answers.unary(out, deadline -> CompletableFuture.completedFuture(described(cluster.image())));
    }

    @Override
    public void describePartitions(DescribePartitionsRequest request, StreamObserver<DescribePartitionsResponse> out) {
        Answers.unary(out, deadline -> describePartitions.call(request, deadline));
    }

    @Override
    public void addNode(AddNodeRequest request, StreamObserver<AddNodeResponse> out) {
        Answers.unary(out, deadline -> add(request, deadline));
    }

    @Override
    public void replaceNode(ReplaceNodeRequest request, StreamObserver<ReplaceNodeResponse> out) {
        Answers.unary(
                out,
                deadline -> placements
                        .replaceNode(request.getNodeId(), deadline)
                        .thenApply(node -> ReplaceNodeResponse.newBuilder()
                                .setNode(described(node))
                                .build()));
    }

    @Override
    public void explain(ExplainRequest request, StreamObserver<ExplainResponse> out) {
        Answers.unary(out, deadline -> explain.call(request, deadline));
    }

    private CompletableFuture<AddNodeResponse> add(AddNodeRequest request, Deadline deadline) {
        return cluster.submit(new MetadataCommand.AddNode(request.getNodeId(), request.getNodeAddress()))
                .thenCompose(result -> {
                    if (result instanceof MetadataResult.Refused refused) {
                        throw MetadataRefusals.of(refused).exception();
                    }
                    return watch.require(
                            "node " + request.getNodeId(),
                            image -> image.node(request.getNodeId()).isPresent(),
                            deadline);
                })
                .thenApply(image -> AddNodeResponse.newBuilder()
                        .setNode(described(image.node(request.getNodeId()).orElseThrow()))
                        .build());
    }

    private DescribeClusterResponse described(MetadataImage image) {
        var response = DescribeClusterResponse.newBuilder()
                .setClusterId(image.clusterId())
                .setFeatureLevel(image.featureLevel())
                .setAnsweredBy(cluster.thisNode());
        var dead = DeadStandings.of(image, cluster);
        image.nodes().values().forEach(node -> {
            var described = described(node).toBuilder();
            dead.describe(node, described);
            response.addNodes(described);
        });
        cluster.metadataLeader().ifPresent(response::setMetadataLeader);
        return response.build();
    }

    private Node described(NodeInfo node) {
        var described = Node.newBuilder()
                .setNodeId(node.nodeId())
                .setAddress(addresses.of(node).orElse(""))
                .setNodeAddress(node.nodeAddress())
                .setRack(node.rack())
                .setState(state(node.state()))
                .setMetadataRole(node.voter() ? MetadataRole.METADATA_ROLE_VOTER : MetadataRole.METADATA_ROLE_LISTENER);
        if (!node.isAwaited()) {
            described
                    .setMinFeatureLevel(node.features().min())
                    .setMaxFeatureLevel(node.features().max());
        }
        cluster.disks(node.nodeId()).forEach(disk -> described.addDisks(described(disk)));
        return described.build();
    }

    private static NodeDisk.Builder described(io.cordwood.raft.NodeDisk disk) {
        return NodeDisk.newBuilder()
                .setDirectory(disk.directory())
                .setFreeBytes(disk.freeBytes())
                .setFloorBytes(disk.floorBytes())
                .setLevel(
                        switch (disk.level()) {
                            case ROOM -> DiskLevel.DISK_LEVEL_ROOM;
                            case LOW -> DiskLevel.DISK_LEVEL_LOW;
                            case FULL -> DiskLevel.DISK_LEVEL_FULL;
                        });
    }

    private static io.cordwood.proto.v1.NodeState state(NodeState state) {
        return switch (state) {
            case EXPECTED -> io.cordwood.proto.v1.NodeState.NODE_STATE_EXPECTED;
            case ALIVE -> io.cordwood.proto.v1.NodeState.NODE_STATE_ALIVE;
            case DRAINING -> io.cordwood.proto.v1.NodeState.NODE_STATE_DRAINING;
            case DEAD -> io.cordwood.proto.v1.NodeState.NODE_STATE_DEAD;
            case REPLACED -> io.cordwood.proto.v1.NodeState.NODE_STATE_REPLACED;
        };
    }
}
