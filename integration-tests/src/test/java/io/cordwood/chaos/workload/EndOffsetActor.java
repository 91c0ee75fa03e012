package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Asks any node where a partition ends.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class EndOffsetActor implements Actor {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final NodeCalls nodes;
    private final Journal journal;
    private final List<TopicPartition> partitions;
    private final SplittableRandom random;

    EndOffsetActor(NodeCalls nodes, Journal journal, List<TopicPartition> partitions, long seed) {
        this.nodes = nodes;
        this.journal = journal;
        this.partitions = partitions;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        if (stopping) {
            return Optional.empty();
        }
        var begun = Operation.EndOffset.of(partitions.get(random.nextInt(partitions.size())));
        var stub = nodes.data(random.nextInt(nodes.nodes()), DEADLINE);
        long operation = journal.begin(journal.name(), begun);
        try {
            var answer = stub.listOffsets(ListOffsetsRequest.newBuilder()
                            .setTopic(begun.partition().topic())
                            .addPartitions(begun.partition().partition())
                            .setStart("latest")
                            .build())
                    .getPartitions(0);
            if (answer.hasError()) {
                journal.fail(journal.name(), operation, begun, answer.getError().getMessage());
            } else {
                journal.ok(journal.name(), operation, begun.at(answer.getOffset()));
            }
        } catch (StatusRuntimeException e) {
            journal.fail(journal.name(), operation, begun, Outcome.ofCall(e).why());
        }
        return Optional.of(PAUSE);
    }

    @Override
    public void close() {
        // The calls' channels belong to whoever made them.
    }
}
