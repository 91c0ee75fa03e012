package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.FetchRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/**
 * Reads one partition after another once more, by way of any node, from where {@link Passes} say. Each pass has
 * a name of its own.
 *
 * <p><b>Thread:</b> that of its workload.
 */
final class RescanActor implements Actor {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration PAUSE_BETWEEN_PASSES = Duration.ofSeconds(2);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(200);
    private static final int RECORDS_PER_CALL = 1_000;
    /** A pass ends there, so that what is noted does not grow with the square of the run's length. */
    private static final int CALLS_PER_PASS = 8;

    private final NodeCalls nodes;
    private final Journal journal;
    private final String topic;
    private final SplittableRandom random;
    private final Passes passes;
    private int calls;
    private long position;

    /** @param partitions of the topic, which may get more of them */
    RescanActor(NodeCalls nodes, Journal journal, String topic, IntSupplier partitions, long seed) {
        this.nodes = nodes;
        this.journal = journal;
        this.topic = topic;
        this.random = new SplittableRandom(seed);
        this.passes = new Passes(partitions, random);
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        if (stopping) {
            return Optional.empty();
        }
        var process = journal.name() + "." + passes.number();
        var read = Operation.Read.of(new TopicPartition(topic, passes.partition()), position);
        var stub = nodes.data(random.nextInt(nodes.nodes()), DEADLINE);
        long operation = journal.begin(process, read);
        try {
            var answer = stub.fetch(FetchRequest.newBuilder()
                    .setTopic(topic)
                    .setPartition(read.partition().partition())
                    .setStart(Long.toString(position))
                    .setMaxRecords(RECORDS_PER_CALL)
                    .setEncoding(Encoding.ENCODING_BYTES)
                    .build());
            journal.ok(process, operation, read.got(Records.seen(answer.getRecordsList()), answer.getNextOffset()));
            return Optional.of(goOn(answer.getNextOffset(), answer.getHighWatermark()));
        } catch (StatusRuntimeException e) {
            return Optional.of(refused(process, operation, read, Outcome.ofCall(e)));
        }
    }

    private Duration goOn(long nextOffset, long highWatermark) {
        calls++;
        if (nextOffset < highWatermark && calls < CALLS_PER_PASS) {
            position = nextOffset;
            return Duration.ZERO;
        }
        passes.next(highWatermark);
        calls = 0;
        position = passes.begin();
        return PAUSE_BETWEEN_PASSES;
    }

    private Duration refused(String process, long operation, Operation.Read read, Outcome outcome) {
        var logStart = outcome.logStartAbove(position);
        if (logStart.isPresent()) {
            journal.fail(process, operation, read.trimmed(logStart.getAsLong()), outcome.why());
            position = logStart.getAsLong();
        } else {
            journal.fail(process, operation, read, outcome.why());
        }
        return PAUSE_AFTER_FAILURE;
    }

    @Override
    public void close() {
        // The calls' channels belong to whoever made them.
    }
}
