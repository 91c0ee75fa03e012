package io.cordwood.server.cluster;

import io.cordwood.metadata.MetadataImage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Waits for the metadata to show something.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class ImageWatch {
    private final Cluster cluster;

    public ImageWatch(Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * The first image seen that satisfies the condition, or the newest one when the deadline comes. The condition must
     * not throw: it runs on the thread that applies changes.
     */
    public CompletableFuture<MetadataImage> until(Predicate<MetadataImage> condition, Deadline deadline) {
        return first(condition, deadline).exceptionally(timedOut -> cluster.image());
    }

    /**
     * As {@link #until}, but where the deadline comes first it fails with {@link Reason#REQUEST_TIMED_OUT}: what was asked for is
     * decided, and an answer made from an older image would deny it.
     *
     * @param what such as "the change of topic 'orders'"
     */
    public CompletableFuture<MetadataImage> require(
            String what, Predicate<MetadataImage> condition, Deadline deadline) {
        return first(condition, deadline).exceptionally(timedOut -> {
            throw Refusal.of(
                            Reason.REQUEST_TIMED_OUT,
                            what + " is decided, but not seen on node " + cluster.thisNode() + " yet; look again")
                    .exception();
        });
    }

    private CompletableFuture<MetadataImage> first(Predicate<MetadataImage> condition, Deadline deadline) {
        var seen = new CompletableFuture<MetadataImage>();
        Runnable look = () -> {
            var image = cluster.image();
            if (condition.test(image)) {
                seen.complete(image);
            }
        };
        var listener = cluster.onChange(look);
        look.run();
        return seen.orTimeout(deadline.left().toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((image, failure) -> listener.close());
    }
}
