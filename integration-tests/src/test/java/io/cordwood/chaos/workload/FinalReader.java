package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.FetchResponse;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.PartitionOffsets;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Reads everything that is there when all have come to rest, from the partitions' leaders.
 *
 * <p><b>Thread:</b> the run's.
 */
public final class FinalReader {
    private static final String PROCESS = "final";
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int RECORDS_PER_CALL = 5_000;
    private static final int BYTES_PER_CALL = 4 << 20;

    private final NodeCalls nodes;
    private final Recorder recorder;
    private int turn;

    public FinalReader(NodeCalls nodes, Recorder recorder) {
        this.nodes = nodes;
        this.recorder = recorder;
    }

    /**
     * Tries again what fails, each time by way of another node.
     *
     * @param patience for all together
     * @return which partitions could not be read up to their ends, and why
     */
    public List<String> read(List<TopicPartition> partitions, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        var problems = new ArrayList<String>();
        for (var partition : partitions) {
            try {
                read(partition, deadline);
            } catch (StatusRuntimeException e) {
                problems.add(partition + " cannot be read in the end: "
                        + Outcome.ofCall(e).why());
            }
        }
        return problems;
    }

    private void read(TopicPartition partition, long deadline) {
        var bounds = bounds(partition, deadline);
        var part = Operation.FinalRead.of(
                partition, bounds.getLogStartOffset(), bounds.getHighWatermark(), bounds.getLogStartOffset());
        boolean more = true;
        while (more) {
            long operation = recorder.invoke(PROCESS, part);
            StatusRuntimeException problem;
            try {
                var answer = fetch(part);
                long next = answer.getNextOffset();
                var found = found(part, answer);
                recorder.ok(PROCESS, operation, found);
                more = next < found.endOffset();
                problem = more && next == part.position() ? nothing(part) : null;
                part = Operation.FinalRead.of(partition, found.logStart(), found.endOffset(), next);
            } catch (StatusRuntimeException e) {
                recorder.fail(PROCESS, operation, part, Outcome.ofCall(e).why());
                problem = e;
            }
            if (problem != null) {
                pauseOrThrow(problem, deadline);
            }
        }
    }

    /** An answer that leads no further, which must not be asked for without a pause. */
    private static StatusRuntimeException nothing(Operation.FinalRead asked) {
        return Status.UNAVAILABLE
                .withDescription("no records at " + asked.position() + ", and an end beyond it")
                .asRuntimeException();
    }

    /** Nobody confirmed the end that comes with records: it may lie below the one that was asked for. */
    private static Operation.FinalRead found(Operation.FinalRead asked, FetchResponse answer) {
        long end = Math.max(asked.endOffset(), answer.getHighWatermark());
        return Operation.FinalRead.of(asked.partition(), answer.getLogStartOffset(), end, asked.position())
                .got(Records.seen(answer.getRecordsList()), answer.getNextOffset());
    }

    private FetchResponse fetch(Operation.FinalRead part) {
        return nodes.data(turn++ % nodes.nodes(), DEADLINE)
                .fetch(FetchRequest.newBuilder()
                        .setTopic(part.partition().topic())
                        .setPartition(part.partition().partition())
                        .setStart(Long.toString(part.position()))
                        .setMaxRecords(RECORDS_PER_CALL)
                        .setMaxBytes(BYTES_PER_CALL)
                        .setEncoding(Encoding.ENCODING_BYTES)
                        .build());
    }

    private PartitionOffsets bounds(TopicPartition partition, long deadline) {
        while (true) {
            try {
                var answer = nodes.data(turn++ % nodes.nodes(), DEADLINE)
                        .listOffsets(ListOffsetsRequest.newBuilder()
                                .setTopic(partition.topic())
                                .addPartitions(partition.partition())
                                .build());
                if (answer.getPartitionsCount() == 1 && !answer.getPartitions(0).hasError()) {
                    return answer.getPartitions(0);
                }
                throw Status.UNAVAILABLE
                        .withDescription(answer.getPartitionsList().stream()
                                .map(found -> found.getError().getMessage())
                                .collect(Collectors.joining(", ", "no bounds of " + partition + ": ", "")))
                        .asRuntimeException();
            } catch (StatusRuntimeException e) {
                pauseOrThrow(e, deadline);
            }
        }
    }

    private static void pauseOrThrow(StatusRuntimeException failure, long deadline) {
        if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
            throw failure;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
    }
}
