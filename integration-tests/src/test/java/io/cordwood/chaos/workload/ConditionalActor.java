package io.cordwood.chaos.workload;

import com.google.protobuf.ByteString;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.RecordContent;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/**
 * Appends one record after another where it believes a partition to end, by way of any node. Several of them
 * race. A refusal tells the end that was found, which is believed from then on; each try has a value of its
 * own.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class ConditionalActor implements Actor {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int PAUSE_MAX_MILLIS = 60;
    /** Where nobody answers nobody is asked more often than that. */
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(200);

    private final NodeCalls nodes;
    private final Journal journal;
    private final Values values;
    private final Map<Integer, Long> believedEnds = new HashMap<>();
    private final SplittableRandom random;
    private long next;

    /**
     * What it appends, and where.
     *
     * @param topic to which nobody writes in another way
     * @param partitions of the topic, which may get more of them
     */
    record Values(String topic, IntSupplier partitions, Payload payload) {}

    ConditionalActor(NodeCalls nodes, Journal journal, Values values, long seed) {
        this.nodes = nodes;
        this.journal = journal;
        this.values = values;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        if (stopping) {
            return Optional.empty();
        }
        int partition = random.nextInt(values.partitions().getAsInt());
        var begun = Operation.AppendIf.of(
                new TopicPartition(values.topic(), partition),
                new Value(journal.name(), next++),
                believedEnds.getOrDefault(partition, 0L));
        return Optional.of(append(begun));
    }

    private Duration append(Operation.AppendIf begun) {
        int partition = begun.partition().partition();
        var stub = nodes.data(random.nextInt(nodes.nodes()), DEADLINE);
        var request = request(begun);
        long operation = journal.begin(journal.name(), begun);
        try {
            long offset = stub.produce(request).getRecords(0).getOffset();
            journal.ok(journal.name(), operation, begun.at(offset));
            believedEnds.put(partition, offset + 1);
            return pause();
        } catch (StatusRuntimeException e) {
            var outcome = Outcome.ofCall(e);
            var found = outcome.foundEnd();
            if (found.isPresent()) {
                believedEnds.put(partition, found.getAsLong());
                journal.end(journal.name(), operation, begun.refused(found.getAsLong()), outcome);
                return pause();
            }
            journal.end(journal.name(), operation, begun, outcome);
            return PAUSE_AFTER_FAILURE;
        }
    }

    private ProduceRequest request(Operation.AppendIf begun) {
        var value = ByteString.copyFrom(values.payload().of(begun.value()));
        return ProduceRequest.newBuilder()
                .setTopic(values.topic())
                .setPartition(begun.partition().partition())
                .setExpectedEndOffset(begun.expectedEnd())
                .addRecords(NewRecord.newBuilder()
                        .setValue(RecordContent.newBuilder().setData(value)))
                .build();
    }

    private Duration pause() {
        return Duration.ofMillis(random.nextInt(PAUSE_MAX_MILLIS));
    }

    @Override
    public void close() {
        // The calls' channels belong to whoever made them.
    }
}
