package io.cordwood.client;

import io.cordwood.batch.RecordBatch;
import io.cordwood.proto.v1.PublishAck;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Brings the batches of one partition to its leader, each once and in order, through leader changes and lost answers.
 *
 * <p>Invariants:
 * <ul>
 *   <li>Batches are encoded, sent, acknowledged and failed in the order in which they were opened; a resent batch has
 *       the bytes and sequence it had before.
 *   <li>At most as many batches are unsettled as the log remembers of a producer; {@value #ANY_BATCHES} of any kind, beyond
 *       that full ones while all have less than {@value #FULL_BATCHES_BYTES} bytes. Without idempotence one.
 *   <li>After a refusal or a lost stream nothing is sent until every answer that may still come has come or is given
 *       up; then the unsettled batches go out again from the first on.
 *   <li>The window opens with the first answer. A leader that does not know the producer yet takes any first sequence:
 *       were two batches under way, it could refuse the first and take the second.
 *   <li>Only the oldest unsettled batch fails for good. With idempotence all that is queued behind it fails with it and
 *       the next batch begins with a new producer id; without, only that batch fails.
 * </ul>
 *
 * <p><b>Thread:</b> the sender thread.
 */
final class PartitionPublisher {
    /** So many go out also where they are large, or could take more records. */
    private static final int ANY_BATCHES = 5;
    /** Enough for large raft entries, and not more than a partition can hold for many producers. */
    private static final int FULL_BATCHES_BYTES = 2 << 20;
    /** The log may have forgotten the producer after a day; far less makes the window start small again. */
    private static final long IDLE_NANOS = Duration.ofMinutes(1).toNanos();

    private final PartitionBuffer buffer;
    private final TopicPartition partition;
    private final String topicId;
    private final ProducerConfig config;
    private final Sender sender;
    private final Patience patience;
    private final LeaderSearch leader;
    private final ArrayDeque<ProducerBatch> inFlight = new ArrayDeque<>();
    private int unanswered;
    private boolean recovering;
    private boolean probing = true;
    private int failures;
    private long retryNanos = System.nanoTime();
    private long lastAckNanos = System.nanoTime();
    private @Nullable CordwoodException lastFailure;
    private @Nullable PublishStream stream;
    private @Nullable ProducerIdentity identity;
    private boolean drawing;
    private boolean ownIdentity;
    private int nextSequence;

    PartitionPublisher(PartitionBuffer buffer, ProducerConfig config, Sender sender) {
        this.buffer = buffer;
        this.partition = buffer.partition();
        this.topicId = buffer.topicId().toString();
        this.config = config;
        this.sender = sender;
        this.patience = sender.patience();
        this.leader = new LeaderSearch(partition, buffer.topicId(), sender.view(), sender::post, this::leaderSought);
    }

    TopicPartition partition() {
        return partition;
    }

    /** Of the topic that the records were given for. */
    String topicId() {
        return topicId;
    }

    /** Does whatever can be done now; called after every change and when {@link Sender#wakeAt} is due. */
    void advance(long now) {
        expire(now);
        if (recovering && unanswered == 0) {
            recovering = false;
            stream = null;
        }
        if (unanswered > 0) {
            watch(now);
        }
        if (!recovering && hasWork(now) && isReady(now)) {
            transmit(now);
        }
        wakeLater(now);
    }

    void acknowledged(ProducerBatch batch, PublishAck ack) {
        unanswered--;
        batch.markAcked(ack);
        lastAckNanos = System.nanoTime();
        if (!recovering) {
            probing = false;
            failures = 0;
        }
        settleAcked();
        advance(lastAckNanos);
    }

    void refused(ProducerBatch batch, CordwoodException refusal) {
        unanswered--;
        batch.markPending();
        // Behind an unsettled batch a gap only says that this one came first.
        boolean gapInFront = refusal.code() == ErrorCode.OUT_OF_ORDER_SEQUENCE && !batch.sentAsHead();
        boolean mayPass = refusal.retryable() || gapInFront || mayBeStale(refusal);
        learnLimit(refusal);
        if (!mayPass && batch == inFlight.peek()) {
            failHead(refusal);
        } else if (!recovering || !gapInFront) {
            // A gap behind a refusal says nothing new; its pause must not take the place of the one that was asked for.
            redirect(refusal);
            recover(refusal);
        }
        advance(System.nanoTime());
    }

    /** The outcome of everything that was under way on this stream is unknown. */
    void streamEnded(PublishStream ended, CordwoodException reason) {
        if (stream != ended) {
            return;
        }
        giveUpAnswers();
        // At once: where the oldest batch expires in the next step, the recovery ends there and takes no other stream.
        stream = null;
        leader.forget();
        recover(reason);
        advance(System.nanoTime());
    }

    /** As {@link #streamEnded}; where the oldest batch is the one that was too large, it fails for good. */
    void streamEndedByTooLarge(PublishStream ended, CordwoodException reason, int tooLargeBytes) {
        var head = inFlight.peek();
        boolean headIsTooLarge = stream == ended
                && head != null
                && head.state() == ProducerBatch.State.SENT
                && head.encoded().size() >= tooLargeBytes;
        if (headIsTooLarge) {
            failHead(reason);
            stream = null;
            advance(System.nanoTime());
        } else {
            streamEnded(ended, reason);
        }
    }

    /** Size of the largest batch whose answer this stream owes; zero for none. */
    int largestUnansweredBytes(PublishStream from) {
        return stream != from
                ? 0
                : inFlight.stream()
                        .filter(batch -> batch.state() == ProducerBatch.State.SENT)
                        .mapToInt(batch -> batch.encoded().size())
                        .max()
                        .orElse(0);
    }

    /** Fails everything there is and refuses what comes. */
    void close(CordwoodException reason) {
        var queued = buffer.close(reason);
        failInFlight(reason);
        fail(queued, reason);
    }

    private void settleAcked() {
        for (var head = inFlight.peek(); head != null && head.state() == ProducerBatch.State.ACKED; ) {
            sender.succeeded(partition, inFlight.remove());
            head = inFlight.peek();
        }
    }

    private boolean hasWork(long now) {
        if (inFlight.stream().anyMatch(batch -> batch.state() == ProducerBatch.State.PENDING)) {
            return true;
        }
        var ready = buffer.readyNanos();
        boolean due = ready.isPresent() && (ready.getAsLong() - now <= 0 || isForced());
        return due && inFlight.size() < window(now);
    }

    private boolean isReady(long now) {
        if (retryNanos - now > 0) {
            return false;
        }
        if (config.idempotent() && identity == null) {
            drawIdentity();
            return false;
        }
        return stream != null || connect(now);
    }

    private void transmit(long now) {
        for (var batch : inFlight) {
            if (batch.state() == ProducerBatch.State.PENDING) {
                if (probing && unanswered > 0) {
                    return;
                }
                send(batch, now);
            }
        }
        for (var batch = nextBatch(now); batch != null; batch = nextBatch(now)) {
            batch.encode(identity, nextSequence);
            nextSequence = RecordBatch.sequenceAfter(nextSequence, batch.recordCount());
            inFlight.add(batch);
            send(batch, now);
        }
    }

    private void send(ProducerBatch batch, long now) {
        var current = stream;
        if (current == null) {
            throw new IllegalStateException(partition + " has no stream to send on");
        }
        batch.markSent(batch == inFlight.peek(), now);
        unanswered++;
        current.send(this, batch);
    }

    private @Nullable ProducerBatch nextBatch(long now) {
        int unsettled = inFlight.size();
        if (unsettled >= window(now)) {
            return null;
        }
        if (unsettled < ANY_BATCHES) {
            return buffer.take(now, isForced());
        }
        return unsettledBytes() < FULL_BATCHES_BYTES ? buffer.takeSealed() : null;
    }

    private int window(long now) {
        boolean idle = inFlight.isEmpty() && now - lastAckNanos > IDLE_NANOS;
        probing |= idle || !config.idempotent();
        var drawn = identity;
        return probing || drawn == null ? 1 : drawn.batchesRemembered();
    }

    private long unsettledBytes() {
        return inFlight.stream().mapToLong(batch -> batch.encoded().size()).sum();
    }

    /** Senders that wait for room must not also wait for linger. */
    private boolean isForced() {
        return inFlight.isEmpty() && sender.isMemoryShort();
    }

    private boolean connect(long now) {
        var found = leader.find(now);
        if (found.isEmpty()) {
            return false;
        }
        stream = sender.streamTo(found.get());
        return true;
    }

    /** Called by the search when it has an answer: go on, move, try later or give up. */
    private void leaderSought(LeaderSearch.Outcome outcome) {
        var failure = outcome.failure();
        if (failure != null && outcome.partitionIsGone()) {
            giveUpAnswers();
            failAll(failure);
        } else if (failure != null && unanswered == 0) {
            recover(failure);
        } else if (failure == null && stream != null && leader.hasMovedFrom(stream.address())) {
            giveUpAnswers();
            leader.forget();
            recover(new CordwoodException(ErrorCode.NOT_LEADER, partition + " has a new leader"));
        }
        advance(System.nanoTime());
    }

    private void drawIdentity() {
        if (drawing) {
            return;
        }
        drawing = true;
        var unused = sender.drawIdentity(ownIdentity)
                .whenComplete((drawn, failure) -> sender.post(() -> {
                    drawing = false;
                    if (failure == null) {
                        identity = drawn;
                        nextSequence = 0;
                    } else {
                        recover(StatusTranslation.of(failure));
                    }
                    advance(System.nanoTime());
                }));
    }

    private void recover(CordwoodException reason) {
        lastFailure = reason;
        probing = true;
        if (!recovering) {
            recovering = true;
            failures++;
        }
        var pause =
                reason.retryAfter().orElseGet(() -> patience.retry().backoff(failures, ThreadLocalRandom.current()));
        retryNanos = System.nanoTime() + pause.toNanos();
    }

    private void redirect(CordwoodException refusal) {
        if (refusal.code() != ErrorCode.OVERLOADED && refusal.code() != ErrorCode.OUT_OF_ORDER_SEQUENCE) {
            leader.redirected(refusal, failures);
        }
    }

    /** Where the topic says nothing the node's own limit counts, which may be below this producer's batches. */
    private void learnLimit(CordwoodException refusal) {
        var limit = refusal.details().get("limit");
        boolean ofTopic =
                TopicBuffers.BATCH_MAX_BYTES_KEY.equals(refusal.details().get("setting"));
        if (ofTopic && limit != null && limit.matches("[0-9]{3,9}")) {
            buffer.limitTo(Integer.parseInt(limit));
        }
    }

    /** What a node says that has not heard of a new topic yet; the cluster's metadata decides. */
    private static boolean mayBeStale(CordwoodException refusal) {
        return refusal.code() == ErrorCode.UNKNOWN_TOPIC || refusal.code() == ErrorCode.PARTITION_OUT_OF_RANGE;
    }

    private void watch(long now) {
        long waiting = now - oldestSentNanos();
        if (waiting > patience.answer().toNanos() && stream != null) {
            stream.cancel(new CordwoodException(
                    ErrorCode.REQUEST_TIMED_OUT,
                    stream.address() + " has not answered for " + Duration.ofNanos(waiting)));
        } else if (waiting > patience.stall().toNanos()) {
            leader.refresh(now, stallCheckNanos());
        }
    }

    private long stallCheckNanos() {
        return patience.stall().toNanos() / 2;
    }

    private long oldestSentNanos() {
        return inFlight.stream()
                .filter(batch -> batch.state() == ProducerBatch.State.SENT)
                .mapToLong(ProducerBatch::sentNanos)
                .reduce((a, b) -> a - b < 0 ? a : b)
                .orElseThrow(() -> new IllegalStateException(unanswered + " unanswered, but no batch of " + partition));
    }

    private void giveUpAnswers() {
        if (stream != null) {
            stream.forget(this);
        }
        inFlight.stream()
                .filter(batch -> batch.state() == ProducerBatch.State.SENT)
                .forEach(ProducerBatch::markPending);
        unanswered = 0;
    }

    private void expire(long now) {
        long timeout = config.deliveryTimeout().toNanos();
        var head = inFlight.peek();
        if (head != null && now - head.createdNanos() > timeout) {
            failHead(timedOut("unknown"));
        }
        var oldest = inFlight.isEmpty() ? buffer.oldestNanos() : OptionalLong.empty();
        while (oldest.isPresent() && now - oldest.getAsLong() > timeout) {
            failUnsent(now);
            oldest = buffer.oldestNanos();
        }
    }

    /** With idempotence nothing that was sent before the failure was known may pass what failed. */
    private void failUnsent(long now) {
        var reason = timedOut("not written");
        var expired = buffer.take(now, true);
        if (expired == null) {
            return;
        }
        var behind = config.idempotent() ? buffer.drain() : List.<ProducerBatch>of();
        sender.failed(expired, reason);
        fail(behind, behind(reason));
    }

    private CordwoodException timedOut(String outcome) {
        var reason = lastFailure == null ? "" : ", last failure: " + lastFailure.getMessage();
        return new CordwoodException(
                ErrorCode.REQUEST_TIMED_OUT,
                "no acknowledgement from " + partition + " within deliveryTimeout " + config.deliveryTimeout()
                        + ", outcome " + outcome + reason,
                Map.of(
                        "setting", "deliveryTimeout",
                        "limit", config.deliveryTimeout().toString(),
                        "topic", partition.topic(),
                        "partition", Integer.toString(partition.partition()),
                        "outcome", outcome),
                null,
                lastFailure);
    }

    private void failHead(CordwoodException reason) {
        if (config.idempotent()) {
            failAll(reason);
            return;
        }
        giveUpAnswers();
        sender.failed(inFlight.remove(), reason);
        startAnew();
    }

    private void failAll(CordwoodException reason) {
        // Taken first: what a sender sends once it has learned of the failure must not fail with it.
        var queued = buffer.drain();
        failInFlight(reason);
        fail(queued, behind(reason));
        startAnew();
        identity = null;
        ownIdentity = true;
    }

    private void failInFlight(CordwoodException reason) {
        giveUpAnswers();
        CordwoodException told = reason;
        for (var batch = inFlight.poll(); batch != null; batch = inFlight.poll()) {
            // An acknowledged batch is in the log, whatever became of those before it.
            if (batch.state() == ProducerBatch.State.ACKED) {
                sender.succeeded(partition, batch);
            } else {
                sender.failed(batch, told);
                told = behind(reason);
            }
        }
    }

    private CordwoodException behind(CordwoodException reason) {
        return reason.because("an earlier batch for " + partition + " failed");
    }

    private void fail(List<ProducerBatch> batches, CordwoodException reason) {
        batches.forEach(batch -> sender.failed(batch, reason));
    }

    private void startAnew() {
        recovering = false;
        probing = true;
        failures = 0;
    }

    private void wakeLater(long now) {
        var ready = buffer.readyNanos();
        if (ready.isPresent() && ready.getAsLong() - now > 0) {
            sender.wakeAt(this, ready.getAsLong());
        }
        if (retryNanos - now > 0) {
            sender.wakeAt(this, retryNanos);
        }
        if (unanswered > 0) {
            sender.wakeAt(this, now + stallCheckNanos());
        }
        var head = inFlight.peek();
        var oldest = head == null ? buffer.oldestNanos() : OptionalLong.of(head.createdNanos());
        // One nanosecond behind the timeout: at the timeout itself nothing has expired yet.
        oldest.ifPresent(created ->
                sender.wakeAt(this, created + config.deliveryTimeout().toNanos() + 1));
    }
}
