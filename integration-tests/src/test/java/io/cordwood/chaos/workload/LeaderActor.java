package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.PartitionDescription;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Notes who says that it leads, when that changes.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class LeaderActor implements Actor {
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(250);

    private final NodeCalls nodes;
    private final Journal journal;
    private final List<String> topics;
    private final Map<TopicPartition, Operation.LeaderSeen> newest = new HashMap<>();
    private int turn;

    /** @param nodes by ways that no fault of the network is on */
    LeaderActor(NodeCalls nodes, Journal journal, List<String> topics) {
        this.nodes = nodes;
        this.journal = journal;
        this.topics = topics;
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        if (stopping) {
            return Optional.empty();
        }
        int place = turn++ % nodes.nodes();
        for (var topic : topics) {
            try {
                nodes.cluster(place, DEADLINE)
                        .describePartitions(DescribePartitionsRequest.newBuilder()
                                .setTopic(topic)
                                .build())
                        .getPartitionsList()
                        .forEach(this::note);
            } catch (StatusRuntimeException e) {
                // The next node is asked the next time.
                return Optional.of(PAUSE);
            }
        }
        return Optional.of(PAUSE);
    }

    /** A leader that nobody confirms is told without an epoch. */
    private void note(PartitionDescription description) {
        if (!description.hasLeader() || !description.hasLeaderEpoch() || description.hasError()) {
            return;
        }
        var partition = new TopicPartition(description.getTopic(), description.getPartition());
        var seen = new Operation.LeaderSeen(partition, description.getLeader(), description.getLeaderEpoch());
        if (!seen.equals(newest.put(partition, seen))) {
            journal.note(journal.name(), seen);
        }
    }

    @Override
    public void close() {
        // The calls' channels belong to whoever made them.
    }
}
