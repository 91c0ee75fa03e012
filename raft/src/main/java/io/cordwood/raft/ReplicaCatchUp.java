package io.cordwood.raft;

import io.cordwood.batch.BatchRewriter;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.Disk;
import io.cordwood.store.LeaderEpochs;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.RewrittenSegment;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentInfo;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a replica's files to the applied state of a node that is ahead, where that node's raft log does not reach back to what
 * the replica has.
 *
 * <p>Own and foreign batches are compared from the own high watermark on, each once: base offset, size, leader epoch, CRC, and in
 * which file. They are cut at the first difference only. Where the own files end first, the rest is fetched; where the other's do, what they
 * hold beyond is kept.
 *
 * <p>Where the source has compacted, there is nothing to compare with: the files come as a whole, are looked at by their hash, and
 * take the place of what was appended when the state is installed. Until then the own log goes on as it is, and what it lacks
 * there is held by batches without records, so that it joins what follows.
 *
 * <p>Invariants: nothing below the own high watermark is touched before the install; what Ratis brought is in the files before
 * they are compared; they change on the partition's writer thread, and no more once Ratis has changed the end of the log; what is
 * ready to be installed is forced, reaches the first entry that the leader still has and covers the own raft log, which Ratis gives
 * up as a whole. A crash at any point leaves a replica that starts: its raft log and checkpoint are as before, and the bytes below
 * the floor are the same in every history.
 *
 * <p>Thread: one at a time, of the node's threads for catch-ups.
 */
final class ReplicaCatchUp implements InstallSlot.Work {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaCatchUp.class);
    private static final int OWN_READ_BYTES = 1 << 20;

    private final ReplicaState replica;
    private final PartitionContext context;
    private final RaftLogEnd ownEnd;
    private final CheckpointStorage checkpoints;
    /** Files that came in the rounds so far. */
    private final Map<SealedSegment, RewrittenSegment> received = new HashMap<>();
    /** All that may have come, in earlier attempts too: one that failed leaves whole files to the next one. */
    private final Set<SealedSegment> left = new HashSet<>();
    /** The source trimmed or replaced what the rate left to fetch: it would be fetched in vain for ever. */
    private volatile boolean overtaken;
    /** What was appended below is the source's, while the replica counts so many changes: it is not compared again. */
    private long sharedEnd;

    private long sharedChanges = -1;
    private final OwnFilesWait ownFiles = new OwnFilesWait(System::nanoTime);

    ReplicaCatchUp(ReplicaState replica, PartitionContext context, RaftLogEnd ownEnd, CheckpointStorage checkpoints) {
        this.replica = replica;
        this.context = context;
        this.ownEnd = ownEnd;
        this.checkpoints = checkpoints;
    }

    @Override
    public Optional<InstallSlot.Ready> prepare(int leaderNode, TermIndex first)
            throws IOException, InterruptedException {
        replica.compaction().prepared(false); // what was prepared before and not installed counts for nothing
        if (lacksNothing(first.getIndex())) {
            return Optional.empty();
        }
        LOG.info(
                "{}: catches up with node {}: its raft log begins at {}, the own ends at raft index {}",
                replica.id(),
                leaderNode,
                first,
                ownEnd.lastIndex());
        boolean prepared = false;
        try {
            replica.compaction().pause();
            var ready = rounds(leaderNode, first);
            prepared = true;
            return Optional.of(ready);
        } finally {
            replica.compaction().prepared(prepared);
        }
    }

    private Round rounds(int leaderNode, TermIndex first) throws IOException, InterruptedException {
        received.clear(); // compaction may have gone on since: what is there is looked at again
        long changes = replica.logChanges().settled().orElseThrow(this::fedAgain);
        // Compared before it is in the files, what a leader sent last would be fetched once more, and what is there
        // taken for another's.
        change(changes, written -> {});
        sharedEnd = changes == sharedChanges ? sharedEnd : 0;
        sharedChanges = changes;
        var peer = context.node().catchUps().peer(leaderNode, context.groupUuid());
        var round = follow(peer, changes, first.getIndex());
        var pace = new RoundPace();
        var next = pace.after(round.movedBytes);
        while (next != RoundPace.Next.NONE) {
            round = follow(next == RoundPace.Next.UNTHROTTLED ? peer.unthrottled() : peer, changes, first.getIndex());
            next = pace.after(round.movedBytes);
        }
        ownEnd.awaitForced();
        return round;
    }

    private Round follow(CatchUpPeer source, long changes, long firstIndex) throws IOException, InterruptedException {
        var peer = overtaken ? source.unthrottled() : source;
        var round = new Round(peer, changes, state(peer, firstIndex));
        round.follow();
        return round;
    }

    /**
     * A leader that lost its view of a follower notifies it too, though nothing is missing. A checkpoint that Ratis knows of lets
     * it say so: it is asked again, and answers by itself.
     */
    private boolean lacksNothing(long firstIndex) throws IOException {
        if (ownEnd.lastIndex() < firstIndex || replica.applied().indexBehind() < firstIndex) {
            return false;
        }
        // Where compaction has not finished none is taken: an older one may do.
        var taken = replica.takeCheckpoint().or(replica::durableCheckpoint);
        if (taken.isEmpty() || taken.get().getIndex() < firstIndex) {
            waitForOwnFiles();
            return false;
        }
        checkpoints.taken(taken.get());
        ownEnd.installed(taken.get().getIndex());
        LOG.info("{}: was asked to catch up to {}, and has more", replica.id(), firstIndex);
        return true;
    }

    /** A checkpoint of what this replica has would do, and is taken once compaction has made its files: less than to fetch all. */
    private void waitForOwnFiles() throws InstallSlot.NotYetException {
        boolean arePending =
                replica.compaction().firstPendingIndex() <= replica.applied().indexBehind() && !replica.isRefetching();
        if (arePending && ownFiles.goesOn()) {
            throw new InstallSlot.NotYetException(replica.id() + " lacks nothing but files that it compacts");
        }
    }

    private Checkpoint state(CatchUpPeer peer, long firstIndex) throws IOException, InterruptedException {
        var target = CheckpointFile.decode(peer.stateFrom(firstIndex));
        if (!target.partition().equals(replica.id())) {
            throw new IOException("the state is of " + target.partition() + ", not of " + replica.id());
        }
        long needed = Math.max(firstIndex, ownEnd.lastIndex());
        if (target.index() < needed) {
            throw new IOException(
                    "the state of the source stands at raft index " + target.index() + ", below " + needed);
        }
        if (target.highWatermark() < replica.log().highWatermark()) {
            throw new IOException("the source's high watermark is " + target.highWatermark() + ", the own is "
                    + replica.log().highWatermark());
        }
        return target;
    }

    private void change(long changes, SegmentWriter.LogChange change) throws IOException, InterruptedException {
        CompletableFuture<Void> done = replica.writer().change(changed -> {
            requireUnchanged(changes);
            change.to(changed);
        });
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        }
    }

    private void requireUnchanged(long changes) {
        if (!replica.logChanges().isStill(changes)) {
            throw fedAgain();
        }
    }

    private IllegalStateException fedAgain() {
        return new IllegalStateException("a leader feeds " + replica.id() + " again");
    }

    /** One state that is followed. */
    private final class Round implements InstallSlot.Ready {
        private final long changes;
        private final Checkpoint target;
        private final Set<Long> fileBases;
        private final PartitionLog log = replica.log();
        private CatchUpPeer peer;
        /** Fetched or compared: how long the round took, where the rate holds. */
        private long movedBytes;

        Round(CatchUpPeer peer, long changes, Checkpoint target) {
            this.peer = peer;
            this.changes = changes;
            this.target = target;
            this.fileBases = Stream.concat(
                            target.segments().sealed().stream().map(SealedSegment::baseOffset),
                            Stream.of(target.segments().active().baseOffset()))
                    .collect(Collectors.toUnmodifiableSet());
        }

        void follow() throws IOException, InterruptedException {
            discardUnlisted();
            long start = startOffset(); // own files that are given up make room
            receiveRewritten();
            for (long at = start; at < end(); ) {
                var rewritten = rewrittenAt(at);
                at = rewritten.isPresent() ? passOver(rewritten.get(), at) : followAppended(at);
            }
            requireSameFiles();
            change(PartitionLog::force);
        }

        private Stream<SealedSegment> rewritten() {
            return target.segments().sealed().stream().filter(segment -> segment.compactionGeneration() > 0);
        }

        private Optional<SealedSegment> rewrittenAt(long offset) {
            return rewritten()
                    .filter(segment -> segment.baseOffset() <= offset && offset < segment.endOffset())
                    .findFirst();
        }

        /** What the source has rewritten or trimmed since it came. */
        private void discardUnlisted() throws IOException {
            var listed = rewritten().collect(Collectors.toSet());
            for (var segment : List.copyOf(left)) {
                if (!listed.contains(segment)) {
                    if (segment.endOffset() > firstBase()) { // what it held is to come once more
                        goOnUnthrottled();
                    }
                    log.compactor(bytes -> {}).discard(List.of(segment));
                    left.remove(segment);
                    received.remove(segment);
                }
            }
        }

        private void goOnUnthrottled() {
            overtaken = true;
            peer = peer.unthrottled();
        }

        private void receiveRewritten() throws IOException, InterruptedException {
            for (var segment : rewritten().toList()) {
                if (!log.transfer().has(segment) && !received.containsKey(segment)) {
                    requireUnchanged(); // else compaction may come to the same file
                    left.add(segment);
                    received.put(segment, log.transfer().receive(segment, position -> {
                        requireUnchanged();
                        var bytes = peer.file(segment, position);
                        movedBytes += bytes.remaining();
                        context.node().catchUps().counters().fetched(bytes.remaining());
                        return bytes;
                    }));
                }
            }
        }

        /** Follows what the source holds as it was appended, up to what it has compacted. Returns where that is. */
        private long followAppended(long start) throws IOException, InterruptedException {
            long limit = rewritten()
                    .mapToLong(SealedSegment::baseOffset)
                    .filter(base -> base > start)
                    .min()
                    .orElse(end());
            long from = Math.max(start, Math.min(sharedEnd, limit));
            long shared = Divergence.sharedEnd(
                    from, offset -> ownPrints(offset, limit), offset -> sourcePrints(offset, limit));
            shared = Divergence.sameFilesEnd(from, shared, ownBases(), fileBases);
            context.node().catchUps().counters().compared(shared - from);
            sharedEnd = Math.max(sharedEnd, shared);
            fetch(shared, limit);
            return limit;
        }

        /** Has the own log reach the end of a compacted segment, where its file begins and where the next one does. */
        private long passOver(SealedSegment segment, long start) throws IOException, InterruptedException {
            if (log.transfer().has(segment)) {
                return segment.endOffset();
            }
            // Those of the file: the state has none of what lies below its log start, which may be inside it.
            var epochs = Objects.requireNonNull(received.get(segment)).leaderEpochs();
            var range = new OffsetRange(start, Math.min(segment.endOffset(), log.writtenEndOffset()));
            boolean beginsElsewhere = start == segment.baseOffset()
                    && !range.isEmpty()
                    && !ownBases().contains(start);
            long shared = beginsElsewhere || range.isEmpty()
                    ? start
                    : Divergence.sameEpochsEnd(range, log.leaderEpochs(), epochs);
            if (shared < range.end()) {
                requireNeverApplied(shared);
                sharedEnd = Math.min(sharedEnd, shared);
                change(changed -> {
                    replica.replaceFrom(shared, this::requireUnchanged);
                    changed.truncateTo(shared);
                });
            }
            for (long at = log.writtenEndOffset(); at < segment.endOffset(); ) {
                long base = at;
                long next = Math.min(LeaderEpochs.endOfSpan(epochs, base), segment.endOffset());
                var place = BatchRewriter.placeholder(base, next, LeaderEpochs.at(epochs, base));
                change(changed -> changed.append(base, next, place, base == segment.baseOffset()));
                at = next;
            }
            return segment.endOffset();
        }

        /** What differs there is damage, and a cut would have the next start take it for a loss. */
        private void requireNeverApplied(long offset) throws IOException {
            // What the floor covers was applied once, also before the newest start.
            long floor = context.node().floor().of(context.groupUuid()).orElse(-1);
            long applied = replica.tail().endOffsetBehind(floor);
            if (!replica.isRefetching() && offset < applied) {
                throw new IOException(replica.id() + " differs from the source at offset " + offset
                        + ", and had applied the offsets up to " + applied);
            }
        }

        /** What the checkpoint will list is there, or is installed with it. */
        private void requireSameFiles() throws IOException {
            var own = Set.copyOf(log.segments());
            for (var listed : target.segments().sealed()) {
                var info = new SegmentInfo(listed.baseOffset(), listed.endOffset(), listed.sizeBytes());
                if (!own.contains(info) && !received.containsKey(listed)) {
                    sharedEnd = 0; // whatever it comes from, the next attempt looks at all of it
                    throw new IOException(
                            "the files of " + replica.id() + " are " + own + ", the source has " + listed);
                }
            }
        }

        private long end() {
            return target.highWatermark();
        }

        private long firstBase() {
            return fileBases.stream().min(Long::compare).orElseThrow();
        }

        /** Where to begin to compare; files that the leader does not have any more are given up. */
        private long startOffset() throws IOException, InterruptedException {
            long highWatermark = log.highWatermark();
            long firstBase = firstBase();
            boolean refetching = replica.isRefetching();
            if (highWatermark >= firstBase && !refetching) {
                return highWatermark;
            }
            if (refetching && firstBase > log.writtenEndOffset()) {
                goOnUnthrottled();
            }
            if (!refetching || !mayGoOnAt(firstBase)) {
                LOG.info("{}: the source's log begins at offset {}, the own is given up", replica.id(), firstBase);
                sharedEnd = firstBase;
                change(changed -> {
                    replica.giveUpFiles();
                    requireUnchanged(); // no entry is taken from here on
                    changed.restartAt(firstBase);
                });
            }
            return firstBase;
        }

        /** Whether what was fetched since the files were given up, maybe from another node, joins this source's first file. */
        private boolean mayGoOnAt(long firstBase) {
            return log.segments().get(0).baseOffset() <= firstBase
                    && log.logStartOffset() <= firstBase
                    && firstBase <= log.writtenEndOffset();
        }

        private List<Long> ownBases() {
            return log.segments().stream().map(SegmentInfo::baseOffset).toList();
        }

        private List<BatchPrint> ownPrints(long offset, long limit) throws IOException {
            if (offset >= Math.min(limit, log.writtenEndOffset())) {
                return List.of();
            }
            try {
                var own = log.readKept(offset, log.writtenEndOffset(), OWN_READ_BYTES);
                return own.baseOffset() == offset ? BatchPrint.ofSound(own.batches()) : List.of();
            } catch (CorruptLogException e) {
                LOG.warn("{}: what lies at offset {} is fetched anew", replica.id(), offset, e);
                return List.of();
            }
        }

        private List<BatchPrint> sourcePrints(long offset, long limit) throws IOException, InterruptedException {
            var prints = peer.prints(offset, limit);
            movedBytes += BatchPrint.sizeOf(prints);
            return prints;
        }

        private void fetch(long fromOffset, long limit) throws IOException, InterruptedException {
            for (long at = fromOffset; at < limit; ) {
                log.transfer().requireRoomFor(0); // before anything is fetched in vain
                var batches = peer.batches(at, limit);
                long pieceEnd = BatchPrint.endOfSound(batches, at);
                log.transfer().requireRoomFor(batches.remaining());
                long base = at;
                change(changed -> {
                    replica.replaceFrom(base, this::requireUnchanged);
                    changed.append(base, pieceEnd, batches, fileBases.contains(base));
                });
                movedBytes += batches.remaining();
                context.node().catchUps().counters().fetched(batches.remaining());
                at = pieceEnd;
                sharedEnd = Math.max(sharedEnd, at);
            }
        }

        private void change(SegmentWriter.LogChange change) throws IOException, InterruptedException {
            ReplicaCatchUp.this.change(changes, change);
        }

        private void requireUnchanged() {
            ReplicaCatchUp.this.requireUnchanged(changes);
        }

        @Override
        public TermIndex termIndex() {
            return TermIndex.valueOf(target.term(), target.index());
        }

        @Override
        public boolean isCurrent() {
            return replica.logChanges().isStill(changes) && ownEnd.isWithin(target.index());
        }

        @Override
        public void install() throws IOException {
            installRewritten();
            replica.install(target);
            overtaken = false;
            checkpoints.taken(termIndex());
            removeMarker(context.node().storage().disk());
        }

        /** Before readers see what the log holds in their place, and in memory only: a crash finds the old checkpoint, or all of it. */
        private void installRewritten() throws IOException {
            var files = rewritten()
                    .filter(segment -> !log.transfer().has(segment))
                    .map(segment -> Objects.requireNonNull(received.get(segment)))
                    .toList();
            try {
                for (var file : files) {
                    change(changed -> changed.install(file));
                }
                // What came in vain: the own log had it, or has trimmed it meanwhile.
                log.compactor(bytes -> {}).discard(left);
                left.clear();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while " + replica.id() + " installs compacted files");
            }
        }

        /** Where it stays, it counts for nothing: the checkpoint that it names is gone. */
        private void removeMarker(Disk disk) {
            try {
                RefetchMarker.remove(disk, context.directory());
            } catch (IOException e) {
                LOG.warn("{}: cannot delete the marker of a fetch that is done", replica.id(), e);
            }
        }
    }
}
