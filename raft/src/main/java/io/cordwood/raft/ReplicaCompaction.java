package io.cordwood.raft;

import io.cordwood.partition.CompactEntry;
import io.cordwood.partition.PartitionTail;
import io.cordwood.store.CompactionPass;
import io.cordwood.store.CompactionPlan;
import io.cordwood.store.CompactionRules;
import io.cordwood.store.CompactionTimes;
import io.cordwood.store.RewrittenSegment;
import io.cordwood.store.SealedSegment;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compaction of one replica. A leader makes a pass and proposes what came of it; every replica that applies the entry makes the
 * same files, by the same pass or from another replica where its own come out different, and puts them in the place of the old
 * ones.
 *
 * <p>Invariants: entries take effect in their order, one at a time. Between the apply of an entry and its files no checkpoint
 * covers it, and until one does what the pass was made from is not deleted: it is there also after a restart. Nothing that
 * is decided here needs to survive: a replica that starts again repeats what its checkpoint does not cover, and what it had made
 * already it finds again.
 *
 * <p>Thread: {@link #applied} by the updater; {@link #pass} and {@link #finish} by the node's thread for compaction; the rest any.
 * The monitor guards what is pending and who may work.
 */
final class ReplicaCompaction {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaCompaction.class);
    private static final long DECISION_SECONDS = 60;
    /** There is none. */
    static final long NOTHING_PENDING = Long.MAX_VALUE;

    private final ReplicaState replica;
    private final CompactionProgress progress = new CompactionProgress(System::nanoTime);
    private final EntryFiles files;
    private final Deque<Applied> pending = new ArrayDeque<>();
    /** Of applied entries that no durable checkpoint was known to cover. */
    private final Deque<Sources> uncovered = new ArrayDeque<>();

    private volatile boolean paused;
    /** A catch-up is what paused, and it has not ended. */
    private boolean preparing;
    /** Somebody wanted to resume meanwhile. */
    private boolean fed;

    private boolean closed;
    private boolean running;
    /** A pass of this node whose outcome is not known, or whose entry is not installed. Of whoever works, or has paused it. */
    private @Nullable Proposed proposed;
    /** Whether nothing is left of the time before the newest start, or before a fetched state came. */
    private volatile boolean tidied;

    /**
     * What a pass shares with those of other replicas of the node.
     *
     * @param freeHeapBytes what the heap has left now
     * @param urgent whether a replica of the node waits for files so long that the rate counts no more
     */
    record Means(
            CatchUpRate rate, long keyBytes, LongSupplier freeHeapBytes, BooleanSupplier urgent, StoreMeters meters) {
        /** Returns when so many bytes may be read. */
        void take(long bytes) throws InterruptedException {
            if (urgent.getAsBoolean()) {
                rate.count(bytes);
            } else {
                rate.take(bytes);
            }
        }
    }

    private record Applied(long index, CompactEntry entry, long sinceNanos) {}

    /** From which offset on an entry has sources. */
    private record Sources(long index, long baseOffset) {}

    private record Proposed(CompactEntry.Pass pass, List<RewrittenSegment> segments) {
        /** Those that an entry lists; empty where it is of another pass. */
        Optional<List<RewrittenSegment>> listedBy(CompactEntry entry) {
            var listed = segments.stream()
                    .filter(segment -> entry.segments().contains(segment.sealed()))
                    .toList();
            return pass.equals(entry.pass())
                            && listed.size() == entry.segments().size()
                    ? Optional.of(listed)
                    : Optional.empty();
        }
    }

    /** Where files that other replicas made are to be had. */
    interface Others {
        /** Nodes with a replica, the likeliest first. */
        List<CatchUpPeer> peers();
    }

    ReplicaCompaction(ReplicaState replica) {
        this.replica = replica;
        this.files = new EntryFiles(replica, progress, this::isWanted);
    }

    /** Takes note of an applied entry: {@link #finish} makes its files. */
    synchronized void applied(CompactEntry entry, long index) {
        pending.add(new Applied(index, entry, System.nanoTime()));
        entry.segments().stream()
                .mapToLong(SealedSegment::baseOffset)
                .min()
                .ifPresent(base -> uncovered.add(new Sources(index, base)));
    }

    /** Raft index of the first entry that is applied and whose files are not in place, {@link #NOTHING_PENDING} where all are. */
    synchronized long firstPendingIndex() {
        return pending.isEmpty() ? NOTHING_PENDING : pending.peek().index();
    }

    /** Applied raft entries that no checkpoint covers, because files are missing; 0 where none are. */
    long backlog() {
        var durable = replica.durableCheckpoint();
        return firstPendingIndex() == NOTHING_PENDING || durable.isEmpty()
                ? 0
                : replica.applied().indexBehind() - durable.get().getIndex();
    }

    /**
     * From which offset on files are needed to repeat what the newest durable checkpoint does not cover; {@link Long#MAX_VALUE}
     * where none are.
     */
    synchronized long sourcesFrom(long checkpointIndex) {
        uncovered.removeIf(sources -> sources.index() <= checkpointIndex);
        return uncovered.stream().mapToLong(Sources::baseOffset).min().orElse(Long.MAX_VALUE);
    }

    /** The files are those of a fetched state now. */
    synchronized void restarted() {
        pending.clear();
        uncovered.clear();
        paused = false;
        tidied = false; // of an entry that is forgotten there may be some files
        progress.succeeded(CompactionProgress.Effort.FILES);
    }

    /**
     * Ends the pass that runs, and waits for its end, for a catch-up that prepares; none begins before {@link #prepared}. What was
     * proposed is thrown away: files of the same names may come from elsewhere now.
     */
    void pause() throws IOException, InterruptedException {
        awaitEnd();
        discardProposed(); // without the monitor, which whoever takes an entry may want
    }

    private synchronized void awaitEnd() throws InterruptedException {
        preparing = true;
        fed = false;
        paused = true;
        while (running) {
            wait();
        }
    }

    /** The catch-up that paused has ended. With what it is to install, none begins before that or {@link #resume}. */
    synchronized void prepared(boolean ready) {
        preparing = false;
        paused = ready && !fed;
    }

    /** A leader feeds this replica again, or it leads. */
    void resume() { // for each entry that comes: no lock
        if (paused) {
            resumePaused();
        }
    }

    private synchronized void resumePaused() {
        fed = true;
        paused = preparing; // a catch-up may still write files, until it notices
    }

    /** Ends the pass that runs, for good, and waits for its end. */
    synchronized void close() {
        closed = true;
        boolean interrupted = false;
        while (running) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true; // the directory may belong to another replica next
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    CompactionStatus status() {
        boolean runs;
        OptionalLong since;
        synchronized (this) {
            runs = running;
            since = pending.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(pending.peek().sinceNanos());
        }
        boolean leads = replica.tail().leadingTerm().isPresent();
        return progress.status(replica.applied().compactable(), runs, since, leads);
    }

    /** What is not done now is tried again after a while. */
    void waits(CompactionProgress.Effort effort, long nanos) {
        progress.waits(effort, nanos);
    }

    /** Whether a pass runs, or files of one are fetched. */
    synchronized boolean isRunning() {
        return running;
    }

    /** Whether a pass may run. */
    synchronized boolean isWanted() {
        return !paused && !closed;
    }

    private synchronized boolean begin() {
        // Files that are given up are nobody's until a fetched state says which ones they are.
        running = !paused && !closed && !replica.isRefetching();
        return running;
    }

    private synchronized void end() {
        running = false;
        notifyAll();
    }

    private synchronized @Nullable Applied next() {
        return pending.peek();
    }

    private synchronized void done(Applied applied) {
        if (applied.equals(pending.peek())) { // else a fetched state took the place of all
            pending.remove();
        }
    }

    /** Puts the files of applied entries in place. Returns whether all are. */
    boolean finish(Others others, Means means) {
        return firstPendingIndex() == NOTHING_PENDING
                || run(CompactionProgress.Effort.FILES, () -> {
                    finishAll(others, means);
                    return true;
                });
    }

    /** Deletes, once after a start or an install, what was left of passes: as soon as a checkpoint covers all who might want it. */
    void tidy() {
        if (!tidied && isCovered()) {
            run(CompactionProgress.Effort.TIDY, () -> {
                if (proposed == null) {
                    discardUnused();
                }
                return true;
            });
        }
    }

    /** One by one: what other partitions enqueue comes in between. */
    private void discardUnused() throws IOException {
        tidied = true; // also where it fails: else it would at each look
        var isOneMore = new AtomicBoolean(true);
        while (isOneMore.get() && isWanted()) {
            change(log -> isOneMore.set(log.compactor(bytes -> {}).discardUnused()));
        }
        tidied = !isOneMore.get();
    }

    private boolean isCovered() {
        var durable = replica.durableCheckpoint();
        return durable.isPresent() && replica.sourcesFrom(durable.get().getIndex()) == Long.MAX_VALUE;
    }

    /**
     * Makes a pass if one is due and this replica leads, and has all replicas do the same; {@link #finish} puts its files in place.
     * Returns false where it failed.
     */
    boolean pass(CompactionRules rules, long nowMs, Means means) {
        return run(CompactionProgress.Effort.PASS, () -> decide(rules, nowMs, means));
    }

    private interface Work {
        /** Returns false where it was for nothing. */
        boolean run() throws IOException;
    }

    private boolean run(CompactionProgress.Effort effort, Work work) {
        if (!begin()) {
            progress.waitsNoMore(effort);
            return true;
        }
        try {
            boolean worked = work.run();
            if (worked) { // else it says why not
                progress.succeeded(effort);
            }
            return worked;
        } catch (InterruptedIOException | ClosedByInterruptException e) {
            LOG.info("{}: compaction is interrupted: {}", replica.id(), e.getMessage());
            progress.waitsNoMore(effort);
            return true;
        } catch (IOException | RuntimeException | LinkageError e) {
            progress.failed(effort, replica.id(), e);
            return false;
        } finally {
            end();
        }
    }

    /** Returns false where a pass was void, or may have been. */
    private boolean decide(CompactionRules rules, long nowMs, Means means) throws IOException {
        var term = replica.tail().leadingTerm();
        if (term.isEmpty() || next() != null) {
            return true;
        }
        discardProposed();
        var seen = replica.applied().compactable();
        var plan = CompactionPlan.of(
                seen.segments(), seen.compactedEnd(), replica.log().highWatermark(), rules, nowMs);
        if (plan.isEmpty()) {
            return true;
        }
        var times = CompactionTimes.of(nowMs, rules);
        long bytes = CompactionProgress.bytesToRead(
                replica.log().segments(), plan.get().dirty(), plan.get().segments());
        var pace = progress.begin(bytes, means, () -> isWanted() && leads(replica.tail(), term));
        return propose(replica.log().compactor(pace).compact(plan.get(), times, means.keyBytes()), times, term);
    }

    private static boolean leads(PartitionTail tail, OptionalLong term) {
        return tail.leadingTerm().equals(term);
    }

    /** Returns false where the pass was void, or may have been. */
    private boolean propose(CompactionPass made, CompactionTimes times, OptionalLong term) throws IOException {
        var pass = new CompactEntry.Pass(made.scanned(), made.keys(), times, CompactEntry.REWRITE_VERSION);
        LOG.info("{}: read {} keys of {}", replica.id(), made.keys(), made.scanned());
        proposed = new Proposed(pass, made.segments());
        var outcome = Proposal.Outcome.NOT_NEEDED;
        // Each turn but the last finds that a trim has taken some more of what files were made from.
        while (outcome == Proposal.Outcome.NOT_NEEDED && leads(replica.tail(), term)) {
            made.trimTo(replica.tail().logStartOffset());
            if (made.isEmpty()) {
                break;
            }
            proposed = new Proposed(pass, made.segments());
            requireFewFiles(made.segments().size());
            outcome = awaited(replica.appender().propose((inLog, timeMs) -> {
                boolean isWhole = leads(inLog, term) && inLog.logStartOffset() < made.firstSourceEnd();
                return isWhole ? Optional.of(entry(pass, made, timeMs)) : Optional.empty();
            }));
        }
        return noteOutcome(outcome);
    }

    private void requireFewFiles(int files) throws IOException {
        if (files > CompactEntry.MAX_SEGMENTS) {
            discardProposed();
            throw new IOException("a pass made " + files + " files, an entry takes " + CompactEntry.MAX_SEGMENTS);
        }
    }

    private boolean noteOutcome(Proposal.Outcome outcome) throws IOException {
        boolean isApplied = outcome == Proposal.Outcome.APPLIED;
        if (!isApplied) {
            LOG.info("{}: the pass came to nothing: {}", replica.id(), outcome);
            progress.wasVoid(outcome);
        }
        if (!isApplied
                && outcome != Proposal.Outcome.UNKNOWN) { // else its files wait for the entry, until the next pass
            discardProposed();
        }
        return isApplied;
    }

    private CompactEntry entry(CompactEntry.Pass pass, CompactionPass made, long timeMs) {
        return new CompactEntry(
                replica.id(),
                timeMs,
                pass,
                made.firstSourceEnd(),
                made.segments().stream().map(RewrittenSegment::sealed).toList());
    }

    private static Proposal.Outcome awaited(CompletableFuture<Proposal.Outcome> decision) throws IOException {
        try {
            return decision.get(DECISION_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return Proposal.Outcome.UNKNOWN;
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private void discardProposed() throws IOException {
        var known = proposed;
        proposed = null;
        if (known != null) {
            discard(known.segments());
        }
    }

    /** Of what was proposed these become part of the log, and the others do not. */
    private void leaveOut(List<RewrittenSegment> used) throws IOException {
        var all = Objects.requireNonNull(proposed).segments();
        proposed = null;
        discard(all.stream().filter(each -> !used.contains(each)).toList());
    }

    private void discard(List<RewrittenSegment> segments) throws IOException {
        replica.log()
                .compactor(bytes -> {})
                .discard(segments.stream().map(RewrittenSegment::sealed).toList());
    }

    private void finishAll(Others others, Means means) throws IOException {
        for (var applied = next(); applied != null; applied = next()) {
            var segments = make(applied.entry(), others, means);
            for (var segment : segments) { // what other partitions enqueue comes in between
                change(log -> log.install(segment));
            }
            LOG.info("{}: {} compacted files are in place", replica.id(), segments.size());
            done(applied);
            means.meters().compacted();
        }
    }

    private List<RewrittenSegment> make(CompactEntry entry, Others others, Means means) throws IOException {
        var known = proposed == null ? Optional.<List<RewrittenSegment>>empty() : proposed.listedBy(entry);
        if (known.isPresent()) {
            leaveOut(known.get());
            return known.get();
        }
        discardProposed();
        return files.make(entry, others, means);
    }

    private void change(SegmentWriter.LogChange change) throws IOException {
        try {
            replica.writer().change(change).get();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("the node stops");
    }
}
