package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The log of one replica: record batches in ordered segments.
 *
 * <p>Invariants: segments join without a hole; only the last one takes batches, a sealed one was forced before the next
 * was created. The high watermark falls in a restart only, and nothing below it is cut. Bytes above it may be of a history that lost:
 * they stay until the append that replaces them. After a failed write or force nothing of it is known to be on disk, so
 * the log is closed and says the first cause ever after.
 *
 * <p><b>Thread:</b> one writer for append, truncateTo, deleteTrimmed, install, repair, deleteReplaced, force and close; any
 * number of readers beside it, which see published segments only. Whoever applies entries moves the high watermark and the log
 * start. A writer that is interrupted inside a call has lost the log.
 *
 * <p><b>Layout:</b> a directory of segment files (see {@link Segment}), the checkpoint, {@code log-start}.
 */
public final class PartitionLog implements Closeable {
    private final LogFiles files;
    private final ReadFiles readFiles;
    private final LogReader reader;
    private final LogSearch search;
    private final LogIndexer indexer;
    private final SegmentReplacement replacement;
    private ActiveSegment active;
    private boolean directoryChanged;

    private volatile List<Segment> segments;
    private volatile List<LeaderEpoch> leaderEpochs;
    private volatile long logStartOffset;
    private volatile long highWatermark;
    private volatile @Nullable IOException failure;
    private volatile boolean closed;

    private PartitionLog(LogFiles files, RecoveryPoint point) throws IOException {
        var config = files.config();
        this.files = files;
        this.readFiles = new ReadFiles(files.disk(), config.readFilesMax());
        this.reader = new LogReader(files, readFiles, () -> leaderEpochs);
        this.search = new LogSearch(reader);
        this.indexer = new LogIndexer(files.id(), files.index(), config.indexIntervalBytes());
        long indexed = files.index().indexedThrough(files.id());
        var found = new LogRecovery(files, point, indexer).recover();
        this.segments = found.segments();
        this.replacement = new SegmentReplacement(files, readFiles, found.replaced());
        this.leaderEpochs = found.epochs();
        this.logStartOffset = found.logStartOffset();
        this.highWatermark = point.checkpoint().map(Checkpoint::highWatermark).orElse(0L);
        this.active = ActiveSegment.open(files.disk(), Segment.last(segments), OpenMode.WRITE, config);
        settle(point.forcedBytes(Segment.last(segments).baseOffset()));
        // Nobody looks for anything below the log start.
        long missingFrom =
                Math.max(indexed, Segment.holding(segments, logStartOffset).baseOffset());
        var missing = new OffsetRange(Math.min(missingFrom, found.scannedFrom()), found.scannedFrom());
        new IndexFill(files, reader, () -> segments, missing).inBackground(() -> closed, indexer::closeGap);
    }

    /** Cuts a torn tail, and makes durable what a killed process left in the page cache: from here on it counts. */
    private void settle(long forcedBytes) throws IOException {
        change(() -> {
            files.disk().forceDirectory(files.directory());
            active.settle(Segment.last(segments).end(), forcedBytes);
        });
    }

    /**
     * Opens and recovers a log; what it then holds is durable. A missing directory is created, a torn tail cut silently.
     *
     * @throws CorruptLogException when bytes below {@link RecoveryPoint#durableEndOffset} are missing or bad, as far as
     *     recovery looks at them; nothing was changed then
     */
    public static PartitionLog open(
            Path directory, PartitionId id, LogConfig config, Storage storage, RecoveryPoint point) throws IOException {
        return new PartitionLog(new LogFiles(directory, id, config, storage), point);
    }

    public PartitionId id() {
        return files.id();
    }

    /** Readers find nothing below. Above the high watermark only while a trim is being replayed after a restart. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** Exclusive end of the batches in the files, whatever became of the entries that brought them. */
    public long writtenEndOffset() {
        return Segment.last(segments).endOffset();
    }

    public long highWatermark() {
        return highWatermark;
    }

    /** That the entries up to here were applied. The caller knows that their bytes are there. */
    public void advanceHighWatermark(long newHighWatermark) {
        if (newHighWatermark < highWatermark) {
            throw new IllegalStateException("high watermark of " + files.id() + " cannot fall from " + highWatermark
                    + " to " + newHighWatermark);
        }
        highWatermark = newHighWatermark;
    }

    /** Which epochs the batches in the files have, oldest first. */
    public List<LeaderEpoch> leaderEpochs() {
        return leaderEpochs;
    }

    /** Oldest first; the last one is active. */
    public List<SegmentInfo> segments() {
        return segments.stream().map(Segment::info).toList();
    }

    public long sizeBytes() {
        return segments.stream().mapToLong(segment -> segment.end().sizeBytes()).sum();
    }

    /**
     * Appends whole batches, back to back and already stamped, from the buffer's position to its limit; the buffer is not
     * changed and not kept. What lies in the files at or beyond the base offset is cut first. Nothing is durable before
     * {@link #force}.
     *
     * @param roll whether the batches start a segment of their own
     * @throws IllegalArgumentException when they are not a chain of batches from the base to the end offset
     * @throws IllegalStateException when the base offset leaves a hole or lies below the high watermark
     */
    public void append(long baseOffset, long endOffset, ByteBuffer batches, boolean roll) throws IOException {
        change(() -> {
            requireCut(baseOffset);
            cut(baseOffset);
            if (roll && !(Segment.last(segments).baseOffset() == baseOffset)) {
                roll(baseOffset);
            }
            var inspected = InspectedBatches.of(
                    new OffsetRange(baseOffset, endOffset), batches, leaderEpochs, active.segment(), indexer);
            active.append(batches, endOffset, inspected.maxTimestamp());
            leaderEpochs = inspected.epochs();
            indexer.flushChosen(endOffset);
        });
    }

    /**
     * Drops what lies at or beyond this offset; durable on return.
     *
     * @throws IllegalStateException when it lies below the high watermark, beyond the end or inside a batch
     */
    public void truncateTo(long offset) throws IOException {
        change(() -> {
            requireCut(offset);
            cut(offset);
        });
    }

    /**
     * Drops every batch: the log is empty and begins at this offset, also its high watermark then, which may fall. Durable on return;
     * a crash leaves a beginning of what was there, or the new one. The caller has made sure that nobody misses what goes.
     */
    public void restartAt(long newStart) throws IOException {
        change(() -> {
            var old = segments;
            active.close();
            replacement.deleteAll();
            readFiles.deleteNewestFirst(old.subList(1, old.size()), files.directory());
            var first = Segment.empty(files.directory(), newStart);
            boolean stays = old.get(0).file().equals(first.file());
            active = ActiveSegment.open(files.disk(), first, stays ? OpenMode.WRITE : OpenMode.CREATE, files.config());
            active.cutTo(first.end());
            files.disk().forceDirectory(files.directory());
            segments = List.of(first);
            leaderEpochs = List.of();
            logStartOffset = newStart;
            highWatermark = newStart;
            // One file was always there: without any, a log whose start is on disk would count as lost.
            readFiles.deleteNewestFirst(old.subList(0, stays ? 0 : 1), files.directory());
            directoryChanged = false;
            files.index().drop(files.id());
            indexer.startSegment();
        });
    }

    /**
     * Hides what lies below this offset from readers at once. Without effect where the log starts there already, or beyond.
     * By whoever moves the high watermark; the files go with {@link #deleteTrimmed}.
     */
    public void raiseLogStart(long newStart) {
        if (newStart > highWatermark && newStart > logStartOffset) {
            throw new IllegalStateException("log start of " + files.id() + " cannot pass the high watermark "
                    + highWatermark + " to " + newStart);
        }
        logStartOffset = Math.max(newStart, logStartOffset);
    }

    /**
     * Deletes the oldest segment if it lies below the log start and below an offset as a whole. A reader that is inside
     * finishes. One at a time, so that whoever shares the writer's thread waits for one only, and durably, so that a crash
     * leaves no hole between the files that are left.
     *
     * <p>The segment in front of the one that holds the newest applied batch stays even then: the next one's creation may
     * still be undone, and replicas must agree on the file that takes its batches instead.
     *
     * @param heldFrom from here on somebody may still ask for the bytes of an entry
     * @return whether there is one more to delete
     */
    public boolean deleteTrimmed(long heldFrom) throws IOException {
        change(() -> {
            long newStart = logStartOffset;
            leaderEpochs = LeaderEpochs.trim(leaderEpochs, newStart);
            if (hasTrimmed(heldFrom)) {
                deleteOldest(newStart);
            }
        });
        return hasTrimmed(heldFrom);
    }

    /**
     * Has readers find what a pass of compaction wrote. The files that it was written from stay until {@link #deleteReplaced};
     * a reader that is inside one finishes. Until the index knows the new one, in a moment, reads there take longer.
     * Throws IllegalStateException where its file is not there; the log goes on as it was.
     */
    public void install(RewrittenSegment rewritten) throws IOException {
        change(() -> {
            segments = replacement.install(segments, rewritten);
            var range = rewritten.sealed().offsets();
            IndexFill.again(files, reader, () -> segments, range).inBackground(() -> closed, () -> {});
        });
    }

    /** Has readers find a sound file in the place of a damaged one. Without effect where that is not part of the log any more. */
    public void repair(SegmentRepair repair) throws IOException {
        change(() -> {
            segments = repair.takePlace(files, readFiles, segments);
            IndexFill.again(files, reader, () -> segments, repair.offsets()).inBackground(() -> closed, () -> {});
        });
    }

    /**
     * Deletes one file that compaction replaced, if a checkpoint that is durable lists what replaced it, and nobody asks for what
     * entries brought into it. Parameter and result as of {@link #deleteTrimmed}.
     */
    public boolean deleteReplaced(SegmentTable durable, long heldFrom) throws IOException {
        change(() -> replacement.deleteListed(durable, heldFrom));
        return replacement.hasListed(durable, heldFrom);
    }

    /** Whether {@link #deleteReplaced} has something to delete. By any thread. */
    public boolean hasReplaced(SegmentTable durable, long heldFrom) {
        return replacement.hasListed(durable, heldFrom);
    }

    /** For passes of compaction, one at a time on any thread. */
    public LogCompactor compactor(CompactionPace pace) {
        return new LogCompactor(files, () -> segments, replacement::oldFiles, () -> leaderEpochs, pace);
    }

    /** For looks at files in the background. By any thread. */
    public LogScrub scrub() {
        return new LogScrub(files, () -> segments, () -> highWatermark, () -> leaderEpochs);
    }

    /** For files that compaction wrote elsewhere, or that others lack. By any thread. */
    public SegmentTransfer transfer() {
        return new SegmentTransfer(files, () -> segments, replacement::oldFiles);
    }

    /** Whether {@link #deleteTrimmed} has something to delete. By any thread. */
    public boolean hasTrimmed(long heldFrom) {
        var all = segments;
        long limit = Math.min(Math.min(logStartOffset, heldFrom), highWatermark - 1);
        return all.size() > 1 && all.get(1).baseOffset() <= limit;
    }

    /** All that was appended so far is durable on return, the names of new files included. */
    public void force() throws IOException {
        change(() -> {
            active.force();
            if (directoryChanged) {
                files.disk().forceDirectory(files.directory());
                directoryChanged = false;
            }
        });
    }

    private interface Change {
        void make() throws IOException;
    }

    /** What fails in it closes the log. */
    private void change(Change change) throws IOException {
        requireOpen();
        try {
            change.make();
        } catch (IOException e) {
            throw fail(e);
        }
    }

    /**
     * Whole batches of one segment, from the one that holds the offset on: those that end at or below the limit, at most
     * so many bytes, but always the first. Empty where the offset is at or beyond the limit or no batch fits below it.
     *
     * @param limitOffset exclusive; at most the high watermark, or the bytes may change while they are read
     * @throws OffsetTrimmedException when the offset lies below the log start
     * @throws CorruptLogException when the bytes do not parse; their CRC is for the caller to check
     */
    public LogRead read(long offset, long limitOffset, int maxBytes) throws IOException {
        requireOpen();
        OffsetTrimmedException.unlessFrom(logStartOffset, offset);
        return readHeld(offset, limitOffset, maxBytes);
    }

    /** As {@link #read}, also what lies below the log start in a file that is still there: replicas hold the same files. */
    public LogRead readKept(long offset, long limitOffset, int maxBytes) throws IOException {
        requireOpen();
        OffsetTrimmedException.unlessFrom(segments.get(0).baseOffset(), offset);
        return readHeld(offset, limitOffset, maxBytes);
    }

    /** As {@link #readKept}, but only what is as it was appended: of what compaction has written the bytes are another's. */
    public LogRead readAppended(long offset, long limitOffset, int maxBytes) throws IOException {
        var read = readKept(offset, limitOffset, maxBytes);
        if (!read.isEmpty() && Segment.holding(segments, offset).generation() > 0) {
            throw new IOException("offset " + offset + " of " + files.id() + " was compacted meanwhile");
        }
        return read;
    }

    private LogRead readHeld(long offset, long limitOffset, int maxBytes) throws IOException {
        if (offset >= limitOffset) {
            return LogRead.empty(offset);
        }
        var segment = Segment.holding(segments, offset);
        if (offset < segment.baseOffset()) {
            OffsetTrimmedException.unlessFrom(logStartOffset, offset); // its file went between the two looks
        }
        segment.requireBeyond(offset);
        var range = new OffsetRange(offset, segment.readableEnd(offset, limitOffset));
        try {
            return reader.read(segment, range, maxBytes, highWatermark);
        } catch (NoSuchFileException e) {
            OffsetTrimmedException.unlessFrom(logStartOffset, offset);
            if (Segment.holding(segments, offset) != segment) {
                return readHeld(offset, limitOffset, maxBytes); // compaction has replaced it
            }
            throw e;
        }
    }

    /**
     * The first record from the log start on that has this timestamp or a later one; empty where none below the limit
     * has. Timestamps need not rise with the offsets.
     *
     * @param timestampMs not negative: records without a timestamp are not found
     * @param limitOffset exclusive; at most the high watermark
     * @throws CorruptLogException when bytes on the way do not parse
     */
    public OptionalLong firstAtOrAfter(long timestampMs, long limitOffset) throws IOException {
        requireOpen();
        return search.firstAtOrAfter(this::view, timestampMs, limitOffset);
    }

    /**
     * Where the log would have to begin to keep no record older than a time, and no more than so many bytes.
     *
     * @param oldestMs exact to the record; negative: whatever its age
     * @param maxBytes in whole batches; negative: whatever the size
     * @return from the log start to the high watermark
     */
    public long startKeeping(long oldestMs, long maxBytes) throws IOException {
        requireOpen();
        return search.startKeeping(this::view, oldestMs, maxBytes);
    }

    /** What lies from an offset, or from the log start where that is greater, up to a limit, at most the high watermark. */
    public Backlog backlog(long offset, long limitOffset) throws IOException {
        requireOpen();
        return search.backlog(this::view, offset, limitOffset);
    }

    private LogSearch.View view() {
        return new LogSearch.View(segments, logStartOffset, highWatermark);
    }

    /**
     * The bytes of exactly these batches, one entry's; empty when the files hold anything else there. Also above the high
     * watermark, and below the log start as long as the file is there. Their CRC is for the caller to check: right behind
     * {@link #open} those behind the checkpoint were.
     */
    public Optional<ByteBuffer> readExactly(long baseOffset, long endOffset, int sizeBytes) throws IOException {
        requireOpen();
        var segment = Segment.holding(segments, baseOffset);
        var range = new OffsetRange(baseOffset, endOffset);
        try {
            if (segment.generation() > 0) {
                return replacement.readAppended(reader, range, sizeBytes);
            }
            return segment.holds(range) ? reader.readExactly(segment, range, sizeBytes) : Optional.empty();
        } catch (CorruptLogException | NoSuchFileException e) {
            // Above the high watermark the writer may cut and replace what is being read.
            return Optional.empty();
        }
    }

    /** Forces nothing. Readers that are inside finish, later ones are refused. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            try (readFiles) {
                active.close();
            }
        }
    }

    private void requireCut(long offset) {
        if (offset < highWatermark || offset < logStartOffset || offset > writtenEndOffset()) {
            throw new IllegalStateException(files.id() + " cannot go on at offset " + offset + ": log start "
                    + logStartOffset + ", high watermark " + highWatermark + ", written end " + writtenEndOffset());
        }
    }

    /**
     * Afterwards the log ends at this offset, durably. The segment that begins there goes too, empty or not: whether the
     * next batches have a file of their own is said by their entry, not by the one that lost.
     */
    private void cut(long offset) throws IOException {
        var all = segments;
        var newLast = Segment.holding(all, offset - 1);
        int keep = all.indexOf(newLast) + 1;
        if (keep == all.size() && offset >= newLast.endOffset()) {
            return;
        }
        var end = reader.placeOf(newLast, offset);
        indexer.cut(offset);
        leaderEpochs = LeaderEpochs.cut(leaderEpochs, offset);
        if (keep < all.size()) {
            active.close();
            segments = List.copyOf(all.subList(0, keep));
            readFiles.deleteNewestFirst(all.subList(keep, all.size()), files.directory());
            directoryChanged = false;
            active = ActiveSegment.open(files.disk(), newLast, OpenMode.WRITE, files.config());
        }
        // Forced before new bytes come: else a power loss could leave old batches behind the new ones.
        active.cutTo(end);
    }

    private void roll(long baseOffset) throws IOException {
        active.force();
        active.close();
        var segment = Segment.empty(files.directory(), baseOffset);
        active = ActiveSegment.open(files.disk(), segment, OpenMode.CREATE, files.config());
        directoryChanged = true;
        segments = Stream.concat(segments.stream(), Stream.of(segment)).toList();
        indexer.startSegment();
    }

    private void deleteOldest(long newStart) throws IOException {
        LogStartFile.raise(files.disk(), files.directory(), newStart);
        var all = segments;
        segments = List.copyOf(all.subList(1, all.size()));
        replacement.deleteBelow(segments.get(0).baseOffset());
        readFiles.deleteNewestFirst(all.subList(0, 1), files.directory());
        directoryChanged = false;
        files.index().trim(files.id(), segments.get(0).baseOffset());
    }

    public void requireOpen() throws IOException {
        var cause = failure;
        if (cause != null) {
            throw new IOException("log of " + files.id() + " is closed since it failed: " + cause.getMessage(), cause);
        }
        if (closed) {
            throw new LogClosedException("log of " + files.id());
        }
    }

    private IOException fail(IOException cause) {
        if (failure == null) {
            failure = cause;
            try {
                close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
        return cause;
    }
}
