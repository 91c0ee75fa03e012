package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.PartitionState;
import io.cordwood.partition.PartitionTail;
import io.cordwood.store.LogConfig;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A raft log without Raft, for tests of the appender: takes entries as Ratis would, and commits or loses them when the test says so.
 *
 * <p>Thread: any; the monitor stands for Ratis' log write lock. Answers are given outside of it.
 */
final class LogOfALeader implements Appender.EntrySubmitter {
    static final int EPOCH_BASE = 7;
    static final int OTHER_NODE = 3;

    /** What becomes of the next submitted entry. */
    enum Reaction {
        TAKE,
        /** Refused before it is in the log, like Ratis' limits do. */
        REFUSE,
        /** In the log, but the submitter never learns it. */
        TAKE_AND_FAIL,
        /** A bug below the submit. */
        THROW
    }

    private record InFlight(long term, long index, SubmittedEntry submitted, CompletableFuture<Void> reply) {}

    final PartitionId partition = new PartitionId(new UUID(1, 2), 0);
    final PartitionTail tail = new PartitionTail(partition, 0, 0, 0, 0);
    private final PartitionState applied = PartitionState.empty(partition, EPOCH_BASE);
    private final Deque<InFlight> inFlight = new ArrayDeque<>();
    private final List<AppendEntry> committed = new ArrayList<>();
    private final List<RecordBatch> batches = new ArrayList<>();
    /** By the first offset of each committed entry. */
    private final TreeMap<Long, Integer> epochs = new TreeMap<>();

    private final Deque<Reaction> reactions = new ArrayDeque<>();
    private final ReplicaSettings replicaSettings =
            new ReplicaSettings(LogConfig.defaults(), TopicConfig.DEFAULTS, new TreeMap<>());
    private volatile long highWatermark;
    private volatile long clockMs = 1_000;
    private final NodeClock clock = new NodeClock(() -> clockMs, () -> 0);
    private long term;
    private long index;
    private int submits;
    private volatile Confirmation confirmation = Confirmation.CONFIRMED;

    Appender appender(AppenderLimits limits, Executor threads) {
        return appender(limits, threads, false);
    }

    Appender appender(AppenderLimits limits, Executor threads, boolean stampsAppendTime) {
        if (stampsAppendTime) {
            change(Map.of(TopicConfig.TIMESTAMP_TYPE, "append"));
        }
        var settings = new Appender.Settings(
                EPOCH_BASE,
                replicaSettings,
                clock,
                () -> highWatermark,
                this::epochAt,
                () -> OptionalInt.of(OTHER_NODE));
        return new Appender(tail, this, settings, limits, threads);
    }

    /** The topic's settings are these from now on. */
    void change(Map<String, String> topicSettings) {
        replicaSettings.change(new TreeMap<>(topicSettings));
    }

    /** The machine's; no time passes meanwhile. */
    void setClock(long ms) {
        clockMs = ms;
    }

    /** Begins a term: everything in the log is applied by then. */
    synchronized void lead() {
        term++;
        index++;
        applied.skip(term, index);
        tail.lead(term, applied.copyProducers(), applied.segments().active());
    }

    synchronized void next(Reaction reaction) {
        reactions.add(reaction);
    }

    @Override
    public CompletableFuture<?> submit(SubmittedEntry entry) {
        synchronized (this) {
            submits++;
            var reaction = reactions.isEmpty() ? Reaction.TAKE : reactions.remove();
            if (reaction == Reaction.THROW) {
                throw bug();
            }
            if (reaction == Reaction.REFUSE || !tail.accepts(entry.entry(), entry.draftTerm())) {
                return CompletableFuture.failedFuture(new IOException("refused"));
            }
            tail.append(entry.entry(), term, ++index);
            var taken = new InFlight(term, index, entry, new CompletableFuture<>());
            inFlight.add(taken);
            return reaction == Reaction.TAKE_AND_FAIL
                    ? CompletableFuture.failedFuture(new IOException("unknown outcome"))
                    : taken.reply();
        }
    }

    /** What others say from now on of whether it leads. */
    void confirm(Confirmation answer) {
        confirmation = answer;
    }

    @Override
    public CompletableFuture<Confirmation> confirm(long ledTerm, Duration within) {
        return CompletableFuture.completedFuture(confirmation);
    }

    /** Without a stack trace: a simulation logs thousands. */
    private static IllegalStateException bug() {
        var bug = new IllegalStateException("a bug below the submit");
        bug.setStackTrace(new StackTraceElement[0]);
        return bug;
    }

    /** Commits and applies the oldest entry; false where there is none. */
    boolean applyOldest() {
        InFlight oldest;
        synchronized (this) {
            oldest = inFlight.poll();
            if (oldest == null) {
                return false;
            }
            var entry = tail.applied(oldest.term(), oldest.index()).orElseThrow();
            applied.apply(entry, oldest.term(), oldest.index());
            if (entry instanceof AppendEntry append) {
                committed.add(append);
                epochs.put(append.baseOffset(), EPOCH_BASE + (int) oldest.term());
                collect(append, oldest.submitted().payload());
                highWatermark = append.endOffset();
            }
        }
        oldest.reply().complete(null);
        return true;
    }

    private void collect(AppendEntry entry, ByteBuffer payload) {
        int position = 0;
        for (BatchHeader header : entry.batches()) {
            batches.add(RecordBatch.of(payload.slice(position, header.sizeBytes())));
            position += header.sizeBytes();
        }
        assertThat(position).isEqualTo(payload.limit());
    }

    void applyAll() {
        while (applyOldest()) {
            // The next one.
        }
    }

    /** Another leader took over: the oldest entries stay in the log, the others are lost, and nobody learns which. */
    void loseAllBut(int kept, Appender appender) {
        var unanswered = new ArrayList<InFlight>();
        synchronized (this) {
            int place = 0;
            for (InFlight each : inFlight) {
                unanswered.add(each);
                if (place++ == kept) {
                    tail.truncate(each.index());
                    index = each.index() - 1;
                }
            }
            while (inFlight.size() > kept) {
                inFlight.removeLast();
            }
            if (unanswered.size() <= kept) {
                tail.truncate(index + 1); // nothing to remove; the new leader's term has begun all the same
            }
        }
        appender.stop();
        unanswered.forEach(each -> each.reply().completeExceptionally(new IOException("not leader")));
        applyAll();
    }

    private synchronized int epochAt(long offset) {
        var entry = epochs.floorEntry(offset);
        return entry == null ? -1 : entry.getValue();
    }

    /** Nothing is known any more of the epochs of what is committed, as where it was trimmed. */
    synchronized void forgetEpochs() {
        epochs.clear();
    }

    synchronized int submits() {
        return submits;
    }

    synchronized int inFlight() {
        return inFlight.size();
    }

    long highWatermark() {
        return highWatermark;
    }

    synchronized List<AppendEntry> committed() {
        return List.copyOf(committed);
    }

    /** The committed batches as they went into the log, but for the stamps. */
    synchronized List<RecordBatch> batches() {
        return List.copyOf(batches);
    }
}
