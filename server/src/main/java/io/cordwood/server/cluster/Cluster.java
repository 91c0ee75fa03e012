package io.cordwood.server.cluster;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.raft.NodeDisk;
import io.cordwood.raft.Registration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * Port to the cluster's metadata as this node sees and changes it.
 *
 * <p><b>Thread:</b> any. Futures fail with {@link RefusedException} where no metadata leader can be reached.
 */
public interface Cluster {
    int thisNode();

    /** The newest picture that this node has; may be older than an acknowledged change. */
    MetadataImage image();

    /** A picture at least as new as any change that was acknowledged before the call. */
    CompletableFuture<MetadataImage> currentImage();

    CompletableFuture<MetadataResult> submit(MetadataCommand command);

    /** A producer id that nobody else gets. */
    CompletableFuture<Long> nextProducerId();

    OptionalInt metadataLeader();

    /** What a node told this one lately of its disks; none where it did not. */
    List<NodeDisk> disks(int nodeId);

    /** The listener runs on the thread that applies the change and must be quick. */
    Registration onChange(Runnable listener);
}
