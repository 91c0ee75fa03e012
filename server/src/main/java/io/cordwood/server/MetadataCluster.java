package io.cordwood.server;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.raft.ClusterMetadata;
import io.cordwood.raft.MetadataUnavailableException;
import io.cordwood.raft.NodeDisk;
import io.cordwood.raft.RaftNode;
import io.cordwood.raft.Registration;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * The cluster as the node's metadata group shows it.
 *
 * <p><b>Thread:</b> any.
 */
final class MetadataCluster implements Cluster {
    private final RaftNode node;
    private final ClusterMetadata metadata;

    MetadataCluster(RaftNode node) {
        this.node = node;
        this.metadata = node.metadata();
    }

    @Override
    public int thisNode() {
        return node.nodeId();
    }

    @Override
    public MetadataImage image() {
        return metadata.image();
    }

    @Override
    public CompletableFuture<MetadataImage> currentImage() {
        return refusing(metadata.currentImage());
    }

    @Override
    public CompletableFuture<MetadataResult> submit(MetadataCommand command) {
        return refusing(metadata.submit(command));
    }

    @Override
    public CompletableFuture<Long> nextProducerId() {
        return refusing(node.producerIds().next());
    }

    @Override
    public OptionalInt metadataLeader() {
        return metadata.leaderNodeId();
    }

    @Override
    public OptionalLong leadingTerm() {
        return metadata.leadingTerm();
    }

    @Override
    public CompletableFuture<MetadataResult> submitHere(MetadataCommand command) {
        return metadata.submitHere(command);
    }

    @Override
    public List<NodeDisk> disks(int nodeId) {
        return node.disksOf(nodeId);
    }

    @Override
    public Registration onChange(Runnable listener) {
        return metadata.onChange(image -> listener.run());
    }

    @Override
    public Registration onEveryChange(Runnable listener) {
        return metadata.onEveryChange(image -> listener.run());
    }

    private static <T> CompletableFuture<T> refusing(CompletableFuture<T> answer) {
        return answer.exceptionallyCompose(failure -> {
            var cause = RefusedException.unwrap(failure);
            return cause instanceof MetadataUnavailableException
                    ? RefusedException.failedFuture(Refusal.of(
                            Reason.METADATA_UNAVAILABLE,
                            "no metadata leader answered in time (" + cause.getMessage()
                                    + "); a change may have been made, look before repeating it"))
                    : CompletableFuture.failedFuture(cause);
        });
    }
}
