package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import io.cordwood.partition.AppendDraft;
import io.cordwood.partition.AppendDraft.Verdict;
import io.cordwood.partition.PartitionTail;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.LongToIntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the batches that arrive at a leader into raft entries. While entries are in flight more batches gather, and go into the
 * next entry together: this group commit is what makes small batches cheap.
 *
 * <p>Invariants: entries are submitted one at a time, in order; a batch is judged against everything submitted before it; nothing
 * is submitted unless this replica leads and its term's first entry is applied.
 *
 * <p>Thread: {@link #append} from any; gathering and submitting take turns on the appender threads, one turn at a time.
 */
final class Appender {
    private static final Logger LOG = LoggerFactory.getLogger(Appender.class);
    private static final int PROPOSALS_MAX = 64;
    private static final Duration CONFIRMATION_MAX = Duration.ofSeconds(3);

    private final PartitionTail tail;
    private final EntrySubmitter submitter;
    private final Settings settings;
    private final AppenderLimits limits;
    private final Executor threads;
    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final Queue<WaitingProposal> proposals = new ArrayBlockingQueue<>(PROPOSALS_MAX);
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicInteger inFlight = new AtomicInteger();
    /** Calls for a turn since the current turn began; above zero means that a turn is running or due. */
    private final AtomicInteger calls = new AtomicInteger();

    private volatile boolean leading;
    /** Why nothing is taken although this replica leads; null where it is. */
    private volatile AppendOutcome.@Nullable NoRoom noRoom;
    /** Outcome of the newest submitted entry. Owned by the turn. */
    private CompletableFuture<Boolean> newestEntry = CompletableFuture.completedFuture(true);

    /** Puts an entry into the raft log and answers when it is applied. */
    interface EntrySubmitter {
        /** Completes normally when the entry is applied; exceptionally when its outcome is unknown or it was refused. */
        CompletableFuture<?> submit(SubmittedEntry entry);

        /** Whether nobody was elected after a leader of this term; see {@link LeaderConfirmation}. */
        CompletableFuture<Confirmation> confirm(long term, Duration within);
    }

    /**
     * What an appender asks its replica.
     *
     * @param storedEpoch of the batch that holds an applied offset; negative where that was trimmed
     */
    record Settings(
            int epochBase,
            ReplicaSettings replica,
            NodeClock clock,
            LongSupplier highWatermark,
            LongToIntFunction storedEpoch,
            Supplier<OptionalInt> leaderNodeId) {}

    private record Waiting(AppendRequest request, CompletableFuture<AppendOutcome> outcome) {
        int sizeBytes() {
            return request.batch().sizeBytes();
        }
    }

    private record WaitingProposal(Proposal proposal, CompletableFuture<Proposal.Outcome> outcome) {}

    /** A batch of an entry, or judged behind it, and what to answer once the entry is applied. */
    private record Drafted(CompletableFuture<AppendOutcome> outcome, AppendOutcome onceApplied) {
        /** Its bytes are in the entry: it is no duplicate, and not refused for what the entry brings about. */
        boolean isInEntry() {
            return onceApplied instanceof AppendOutcome.Appended appended && !appended.duplicate();
        }
    }

    Appender(PartitionTail tail, EntrySubmitter submitter, Settings settings, AppenderLimits limits, Executor threads) {
        this.tail = tail;
        this.submitter = submitter;
        this.settings = settings;
        this.limits = limits;
        this.threads = threads;
    }

    /** Begins to take batches: the term's first entry is applied and the tail leads. */
    void open() {
        leading = true;
    }

    boolean isLeading() {
        return leading;
    }

    /** Takes no more batches and refuses the waiting ones; those in flight learn from Ratis. */
    void stop() {
        leading = false;
        callTurn();
    }

    /**
     * Takes no batches for this reason, nor those that wait, until the reason is null. Proposals go on:
     * some make room.
     */
    void refuse(AppendOutcome.@Nullable NoRoom reason) {
        noRoom = reason;
        if (reason != null && !queue.isEmpty()) {
            callTurn();
        }
    }

    /** Why no batches are taken while this replica leads; null where they are. */
    AppendOutcome.@Nullable NoRoom refusing() {
        return noRoom;
    }

    CompletableFuture<AppendOutcome> append(AppendRequest request) {
        if (!leading) {
            return CompletableFuture.completedFuture(notLeader());
        }
        var full = noRoom;
        if (full != null) {
            return CompletableFuture.completedFuture(full);
        }
        int size = request.batch().sizeBytes();
        long queued = queuedBytes.addAndGet(size);
        if (queued > limits.queueMaxBytes() && queued > size) {
            queuedBytes.addAndGet(-size);
            return CompletableFuture.completedFuture(
                    new AppendOutcome.Overloaded("appender.queue-max-bytes", limits.queueMaxBytes(), queued));
        }
        var waiting = new Waiting(request, new CompletableFuture<>());
        queue.add(waiting);
        callTurn();
        return waiting.outcome();
    }

    /** Brings an entry without clients' batches into the log. The answer comes like that of {@link #append}. */
    CompletableFuture<Proposal.Outcome> propose(Proposal proposal) {
        var waiting = new WaitingProposal(proposal, new CompletableFuture<>());
        if (!leading) {
            waiting.outcome().complete(Proposal.Outcome.NOT_LEADER);
        } else if (!proposals.offer(waiting)) {
            waiting.outcome().complete(Proposal.Outcome.OVERLOADED);
        } else {
            callTurn();
        }
        return waiting.outcome();
    }

    private void callTurn() {
        if (calls.getAndIncrement() == 0) {
            threads.execute(this::turn);
        }
    }

    private void turn() {
        int seen = calls.get();
        do {
            while (hasWork() && (!leading || inFlight.get() < limits.maxInFlight())) {
                var proposal = proposals.poll();
                if (proposal != null) {
                    submit(proposal);
                } else {
                    gather();
                }
            }
            seen = calls.addAndGet(-seen);
        } while (seen != 0);
    }

    private boolean hasWork() {
        return !proposals.isEmpty() || !queue.isEmpty();
    }

    private void submit(WaitingProposal waiting) {
        var term = leading ? tail.leadingTerm() : OptionalLong.empty();
        if (term.isEmpty()) {
            waiting.outcome().complete(Proposal.Outcome.NOT_LEADER);
            return;
        }
        var entry = waiting.proposal().entry(tail, leaderTimeMs());
        if (entry.isEmpty()) {
            answerAfter(newestEntry, waiting, Proposal.Outcome.NOT_NEEDED);
            return;
        }
        var applied = new CompletableFuture<Boolean>();
        newestEntry = applied;
        answerAfter(applied, waiting, Proposal.Outcome.APPLIED);
        submit(
                new SubmittedEntry(
                        entry.get(), term.getAsLong(), waiting.proposal().payload()),
                applied::complete);
    }

    private static void answerAfter(
            CompletableFuture<Boolean> applied, WaitingProposal waiting, Proposal.Outcome onceApplied) {
        var unused =
                applied.thenAccept(done -> waiting.outcome().complete(done ? onceApplied : Proposal.Outcome.UNKNOWN));
    }

    private long leaderTimeMs() {
        return Math.max(settings.clock().nowMs(), tail.lastLeaderTimeMs());
    }

    private void gather() {
        var draft = leading ? tail.draft() : Optional.<AppendDraft>empty();
        var full = noRoom;
        if (draft.isEmpty() || full != null) {
            refuseAll(draft.isEmpty() || full == null ? notLeader() : full);
            return;
        }
        long leaderTimeMs = leaderTimeMs();
        var drafted = new ArrayList<Drafted>();
        for (Waiting next = queue.peek();
                next != null && draft.get().hasRoom(next.sizeBytes(), limits.entryMaxBytes());
                next = queue.peek()) {
            queue.remove();
            queuedBytes.addAndGet(-next.sizeBytes());
            judge(next, draft.get(), leaderTimeMs, drafted);
        }
        if (draft.get().isEmpty()) {
            answerAfter(newestEntry, drafted);
        } else {
            submit(draft.get(), leaderTimeMs, drafted);
        }
    }

    private void judge(Waiting waiting, AppendDraft draft, long leaderTimeMs, List<Drafted> drafted) {
        // The batch was validated by the metadata's settings; those of the replica come later, in both directions.
        boolean stamps =
                settings.replica().stampsAppendTime() || waiting.request().needsAppendTime();
        var batch = stamps
                ? stampedCopy(waiting.request().batch(), leaderTimeMs)
                : waiting.request().batch();
        var verdict = draft.offer(batch, waiting.request().expectedEndOffset(), leaderTimeMs);
        if (verdict instanceof Verdict.Accepted accepted) {
            var appendTime = stamps ? OptionalLong.of(leaderTimeMs) : OptionalLong.empty();
            var appended = new AppendOutcome.Appended(
                    accepted.baseOffset(), accepted.endOffset(), epoch(draft), false, appendTime);
            drafted.add(new Drafted(waiting.outcome(), appended));
        } else if (verdict instanceof Verdict.Duplicate duplicate) {
            if (duplicate.endOffset() <= settings.highWatermark().getAsLong()) {
                int stored = settings.storedEpoch().applyAsInt(duplicate.baseOffset());
                waiting.outcome().complete(appended(duplicate, stored < 0 ? epoch(draft) : stored));
            } else {
                // The first copy is in flight, or in this draft: both are applied once the newest entry is. It is
                // of this term: what other leaders took is applied before this one begins.
                drafted.add(new Drafted(waiting.outcome(), appended(duplicate, epoch(draft))));
            }
        } else if (verdict instanceof Verdict.EndOffsetMismatch mismatch) {
            var refusal = new AppendOutcome.EndOffsetMismatch(
                    waiting.request().expectedEndOffset().orElseThrow(), mismatch.found());
            var outcome = onceConfirmed(waiting.outcome(), draft.term());
            if (mismatch.found() <= settings.highWatermark().getAsLong()) {
                outcome.complete(refusal);
            } else {
                // What ends there is in flight, or in this draft, so of this term: it may come to nothing.
                drafted.add(new Drafted(outcome, refusal));
            }
        } else {
            waiting.outcome().complete(refusal(verdict, waiting.request()));
        }
    }

    /** Takes what is found of a batch; where that names the end of the log, it is confirmed first. */
    private CompletableFuture<AppendOutcome> onceConfirmed(CompletableFuture<AppendOutcome> outcome, long term) {
        var found = new CompletableFuture<AppendOutcome>();
        var unused = found.thenCompose(what -> confirmed(what, term)).whenComplete((answer, failure) -> {
            if (failure != null) {
                LOG.error("whether this replica leads in term {} cannot be asked", term, failure);
            }
            outcome.complete(failure == null ? answer : unknownOutcome());
        });
        return found;
    }

    /** A deposed leader knows an end of before: it would refuse what the log is ready for. */
    private CompletableFuture<AppendOutcome> confirmed(AppendOutcome found, long term) {
        if (!(found instanceof AppendOutcome.EndOffsetMismatch)) {
            return CompletableFuture.completedFuture(found);
        }
        return submitter.confirm(term, CONFIRMATION_MAX).thenApply(confirmation -> switch (confirmation) {
            case CONFIRMED -> found;
            case NOT_LEADER -> notLeader();
            case UNANSWERED -> unknownOutcome();
        });
    }

    private static RecordBatch stampedCopy(RecordBatch batch, long leaderTimeMs) {
        var copy = ByteBuffer.allocate(batch.sizeBytes());
        copy.put(batch.bytes()).flip();
        RecordBatch.stampLogAppendTime(copy, 0, leaderTimeMs);
        return RecordBatch.of(copy);
    }

    private int epoch(AppendDraft draft) {
        return Math.addExact(settings.epochBase(), Math.toIntExact(draft.term()));
    }

    private static AppendOutcome.Appended appended(Verdict.Duplicate duplicate, int epoch) {
        return new AppendOutcome.Appended(
                duplicate.baseOffset(), duplicate.endOffset(), epoch, true, OptionalLong.empty());
    }

    private static AppendOutcome refusal(Verdict verdict, AppendRequest request) {
        var batch = request.batch();
        if (verdict instanceof Verdict.OutOfOrder outOfOrder) {
            return new AppendOutcome.OutOfOrderSequence(
                    batch.producerId(), outOfOrder.expected(), batch.baseSequence());
        }
        if (verdict instanceof Verdict.Fenced fenced) {
            return new AppendOutcome.Fenced(batch.producerId(), fenced.currentEpoch(), batch.producerEpoch());
        }
        if (verdict instanceof Verdict.TooManyProducers tooMany) {
            return new AppendOutcome.TooManyProducers(tooMany.limit());
        }
        throw new IllegalStateException("verdict " + verdict);
    }

    private void submit(AppendDraft draft, long leaderTimeMs, List<Drafted> drafted) {
        byte[] payload = payload(draft);
        if (!isSound(draft, payload)) {
            drafted.forEach(
                    each -> each.outcome().complete(each.isInEntry() ? new AppendOutcome.Damaged() : unknownOutcome()));
            return;
        }
        var entry = new SubmittedEntry(draft.entry(settings.replica().log(), leaderTimeMs), draft.term(), payload);
        var applied = new CompletableFuture<Boolean>();
        newestEntry = applied;
        answerAfter(applied, drafted);
        submit(entry, applied::complete);
    }

    /** @param answer told whether the entry is applied; otherwise its outcome is unknown */
    private void submit(SubmittedEntry entry, Consumer<Boolean> answer) {
        inFlight.incrementAndGet();
        var unused = submitted(entry).whenComplete((reply, failure) -> {
            // Before the answers, so that a caller who sends the next batch at once finds the place free.
            inFlight.decrementAndGet();
            answer.accept(failure == null);
            callTurn();
        });
    }

    /** A submit that throws would end the turn for good, and everybody in the queue would wait for ever. */
    private CompletableFuture<?> submitted(SubmittedEntry entry) {
        try {
            return submitter.submit(entry);
        } catch (RuntimeException e) {
            LOG.error("{}: the submit of an entry failed", entry.entry().partition(), e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private static byte[] payload(AppendDraft draft) {
        var payload = ByteBuffer.allocate(draft.payloadBytes());
        for (RecordBatch batch : draft.batches()) {
            payload.put(batch.bytes());
        }
        return payload.array();
    }

    /** The last look at the contents before they become part of the log: followers halt over what does not fit its CRC. */
    private static boolean isSound(AppendDraft draft, byte[] payload) {
        int position = 0;
        for (RecordBatch batch : draft.batches()) {
            int crc = RecordBatch.of(ByteBuffer.wrap(payload, position, batch.sizeBytes())
                            .slice())
                    .computeCrc();
            if (crc != batch.crc()) {
                LOG.error(
                        "a batch of {} bytes of producer {} was damaged in this node's memory: its CRC is {}, computed is {};"
                                + " it is refused",
                        batch.sizeBytes(),
                        batch.producerId(),
                        Integer.toHexString(batch.crc()),
                        Integer.toHexString(crc));
                return false;
            }
            position += batch.sizeBytes();
        }
        return true;
    }

    private void answerAfter(CompletableFuture<Boolean> applied, List<Drafted> drafted) {
        if (drafted.isEmpty()) {
            return;
        }
        var unused = applied.thenAccept(
                done -> drafted.forEach(each -> each.outcome().complete(done ? each.onceApplied() : unknownOutcome())));
    }

    private void refuseAll(AppendOutcome refusal) {
        for (Waiting waiting = queue.poll(); waiting != null; waiting = queue.poll()) {
            queuedBytes.addAndGet(-waiting.sizeBytes());
            waiting.outcome().complete(refusal);
        }
    }

    private AppendOutcome unknownOutcome() {
        return leading ? new AppendOutcome.TimedOut() : notLeader();
    }

    private AppendOutcome notLeader() {
        return new AppendOutcome.NotLeader(settings.leaderNodeId().get());
    }

    /** Bytes waiting, for a metric. */
    long queuedBytes() {
        return queuedBytes.get();
    }

    /** Batches waiting, for a metric: goes through all of them. */
    int queuedBatches() {
        return queue.size();
    }
}
