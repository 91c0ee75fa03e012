package io.cordwood.server.admin;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataResult.ProducerIdBlock;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.MetadataRefusals;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * Producer ids out of blocks that the metadata gives to this node.
 *
 * <p>Invariants: no id is given twice; at most one block is asked for at a time.
 *
 * <p><b>Thread:</b> any. The lock guards the block and the waiters; it is held for a few steps and never while a future
 * is completed. A queue with a thread of its own would do no less.
 */
public final class ProducerIds {
    private final Cluster cluster;
    private final Object lock = new Object();
    private final Deque<CompletableFuture<Long>> waiters = new ArrayDeque<>();
    private long next;
    private long end;
    private boolean asking;

    public ProducerIds(Cluster cluster) {
        this.cluster = cluster;
    }

    public CompletableFuture<Long> next() {
        var id = new CompletableFuture<Long>();
        boolean ask;
        synchronized (lock) {
            if (next < end) {
                return CompletableFuture.completedFuture(next++);
            }
            waiters.add(id);
            ask = !asking;
            asking = true;
        }
        if (ask) {
            askForBlock();
        }
        return id;
    }

    private void askForBlock() {
        var unused = cluster.submit(new MetadataCommand.AllocateProducerIds(cluster.thisNode()))
                .thenApply(ProducerIds::block)
                .whenComplete((block, failure) -> {
                    if (failure == null) {
                        take(block);
                    } else {
                        fail(failure);
                    }
                });
    }

    private static ProducerIdBlock block(MetadataResult result) {
        if (result instanceof ProducerIdBlock block) {
            return block;
        } else if (result instanceof MetadataResult.Refused refused) {
            throw MetadataRefusals.of(refused).exception();
        }
        throw new IllegalStateException("no answer to AllocateProducerIds: " + result);
    }

    private void take(ProducerIdBlock block) {
        var served = new ArrayDeque<CompletableFuture<Long>>();
        long first = block.start();
        boolean askAgain;
        synchronized (lock) {
            next = block.start();
            end = block.end();
            while (next < end && !waiters.isEmpty()) {
                served.add(waiters.remove());
                next++;
            }
            asking = !waiters.isEmpty();
            askAgain = asking;
        }
        for (var waiter : served) {
            waiter.complete(first++);
        }
        if (askAgain) {
            askForBlock();
        }
    }

    private void fail(Throwable failure) {
        ArrayDeque<CompletableFuture<Long>> failed;
        synchronized (lock) {
            failed = new ArrayDeque<>(waiters);
            waiters.clear();
            asking = false;
        }
        failed.forEach(waiter -> waiter.completeExceptionally(failure));
    }
}
