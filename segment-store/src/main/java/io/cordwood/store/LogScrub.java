package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Looks at the files of a log for damage: headers, CRCs, offsets that join, and leader epochs, which no CRC
 * covers, against the log's table. Of files that never change any more it computes the hash, which tells a
 * batch that is sound in itself and of another log.
 *
 * <p>Invariants: nothing is changed; what is looked at lies below the high watermark, so it is never cut. A
 * file is sealed once a batch of the one behind it lies there too: before, the entry that began that one may
 * be truncated from the raft log, and the file takes batches again. A file that was trimmed, compacted or
 * given up meanwhile is no finding, see {@link #isPart}.
 *
 * <p><b>Thread:</b> any.
 */
public final class LogScrub {
    private final LogFiles files;
    private final Supplier<List<Segment>> segments;
    private final LongSupplier highWatermark;
    private final Supplier<List<LeaderEpoch>> epochs;

    LogScrub(
            LogFiles files,
            Supplier<List<Segment>> segments,
            LongSupplier highWatermark,
            Supplier<List<LeaderEpoch>> epochs) {
        this.files = files;
        this.segments = segments;
        this.highWatermark = highWatermark;
        this.epochs = epochs;
    }

    /** The files that never change any more, oldest first, without their hashes. */
    public List<SealedSegment> sealed() {
        return view().sealed().stream().map(LogScrub::listed).toList();
    }

    /**
     * The files as all that is applied makes them.
     *
     * @param sealed those that hold a batch
     * @param active takes the next batch; that behind it there is another one may be taken back
     * @param applied the high watermark
     */
    private record View(List<Segment> sealed, Segment active, long applied) {}

    private View view() {
        long applied = highWatermark.getAsLong(); // first: what it covers now is never cut
        var all = segments.get();
        var active = Segment.holding(all, applied - 1);
        var sealed = all.subList(0, all.indexOf(active)).stream()
                .filter(segment -> segment.endOffset() > segment.baseOffset())
                .toList();
        return new View(sealed, active, applied);
    }

    private static SealedSegment listed(Segment segment) {
        var end = segment.end();
        return new SealedSegment(
                segment.baseOffset(),
                end.offset(),
                end.sizeBytes(),
                end.maxTimestamp(),
                SegmentHash.NONE,
                segment.generation());
    }

    /**
     * Reads a file that never changes any more. Empty where it is not part of the log, or was no longer
     * when it was read.
     *
     * @throws InterruptedIOException of the pace
     * @throws IOException also where the node cannot read at all, which says nothing of the file
     */
    public Optional<FileCheck> check(SealedSegment listed, CompactionPace pace) throws IOException {
        var found = view().sealed().stream()
                .filter(segment -> isSame(listed(segment), listed))
                .findFirst();
        return found.isEmpty()
                ? Optional.empty()
                : look(new Walk(found.get(), found.get().end(), true), pace);
    }

    /** Whether both are the same file of a replica's log, hash and timestamp aside. */
    private static boolean isSame(SealedSegment one, SealedSegment other) {
        return one.offsets().equals(other.offsets())
                && one.compactionGeneration() == other.compactionGeneration()
                && one.sizeBytes() == other.sizeBytes();
    }

    /**
     * As {@link #check}, what is applied of the file that takes the next batch. Empty where that is
     * nothing.
     */
    public Optional<FileCheck> checkActive(CompactionPace pace) throws IOException {
        var view = view();
        var active = view.active();
        long applied = Math.min(view.applied(), active.endOffset());
        // Where the applied batches end is known by walking there.
        var end = new Segment.End(applied, active.end().sizeBytes(), RecordBatch.NO_TIMESTAMP);
        return applied <= active.baseOffset() ? Optional.empty() : look(new Walk(active, end, false), pace);
    }

    private Optional<FileCheck> look(Walk walk, CompactionPace pace) throws IOException {
        try {
            return Optional.of(walk.all(pace));
        } catch (IOException e) {
            if (!isDamage(e)) {
                throw e;
            }
            var found = FileCheck.damaged(walk.segment, walk.rest(), String.valueOf(e.getMessage()));
            return isPart(found) ? Optional.of(found) : Optional.empty();
        }
    }

    /**
     * Whether a read that failed tells of its file: what the disk does not give is lost like what it gives
     * wrong. A node that has no descriptors left, or stops, cannot read what is sound either.
     */
    static boolean isDamage(IOException failure) {
        return failure instanceof CorruptLogException
                || failure instanceof NoSuchFileException
                || DiskError.isCauseOf(failure);
    }

    /**
     * Takes note that somebody found at an offset what cannot be right, such as a wrong CRC. Without effect
     * where the offset is not, or no longer, in the log, and where it is not applied: bytes there give way
     * to those of another leader.
     */
    public void doubt(long offset) {
        var all = segments.get();
        if (offset >= all.get(0).baseOffset() && offset < highWatermark.getAsLong()) {
            Segment.holding(all, offset).doubt();
        }
    }

    /**
     * Base offsets of the files that were doubted and should be looked at as a whole, oldest first; none of
     * which is known what is damaged.
     */
    public List<Long> doubted() {
        var view = view();
        return Stream.concat(view.sealed().stream(), Stream.of(view.active()))
                .filter(Segment::isDoubted)
                .map(Segment::baseOffset)
                .toList();
    }

    /** Forgets that the file with this base offset was doubted: it is about to be looked at. */
    public void dropDoubt(long baseOffset) {
        segments.get().stream()
                .filter(segment -> segment.baseOffset() == baseOffset)
                .forEach(Segment::dropDoubt);
    }

    /** The base offset of the file that takes batches behind all that is applied. */
    public long activeBaseOffset() {
        return view().active().baseOffset();
    }

    /**
     * Whether the file that was looked at is part of the log. A change of the log that goes on meanwhile
     * may take it out later: ask after what was enqueued for the log's writer has run.
     */
    public boolean isPart(FileCheck check) {
        return segments.get().contains(check.segment());
    }

    /**
     * The file that was looked at as it is listed, where it is part of the log and never changes any more.
     */
    public Optional<SealedSegment> sealed(FileCheck check) {
        return Optional.of(check.segment()).filter(view().sealed()::contains).map(LogScrub::listed);
    }

    /**
     * Has readers refused what is damaged in a file, until another takes its place or it is found to be
     * sound.
     */
    public void refuse(FileCheck damaged) {
        damaged.segment().refuse(damaged);
    }

    /** Lets readers in again: what was found of the file does not hold any more. */
    public void admit(FileCheck check) {
        check.segment().refuse(null);
    }

    /** One look at one file. */
    private final class Walk {
        private final Segment segment;
        private final Segment.End end;
        private final List<LeaderEpoch> table = epochs.get();
        private final boolean isWhole;
        private long endOffset;
        private int epoch;
        private long epochEnd;

        /** @param isWhole whether the file ends where the walk does */
        Walk(Segment segment, Segment.End end, boolean isWhole) {
            this.segment = segment;
            this.end = end;
            this.isWhole = isWhole;
            this.endOffset = segment.baseOffset();
            this.epochEnd = segment.baseOffset();
        }

        /**
         * What was not found to be sound; never empty. Where all batches are there and the file goes on, any
         * of them may be the wrong one; and a range that began inside of a batch would refuse nobody.
         */
        OffsetRange rest() {
            long start = endOffset >= end.offset() ? segment.baseOffset() : endOffset;
            return new OffsetRange(start, end.offset());
        }

        FileCheck all(CompactionPace pace) throws IOException {
            var digest = SegmentHash.digest();
            try (var file = files.disk().openForScan(segment.file())) {
                requireSize(file);
                walk(new SegmentBatches(file, segment), digest, pace);
            }
            return FileCheck.sound(segment, isWhole ? SegmentHash.of(digest) : SegmentHash.NONE);
        }

        /** One that is longer than it should be would keep the replica from its next start. */
        private void requireSize(DiskFile file) throws IOException {
            if (isWhole && file.sizeBytes() != end.sizeBytes()) {
                throw new CorruptLogException(segment.file(), 0, "file size", end.sizeBytes(), file.sizeBytes());
            }
        }

        private void walk(SegmentBatches batches, MessageDigest digest, CompactionPace pace) throws IOException {
            while (endOffset < end.offset()) {
                long position = batches.position();
                if (!batches.hasNext()) {
                    throw new CorruptLogException(segment.file(), position, "end offset", end.offset(), endOffset);
                }
                var batch = batches.next();
                requireEpoch(batch, position);
                digest.update(batch.bytes());
                endOffset = batch.endOffset();
                pace.passed(batch.sizeBytes());
            }
            if (isWhole && batches.hasNext()) {
                throw new CorruptLogException(
                        segment.file(), batches.position(), "end", end.sizeBytes(), batches.position());
            }
        }

        /** The table does not know those of batches that were trimmed. */
        private void requireEpoch(RecordBatch batch, long position) throws CorruptLogException {
            if (batch.baseOffset() >= epochEnd) {
                epoch = LeaderEpochs.at(table, batch.baseOffset());
                epochEnd = LeaderEpochs.endOfSpan(table, batch.baseOffset());
            }
            if (epoch >= 0 && batch.leaderEpoch() != epoch) {
                throw new CorruptLogException(segment.file(), position, "leader epoch", epoch, batch.leaderEpoch());
            }
        }
    }
}
