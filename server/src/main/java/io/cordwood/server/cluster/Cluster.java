package io.cordwood.server.cluster;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.raft.NodeDisk;
import io.cordwood.raft.Registration;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
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

    /**
     * The term in which this node leads the metadata, once {@link #image()} shows all that was written
     * before it; empty while it does not lead, as far as it knows.
     */
    OptionalLong leadingTerm();

    /**
     * Has this node write a command as the metadata leader, once, and no other node. When the future
     * completes, {@link #image()} shows what it did; it fails in any way where that is not known, or this
     * node does not lead.
     */
    CompletableFuture<MetadataResult> submitHere(MetadataCommand command);

    /** What a node told this one lately of its disks; none where it did not. */
    List<NodeDisk> disks(int nodeId);

    /**
     * The listener runs on a thread that must not be held up, after changes; it does not hear of those that
     * concern consumer groups alone.
     */
    Registration onChange(Runnable listener);

    /** As {@link #onChange}, of every change. */
    Registration onEveryChange(Runnable listener);
}
