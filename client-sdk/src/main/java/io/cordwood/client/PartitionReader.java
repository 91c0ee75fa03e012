package io.cordwood.client;

import io.cordwood.batch.BatchRecord;
import io.cordwood.proto.v1.SubscribedData;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition from a position on: what has arrived and is not consumed, and where to go on after a stream ends.
 *
 * <p>Invariants: the position rises by one per record given, also across streams; what is buffered begins at or before
 * the position and ends at the fetch position, without a hole. Where it goes on in the same stream from another place,
 * what was still on its way is left out, or is the same data.
 *
 * <p><b>Thread:</b> the reader's.
 */
final class PartitionReader {
    /** Streams in a row that may end for a reason that waiting does not cure: another node may fare better. */
    private static final int HOPELESS_ENDS_MAX = 3;

    private final TopicPartition partition;
    private final String topicId;
    private final SubscribeStreams streams;
    private final Consumer<PartitionReader> onChange;
    private final LeaderSearch leader;
    private final ArrayDeque<ReceivedBatches> buffered = new ArrayDeque<>();
    private long bufferedBytes;
    private long position;
    private long fetchPosition;
    private long seenEnd = -1;
    private boolean followsLogStart;
    private @Nullable SubscribeStream stream;
    private boolean held;
    /** Makes room for others: goes on when it was consumed, or is asked for more than it has kept. */
    private boolean parked;

    private long parkedNanos;

    private @Nullable CordwoodException failure;
    /** It was told to have failed, and an answer without data has come since. */
    private boolean recovered;
    /** It was told to have failed, and no such answer has come since. */
    private boolean failed;

    private int failures;
    private int hopelessEnds;
    private long retryNanos = System.nanoTime();
    private long dataNanos = System.nanoTime();
    private long heardNanos = System.nanoTime();

    /** @param onChange told when it has got something, when it has failed, and when {@link #advance} may be due */
    PartitionReader(
            TopicPartition partition, UUID topicId, SubscribeStreams streams, Consumer<PartitionReader> onChange) {
        this.partition = partition;
        this.topicId = topicId.toString();
        this.streams = streams;
        this.onChange = onChange;
        this.leader = new LeaderSearch(partition, topicId, streams.view(), streams::post, this::leaderSought);
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
        onChange.accept(this);
    }

    /** Is not read until it is released; keeps what has come, but for more than its share. */
    void hold() {
        held = true;
        detach();
        dropBeyondShare();
    }

    void release() {
        held = false;
        parkedNanos = System.nanoTime(); // nobody could consume it before
        maybeUnpark();
        onChange.accept(this);
    }

    /**
     * Gives up whole answers, also the only one.
     *
     * @return how many bytes of them
     */
    long dropBeyondShare() {
        long before = bufferedBytes;
        while (!buffered.isEmpty() && bufferedBytes > streams.shareBytes()) {
            dropLast();
        }
        return before - bufferedBytes;
    }

    /** Goes on without a stream, until {@link #advance} finds it one. */
    void detach() {
        var current = stream;
        if (current != null) {
            stream = null;
            current.detach(this);
            onChange.accept(this);
        }
    }

    /** Whether {@link #next} has records, or would have some soon if it was called. */
    boolean isWorthAsking() {
        return !buffered.isEmpty() || parked;
    }

    /** Subscribes where that is due. */
    void advance(long now) {
        if (!isDue() || retryNanos - now > 0) {
            return;
        }
        leader.find(now).ifPresent(address -> {
            var current = streams.to(address, this);
            stream = current;
            heardNanos = now;
            current.attach(this, fetchPosition);
        });
    }

    /** When {@link #advance} is due again, or now + one hour. */
    long wakeNanos(long now) {
        return isDue() && retryNanos - now > 0
                ? retryNanos
                : now + Duration.ofHours(1).toNanos();
    }

    private boolean isDue() {
        return stream == null && failure == null && !held && !parked;
    }

    /** How long nothing was heard of the partition. */
    long silentNanos(long now) {
        return stream == null ? 0 : now - heardNanos;
    }

    /** For how long it was not read because what has come of it was not consumed. */
    long fullNanos(long now) {
        if (parked && !held) {
            return now - parkedNanos;
        }
        return stream == null || buffered.isEmpty() ? 0 : stream.dryNanos(now);
    }

    boolean hasMoved() {
        return stream != null && leader.hasMovedFrom(stream.address());
    }

    /** @param maybeLate whether it may have been sent for where the partition was in this stream before */
    void received(SubscribedData data, boolean maybeLate) {
        dataNanos = System.nanoTime();
        heardNanos = dataNanos;
        failures = 0;
        hopelessEnds = 0;
        seenEnd = Math.max(seenEnd, data.getHighWatermark());
        if (data.getBatches().isEmpty()) {
            recover();
            return;
        }
        try {
            var batches = ReceivedBatches.of(partition, data.getBatches());
            boolean aheadAndLate = maybeLate && batches.baseOffset() > fetchPosition;
            if ((aheadAndLate || !take(batches, data)) && stream != null) {
                stream.consumed(batches.sizeBytes());
            }
        } catch (CordwoodException e) {
            fail(e);
        }
    }

    /** Data would prove nothing before it is decoded. */
    private void recover() {
        if (failed && failure == null) {
            failed = false;
            recovered = true;
            onChange.accept(this);
        }
    }

    private boolean take(ReceivedBatches batches, SubscribedData data) {
        requireNoHole(batches, data);
        if (batches.endOffset() <= fetchPosition) {
            return false;
        }
        buffered.add(batches);
        bufferedBytes += batches.sizeBytes();
        fetchPosition = batches.endOffset();
        makeRoom();
        onChange.accept(this);
        return true;
    }

    /** Where it alone fills the buffers of its stream, it goes on when it was consumed. */
    private void makeRoom() {
        var current = stream;
        if (streams.isShedding() && current != null && bufferedBytes > streams.shareBytes() && current.isCrowded()) {
            detach();
            while (buffered.size() > 1 && bufferedBytes > streams.shareBytes()) {
                dropLast();
            }
            parked = true;
            parkedNanos = dataNanos;
            streams.park(this);
        }
    }

    private void dropLast() {
        var last = buffered.removeLast();
        bufferedBytes -= last.sizeBytes();
        fetchPosition = Math.max(position, last.baseOffset());
        last.close();
    }

    /** The node does not serve the partition any more; the stream goes on without it. */
    void refused(CordwoodException refusal) {
        stream = null;
        onChange.accept(this);
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
        onChange.accept(this);
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
        onChange.accept(this);
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
                    return consumed(record, batches.leaderEpoch());
                }
                position = Math.max(position, batches.endOffset());
                bufferedBytes -= batches.sizeBytes();
                buffered.remove();
                consumed(batches);
            }
        } catch (CordwoodException e) {
            // A later try reads the same place again, perhaps from another node.
            dropBuffered();
            fetchPosition = position;
            fail(e);
        }
        maybeUnpark();
        return null;
    }

    /** What ended the partition, once everything before it was given; told once, then the partition is tried again. */
    @Nullable
    CordwoodException takeFailure() {
        var told = buffered.isEmpty() ? failure : null;
        if (told != null) {
            failure = null;
            failed = true;
            recovered = false;
            retryNanos = System.nanoTime();
        }
        return told;
    }

    /** Whether it can be read again after a failure that was told; said once. */
    boolean takeRecovery() {
        boolean told = recovered;
        recovered = false;
        return told;
    }

    /** As {@link #takeFailure}; tried again after a pause. */
    @Nullable
    CordwoodException takeFailureAndPause() {
        var told = takeFailure();
        if (told != null) {
            retryLater(told);
        }
        return told;
    }

    void close() {
        dropBuffered();
        stream = null;
    }

    private void consumed(ReceivedBatches batches) {
        if (stream != null) {
            stream.consumed(batches.sizeBytes());
        }
        maybeUnpark();
    }

    private void maybeUnpark() {
        if (parked && bufferedBytes <= streams.shareBytes() / 2) {
            unpark();
            onChange.accept(this);
        }
    }

    private void unpark() {
        parked = false;
        streams.unpark(this);
    }

    private void leaderSought(LeaderSearch.Outcome outcome) {
        onChange.accept(this);
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
                .orElseGet(() -> streams.patience().retry().backoff(failures, ThreadLocalRandom.current()));
        retryNanos = System.nanoTime() + pause.toNanos();
    }

    private void outOfRange(CordwoodException refusal) {
        long logStart = number(refusal, "log_start_offset");
        long logEnd = number(refusal, "log_end_offset");
        // Said of where the partition was before: whether it is read from here is not known, so it is added
        // again.
        long refused = number(refusal, "value");
        boolean late = refused >= 0 && refused != fetchPosition;
        // A new leader may at first know of less than its predecessor had told us.
        boolean laggingLeader = logEnd < fetchPosition
                && fetchPosition <= seenEnd
                && System.nanoTime() - dataNanos < streams.patience().answer().toNanos();
        if (late) {
            retryLater(refusal);
        } else if (followsLogStart && fetchPosition < logStart) {
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
        onChange.accept(this);
        var current = stream;
        if (current != null) {
            streams.restart(current);
        }
    }

    private void dropBuffered() {
        buffered.forEach(ReceivedBatches::close);
        buffered.clear();
        bufferedBytes = 0;
        unpark();
    }

    private ConsumedRecord consumed(BatchRecord record, int leaderEpoch) {
        return new ConsumedRecord(
                partition,
                new ConsumedRecord.BatchPlace(record.offset(), record.timestamp(), leaderEpoch),
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
