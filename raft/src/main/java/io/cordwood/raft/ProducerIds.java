package io.cordwood.raft;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Hands out producer ids that nobody else in the cluster gets, from blocks that the metadata group gives to this node.
 *
 * <p>Thread: any; the monitor guards the block and the request for the next one.
 */
public final class ProducerIds {
    private final Function<MetadataCommand, CompletableFuture<MetadataResult>> submit;
    private final int nodeId;
    private long next;
    private long end;
    private CompletableFuture<Void> refill = CompletableFuture.completedFuture(null);

    ProducerIds(int nodeId, Function<MetadataCommand, CompletableFuture<MetadataResult>> submit) {
        this.nodeId = nodeId;
        this.submit = submit;
    }

    /** A fresh id; fails with {@link MetadataUnavailableException} when a block is needed and no leader answers. */
    public synchronized CompletableFuture<Long> next() {
        if (next < end) {
            return CompletableFuture.completedFuture(next++);
        }
        if (refill.isDone()) {
            refill = submit.apply(new MetadataCommand.AllocateProducerIds(nodeId))
                    .thenAccept(this::take);
        }
        return refill.thenCompose(done -> next());
    }

    private synchronized void take(MetadataResult result) {
        if (!(result instanceof MetadataResult.ProducerIdBlock block)) {
            throw new IllegalStateException("no producer ids: " + result);
        }
        next = block.start();
        end = block.end();
    }
}
