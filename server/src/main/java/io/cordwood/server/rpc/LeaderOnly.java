package io.cordwood.server.rpc;

import io.cordwood.raft.Confirmation;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.LocalPartition;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.Partitions.Lookup;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Finds what only the leader may answer for.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class LeaderOnly {
    /** Less than a call waits for an election: one that is asked in vain here is tried once more. */
    private static final Duration CONFIRMATION_MAX = Duration.ofSeconds(3);

    private LeaderOnly() {}

    /** @throws io.cordwood.server.cluster.RefusedException where this node does not lead the partition */
    static LocalPartition find(Partitions partitions, TopicPartition name) {
        var lookup = partitions.find(name);
        if (lookup instanceof Lookup.Missing missing) {
            throw missing.refusal().exception();
        }
        var partition = ((Lookup.Found) lookup).partition();
        if (!partition.replica().leadership().isLeader()) {
            throw partitions.notLeader(name).exception();
        }
        return partition;
    }

    /**
     * As {@link #find}, of a leader that a majority confirms after the call: what it shows then covers all
     * that was acknowledged before. The future completes on a thread that must not be held up.
     */
    static CompletableFuture<LocalPartition> confirmed(Partitions partitions, TopicPartition name, Deadline deadline) {
        // Within a stage, what is refused at once fails the future, too.
        return CompletableFuture.completedFuture(name).thenCompose(wanted -> {
            var partition = find(partitions, wanted);
            var within = deadline.earlier(CONFIRMATION_MAX).left();
            return partition.replica().confirmLeadership(within).thenApply(confirmation -> {
                require(confirmation, partitions, partition, within);
                return partition;
            });
        });
    }

    private static void require(
            Confirmation confirmation, Partitions partitions, LocalPartition partition, Duration within) {
        var name = partition.name();
        switch (confirmation) {
            case CONFIRMED -> {}
            case NOT_LEADER ->
                throw (partition.replica().leadership().isLeader()
                                ? leaderUnknown(
                                        name, "this node began to lead it just now, or heard of a later election")
                                : partitions.notLeader(name))
                        .exception();
            case UNANSWERED ->
                throw leaderUnknown(
                                name,
                                "no majority of its replicas confirmed within " + within.toMillis()
                                        + " ms that this node leads it")
                        .exception();
        }
    }

    private static Refusal leaderUnknown(TopicPartition name, String why) {
        return Refusal.of(
                        Reason.LEADER_UNKNOWN,
                        "who leads partition " + name + " is not certain at the moment: " + why + "; try again shortly")
                .with(Refusal.TOPIC, name.topic());
    }
}
