package io.cordwood.server.rpc;

import com.google.protobuf.Message;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Brings a call about one partition to its leader, here or on another node, and waits a little for an election.
 *
 * <p>Invariant: a call that may have changed something is never sent again, unless its method is repeatable.
 *
 * <p><b>Thread:</b> any.
 */
final class LeaderRouter {
    private static final Duration ELECTION_WAIT = Duration.ofSeconds(5);
    private static final Duration RETRY_DELAY = Duration.ofMillis(50);

    private final Cluster cluster;
    private final Partitions partitions;
    private final Forwarding forwarding;
    private final Executor executor;

    /** @param executor runs what is tried again */
    LeaderRouter(Cluster cluster, Partitions partitions, Forwarding forwarding, Executor executor) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.forwarding = forwarding;
        this.executor = executor;
    }

    /** The topic; where this node does not know it, the metadata leader is asked once. */
    CompletableFuture<TopicInfo> topic(String name) {
        var known = cluster.image().topic(name);
        return known.isPresent()
                ? CompletableFuture.completedFuture(known.get())
                : cluster.currentImage()
                        .thenApply(image -> image.topic(name)
                                .orElseThrow(() -> Partitions.unknownTopic(name).exception()));
    }

    <Q extends Message, R extends Message> CompletableFuture<R> call(
            TopicPartition partition, ForwardedMethod<Q, R> method, Q request, Deadline deadline) {
        return call(partition, method, request, deadline, deadline.earlier(ELECTION_WAIT));
    }

    /** @param elections until when a leader is waited for; one that is there has until the deadline */
    <Q extends Message, R extends Message> CompletableFuture<R> call(
            TopicPartition partition, ForwardedMethod<Q, R> method, Q request, Deadline deadline, Deadline elections) {
        return topic(partition.topic()).thenCompose(topic -> {
            var missing = Partitions.check(cluster.image(), partition);
            // A topic that only the metadata leader knows yet has no leader known here either: that is waited for.
            boolean refuse = missing.isPresent() && missing.get().reason() != Reason.UNKNOWN_TOPIC;
            return refuse
                    ? RefusedException.failedFuture(missing.get())
                    : attempt(new Call<>(partition, method, request, deadline, elections));
        });
    }

    private record Call<Q extends Message, R extends Message>(
            TopicPartition partition, ForwardedMethod<Q, R> method, Q request, Deadline deadline, Deadline retries) {}

    private <Q extends Message, R extends Message> CompletableFuture<R> attempt(Call<Q, R> call) {
        return once(call)
                .exceptionallyCompose(
                        failure -> mayRetry(call, failure) ? later(call) : CompletableFuture.failedFuture(failure));
    }

    private <Q extends Message, R extends Message> CompletableFuture<R> once(Call<Q, R> call) {
        var leader = partitions.leader(call.partition);
        if (leader.isEmpty()) {
            return RefusedException.failedFuture(partitions.notLeader(call.partition));
        }
        return leader.getAsInt() == cluster.thisNode()
                ? forwarding.here(call.method, call.request, call.deadline)
                : forwarding
                        .call(leader.getAsInt(), call.method, call.request, call.deadline)
                        .exceptionallyCompose(this::readdressed);
    }

    private <R> CompletableFuture<R> readdressed(Throwable failure) {
        return RefusedException.unwrap(failure) instanceof RefusedException refused
                ? RefusedException.failedFuture(partitions.readdressed(refused.refusal()))
                : CompletableFuture.failedFuture(failure);
    }

    private <Q extends Message, R extends Message> CompletableFuture<R> later(Call<Q, R> call) {
        var delayed = CompletableFuture.delayedExecutor(RETRY_DELAY.toMillis(), TimeUnit.MILLISECONDS, executor);
        return CompletableFuture.completedFuture(call).thenComposeAsync(this::attempt, delayed);
    }

    private static boolean mayRetry(Call<?, ?> call, Throwable failure) {
        if (call.retries.passed() || !(RefusedException.unwrap(failure) instanceof RefusedException refused)) {
            return false;
        }
        return switch (refused.refusal().reason()) {
            case LEADER_UNKNOWN, NOT_REPLICA -> true;
            case NOT_LEADER -> call.method.repeatable() || nothingDone(refused.refusal());
            case REQUEST_TIMED_OUT -> call.method.repeatable();
            default -> false;
        };
    }

    private static boolean nothingDone(Refusal refusal) {
        return Refusal.NOTHING_DONE.equals(refusal.details().get(Refusal.OUTCOME));
    }
}
