package io.cordwood.client;

import com.google.rpc.Status;
import io.cordwood.batch.RecordBatch;
import io.cordwood.proto.v1.PublishAck;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One partition of a {@link ScriptedCluster}: what it accepted, and the rule by which a real log tells repeats and gaps
 * of idempotent producers, a producer it does not know being free to begin anywhere.
 *
 * <p><b>Thread:</b> under the cluster's lock.
 */
final class ScriptedLog {
    private record Remembered(int firstSequence, int count, long baseOffset) {
        int nextSequence() {
            return RecordBatch.sequenceAfter(firstSequence, count);
        }
    }

    /** Either an acknowledgement or a refusal. */
    record Outcome(Optional<PublishAck> ack, Optional<Status> refusal) {}

    private final List<ByteBuffer> batches = new ArrayList<>();
    private final Map<Long, Deque<Remembered>> producers = new HashMap<>();
    private long logStartOffset;
    private long endOffset;
    private final int batchesRemembered;
    private int leader;
    private int leaderEpoch = 1;

    /** @param batchesRemembered of each producer */
    ScriptedLog(int leader, int batchesRemembered) {
        this.leader = leader;
        this.batchesRemembered = batchesRemembered;
    }

    int leader() {
        return leader;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    long logStartOffset() {
        return logStartOffset;
    }

    long endOffset() {
        return endOffset;
    }

    List<ByteBuffer> batches() {
        return batches;
    }

    void moveTo(int newLeader) {
        leader = newLeader;
        leaderEpoch++;
    }

    void trimTo(long offset) {
        logStartOffset = offset;
        batches.removeIf(batch -> RecordBatch.of(batch).endOffset() <= offset);
    }

    Outcome append(byte[] bytes) {
        var batch = RecordBatch.of(ByteBuffer.wrap(bytes));
        if (!batch.crcMatches()) {
            return refused(Refusals.of("CORRUPT_BATCH", "crc does not match"));
        }
        return batch.hasProducer() ? appendOnce(bytes, batch) : write(bytes, batch);
    }

    /** Leaves of the producer something that this batch does not follow. */
    void forgetUpTo(RecordBatch batch) {
        producers.put(batch.producerId(), new ArrayDeque<>(List.of(new Remembered(1_000_000, 1, 0))));
    }

    private Outcome appendOnce(byte[] bytes, RecordBatch batch) {
        var known = producers.get(batch.producerId());
        if (known == null) {
            known = new ArrayDeque<>();
            producers.put(batch.producerId(), known);
        }
        for (var remembered : known) {
            if (remembered.firstSequence == batch.baseSequence() && remembered.count == batch.recordCount()) {
                return acked(remembered.baseOffset, batch.recordCount(), true);
            }
        }
        if (!known.isEmpty() && known.getLast().nextSequence() != batch.baseSequence()) {
            return refused(Refusals.of(
                    "OUT_OF_ORDER_SEQUENCE",
                    "expected " + known.getLast().nextSequence() + ", found " + batch.baseSequence()));
        }
        known.add(new Remembered(batch.baseSequence(), batch.recordCount(), endOffset));
        if (known.size() > batchesRemembered) {
            known.remove();
        }
        return write(bytes, batch);
    }

    private Outcome write(byte[] bytes, RecordBatch batch) {
        long baseOffset = endOffset;
        RecordBatch.stamp(ByteBuffer.wrap(bytes), 0, baseOffset, leaderEpoch);
        batches.add(ByteBuffer.wrap(bytes));
        endOffset += batch.recordCount();
        return acked(baseOffset, batch.recordCount(), false);
    }

    private Outcome acked(long baseOffset, int count, boolean duplicate) {
        var ack = PublishAck.newBuilder()
                .setBaseOffset(baseOffset)
                .setEndOffset(baseOffset + count)
                .setLeaderEpoch(leaderEpoch)
                .setDuplicate(duplicate)
                .build();
        return new Outcome(Optional.of(ack), Optional.empty());
    }

    private static Outcome refused(Status refusal) {
        return new Outcome(Optional.empty(), Optional.of(refusal));
    }

    /** The values of all records as text, in log order. */
    List<String> values() {
        var values = new ArrayList<String>();
        for (var bytes : batches) {
            try (var records = RecordBatch.of(bytes).records()) {
                records.forEachRemaining(record -> {
                    var value = record.value();
                    values.add(
                            value == null
                                    ? "null"
                                    : StandardCharsets.UTF_8.decode(value).toString());
                });
            }
        }
        return values;
    }
}
