package io.cordwood.server.rpc;

import com.google.protobuf.Message;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.Partitions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Brings a call to the metadata leader, here or on another node, and waits a little for an election.
 *
 * <p>Invariant: a call that may have changed something is never sent again.
 *
 * <p><b>Thread:</b> any.
 */
final class MetadataRouter {
    private static final Duration ELECTION_WAIT = Duration.ofSeconds(5);
    private static final Duration RETRY_DELAY = Duration.ofMillis(50);

    private final Cluster cluster;
    private final Partitions partitions;
    private final Forwarding forwarding;
    private final Executor executor;

    /** @param executor runs what is tried again */
    MetadataRouter(Cluster cluster, Partitions partitions, Forwarding forwarding, Executor executor) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.forwarding = forwarding;
        this.executor = executor;
    }

    <Q extends Message, R extends Message> CompletableFuture<R> call(
            ForwardedMethod<Q, R> method, Q request, Deadline deadline) {
        return attempt(method, request, deadline, deadline.earlier(ELECTION_WAIT));
    }

    private <Q extends Message, R extends Message> CompletableFuture<R> attempt(
            ForwardedMethod<Q, R> method, Q request, Deadline deadline, Deadline retries) {
        return once(method, request, deadline).exceptionallyCompose(failure -> {
            if (!nothingDone(failure)) {
                return CompletableFuture.failedFuture(failure);
            }
            if (retries.passed()) {
                return RefusedException.failedFuture(partitions.readdressed(Errors.refusal(failure)));
            }
            var delayed = CompletableFuture.delayedExecutor(RETRY_DELAY.toMillis(), TimeUnit.MILLISECONDS, executor);
            return CompletableFuture.completedFuture(request)
                    .thenComposeAsync(again -> attempt(method, again, deadline, retries), delayed);
        });
    }

    private <Q extends Message, R extends Message> CompletableFuture<R> once(
            ForwardedMethod<Q, R> method, Q request, Deadline deadline) {
        var leader = cluster.metadataLeader();
        if (leader.isEmpty()) {
            return RefusedException.failedFuture(Refusal.of(
                            Reason.METADATA_UNAVAILABLE, "the metadata has no leader at the moment; try again shortly")
                    .with(Refusal.OUTCOME, Refusal.NOTHING_DONE));
        }
        return leader.getAsInt() == cluster.thisNode()
                ? forwarding.here(method, request, deadline)
                : forwarding.call(leader.getAsInt(), method, request, deadline);
    }

    private static boolean nothingDone(Throwable failure) {
        return RefusedException.unwrap(failure) instanceof RefusedException refused
                && Refusal.NOTHING_DONE.equals(refused.refusal().details().get(Refusal.OUTCOME));
    }
}
