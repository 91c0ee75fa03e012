package io.cordwood.client;

import io.cordwood.batch.BatchRecord;
import io.cordwood.proto.v1.SubscribedData;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition from a position on: what has arrived and is not consumed, and where to go on after a stream ends.
 *
 * <p>Invariants: the position rises by one per record given, also across streams; what is buffered begins at or before
 * the position and ends at the fetch position, without a hole.
 *
 * <p><b>Thread:</b> the reader's.
 */
final class PartitionReader {
    /** Streams in a row that may end for a reason that waiting does not cure: another node may fare better. */
    private static final int HOPELESS_ENDS_MAX = 3;

    private final TopicPartition partition;
    private final String topicId;
    private final Reader reader;
    private final LeaderSearch leader;
    private final ArrayDeque<ReceivedBatches> buffered = new ArrayDeque<>();
    private long bufferedBytes;
    private long position;
    private long fetchPosition;
    private long seenEnd = -1;
    private boolean followsLogStart;
    private @Nullable SubscribeStream stream;
    private @Nullable CordwoodException failure;
    private int failures;
    private int hopelessEnds;
    private long retryNanos = System.nanoTime();
    private long dataNanos = System.nanoTime();
    private long heardNanos = System.nanoTime();

    PartitionReader(TopicPartition partition, UUID topicId, Reader reader, ClusterView view) {
        this.partition = partition;
        this.topicId = topicId.toString();
        this.reader = reader;
        this.leader = new LeaderSearch(partition, topicId, view, reader::post, this::leaderSought);
    }

    TopicPartition partition() {
        return partition;
    }

    String topicId() {
        return topicId;
    }

    /** Next offset that will be given. */
    long position() {
        return position;
    }

    long bufferedBytes() {
        return bufferedBytes;
    }

    @Nullable
    SubscribeStream stream() {
        return stream;
    }

    /**
     * Begins elsewhere; the caller has ended the stream, if there was one.
     *
     * @param upToLogStart whether to begin at the log start where that passes the offset before the first record is given
     */
    void moveTo(long offset, boolean upToLogStart) {
        dropBuffered();
        position = offset;
        fetchPosition = offset;
        followsLogStart = upToLogStart;
        seenEnd = -1;
        failure = null;
        failures = 0;
        retryNanos = System.nanoTime();
    }

    /** Subscribes where that is due. */
    void advance(long now) {
        if (stream != null || failure != null || retryNanos - now > 0) {
            return;
        }
        leader.find(now).ifPresent(address -> {
            var current = reader.streamTo(address);
            stream = current;
            heardNanos = now;
            current.attach(this, fetchPosition);
        });
    }

    /** When {@link #advance} is due again, or now + one hour. */
    long wakeNanos(long now) {
        return stream == null && failure == null && retryNanos - now > 0
                ? retryNanos
                : now + Duration.ofHours(1).toNanos();
    }

    /** How long nothing was heard of the partition. */
    long silentNanos(long now) {
        return stream == null ? 0 : now - heardNanos;
    }

    boolean hasMoved() {
        return stream != null && leader.hasMovedFrom(stream.address());
    }

    void received(SubscribedData data) {
        dataNanos = System.nanoTime();
        heardNanos = dataNanos;
        failures = 0;
        hopelessEnds = 0;
        seenEnd = Math.max(seenEnd, data.getHighWatermark());
        if (data.getBatches().isEmpty()) {
            return;
        }
        try {
            var batches = ReceivedBatches.of(partition, data.getBatches());
            requireNoHole(batches, data);
            if (batches.endOffset() > fetchPosition) {
                buffered.add(batches);
                bufferedBytes += batches.sizeBytes();
                fetchPosition = batches.endOffset();
            }
        } catch (CordwoodException e) {
            fail(e);
        }
    }

    /** The node does not serve the partition any more; the stream goes on without it. */
    void refused(CordwoodException refusal) {
        stream = null;
        if (refusal.code() == ErrorCode.OFFSET_OUT_OF_RANGE) {
            outOfRange(refusal);
        } else if (refusal.retryable()
                || refusal.code() == ErrorCode.UNKNOWN_TOPIC
                || refusal.code() == ErrorCode.PARTITION_OUT_OF_RANGE) {
            leader.redirected(refusal, failures);
            retryLater(refusal);
        } else {
            failure = refusal;
        }
    }

    void streamEnded(CordwoodException reason) {
        stream = null;
        leader.forget();
        hopelessEnds = reason.retryable() ? 0 : hopelessEnds + 1;
        if (hopelessEnds > HOPELESS_ENDS_MAX) {
            hopelessEnds = 0;
            failure = reason;
        } else {
            retryLater(reason);
        }
    }

    /** Goes to another stream at once, from where the data received so far ends. */
    void leaveStream() {
        stream = null;
    }

    /** The next record, or null when none is buffered. A corrupt batch becomes {@link #takeFailure}. */
    @Nullable
    ConsumedRecord next() {
        try {
            for (var batches = buffered.peek(); batches != null; batches = buffered.peek()) {
                var record = batches.next(position);
                if (record != null) {
                    position = record.offset() + 1;
                    followsLogStart = false;
                    return consumed(record);
                }
                position = Math.max(position, batches.endOffset());
                bufferedBytes -= batches.sizeBytes();
                buffered.remove();
            }
        } catch (CordwoodException e) {
            // A later try reads the same place again, perhaps from another node.
            dropBuffered();
            fetchPosition = position;
            fail(e);
        }
        return null;
    }

    /** What ended the partition, once everything before it was given; told once, then the partition is tried again. */
    @Nullable
    CordwoodException takeFailure() {
        var told = buffered.isEmpty() ? failure : null;
        if (told != null) {
            failure = null;
            retryNanos = System.nanoTime();
        }
        return told;
    }

    void close() {
        dropBuffered();
        stream = null;
    }

    private void leaderSought(LeaderSearch.Outcome outcome) {
        var sought = outcome.failure();
        if (sought == null || stream != null) {
            return;
        }
        if (outcome.partitionIsGone()) {
            failure = sought;
        } else {
            retryLater(sought);
        }
    }

    private void retryLater(CordwoodException reason) {
        failures++;
        var pause = reason.retryAfter()
                .orElseGet(() -> reader.patience().retry().backoff(failures, ThreadLocalRandom.current()));
        retryNanos = System.nanoTime() + pause.toNanos();
    }

    private void outOfRange(CordwoodException refusal) {
        long logStart = number(refusal, "log_start_offset");
        long logEnd = number(refusal, "log_end_offset");
        // A new leader may at first know of less than its predecessor had told us.
        boolean laggingLeader = logEnd < fetchPosition
                && fetchPosition <= seenEnd
                && System.nanoTime() - dataNanos < reader.patience().answer().toNanos();
        if (followsLogStart && fetchPosition < logStart) {
            moveTo(logStart, true);
        } else if (laggingLeader) {
            retryLater(refusal);
        } else {
            failure = new OffsetOutOfRangeException(partition, fetchPosition, logStart, logEnd);
        }
    }

    private static long number(CordwoodException refusal, String name) {
        try {
            return Long.parseLong(refusal.details().getOrDefault(name, "-1"));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void requireNoHole(ReceivedBatches batches, SubscribedData data) {
        if (batches.baseOffset() <= fetchPosition) {
            return;
        }
        if (data.getLogStartOffset() > fetchPosition) {
            throw new OffsetOutOfRangeException(
                    partition, fetchPosition, data.getLogStartOffset(), data.getHighWatermark());
        }
        throw new CordwoodException(
                ErrorCode.INTERNAL,
                partition + ": the node skips offsets, " + fetchPosition + " was due and " + batches.baseOffset()
                        + " came");
    }

    private void fail(CordwoodException reason) {
        failure = reason;
        var current = stream;
        if (current != null) {
            reader.restart(current);
        }
    }

    private void dropBuffered() {
        buffered.forEach(ReceivedBatches::close);
        buffered.clear();
        bufferedBytes = 0;
    }

    private ConsumedRecord consumed(BatchRecord record) {
        return new ConsumedRecord(
                partition,
                new ConsumedRecord.BatchPlace(record.offset(), record.timestamp()),
                bytes(record.key()),
                bytes(record.value()),
                record.headers());
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer content) {
        if (content == null) {
            return null;
        }
        var copy = new byte[content.remaining()];
        content.get(copy);
        return copy;
    }
}
