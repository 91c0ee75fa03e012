package io.cordwood.client;

import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.PartitionOffsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Start points as offsets. An end covers all that was acknowledged, to whichever producer, before the
 * lookup began. Partitions whose leader is away, or not confirmed by a majority, are asked again until the
 * timeout.
 *
 * <p><b>Thread:</b> any; nothing blocks.
 */
final class OffsetLookup {
    private final UnaryCalls calls;
    private final String topic;
    private final StartPoint start;
    private final long deadlineNanos;
    private final Map<Integer, Long> found = new TreeMap<>();
    private final Consumer<Map<Integer, Long>> onSome;
    private final CompletableFuture<Map<Integer, Long>> answer = new CompletableFuture<>();
    private int failures;

    private OffsetLookup(UnaryCalls calls, String topic, StartPoint start, Consumer<Map<Integer, Long>> onSome) {
        this.calls = calls;
        this.topic = topic;
        this.start = start;
        this.onSome = onSome;
        this.deadlineNanos = System.nanoTime() + calls.patience().request().toNanos();
    }

    /** Offset by partition, in order of the partitions. */
    static CompletableFuture<Map<Integer, Long>> resolve(
            UnaryCalls calls, String topic, Collection<Integer> partitions, StartPoint start) {
        return resolve(calls, topic, partitions, start, some -> {});
    }

    /** @param onSome told what is known so far, while others are asked again */
    static CompletableFuture<Map<Integer, Long>> resolve(
            UnaryCalls calls,
            String topic,
            Collection<Integer> partitions,
            StartPoint start,
            Consumer<Map<Integer, Long>> onSome) {
        var lookup = new OffsetLookup(calls, topic, start, onSome);
        lookup.ask(List.copyOf(partitions));
        return lookup.answer;
    }

    private void ask(List<Integer> partitions) {
        var request = ListOffsetsRequest.newBuilder()
                .setTopic(topic)
                .addAllPartitions(partitions)
                .setStart(start.toString())
                .build();
        var unused = calls.read(DataServiceGrpc.getListOffsetsMethod(), request)
                .whenComplete((response, failure) -> answered(partitions, response, failure));
    }

    private void answered(List<Integer> asked, @Nullable ListOffsetsResponse response, @Nullable Throwable failure) {
        if (response == null) {
            answer.completeExceptionally(
                    failure == null ? new IllegalStateException("neither answer nor failure") : failure);
            return;
        }
        var missing = new ArrayList<>(asked);
        CordwoodException reason = new CordwoodException(ErrorCode.UNKNOWN, topic + ": no offsets of " + asked);
        for (var offsets : response.getPartitionsList()) {
            if (offsets.hasError()) {
                reason = StatusTranslation.of(offsets.getError());
            } else {
                missing.remove((Integer) offsets.getPartition());
                found.put(offsets.getPartition(), offsetOf(offsets));
            }
        }
        onSome.accept(Map.copyOf(found));
        if (missing.isEmpty()) {
            answer.complete(found);
        } else {
            askAgain(missing, reason);
        }
    }

    private void askAgain(List<Integer> missing, CordwoodException reason) {
        if (!reason.retryable() || deadlineNanos - System.nanoTime() < 0) {
            answer.completeExceptionally(reason);
            return;
        }
        var pause = calls.patience().retry().backoff(++failures, ThreadLocalRandom.current());
        CompletableFuture.delayedExecutor(pause.toNanos(), TimeUnit.NANOSECONDS).execute(() -> ask(missing));
    }

    private long offsetOf(PartitionOffsets offsets) {
        return start instanceof StartPoint.Latest && !offsets.hasOffset()
                ? offsets.getHighWatermark()
                : offsets.getOffset();
    }
}
