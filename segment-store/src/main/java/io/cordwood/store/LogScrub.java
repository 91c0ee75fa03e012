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

/**
 * Looks at the files of a log for damage: headers, CRCs, offsets that join, and leader epochs, which no CRC
 * covers, against the log's table. Of files that never change any more it computes the hash, which tells a
 * batch that is sound in itself and of another log.
 *
 * <p>Invariants: nothing is changed; what is looked at lies below the high watermark, so it is never cut. A
 * file that was trimmed, compacted or given up meanwhile is no finding, see {@link #isPart}.
 *
 * <p><b>Thread:</b> any.
 */
public final class LogScrub {
    private final LogFiles files;
    private final Supplier<List<Segment>> segments;
    private final LongSupplier highWatermark;
    private final Supplier<List<LeaderEpoch>> epochs;

    /**
     * Files that somebody found something wrong in.
     *
     * @param active whether the one that takes the next batch is among them
     */
    public record Doubts(List<SealedSegment> sealed, boolean active) {
        public Doubts {
            sealed = List.copyOf(sealed);
        }
    }

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
        var all = segments.get();
        return all.subList(0, all.size() - 1).stream()
                .filter(this::isApplied)
                .map(LogScrub::listed)
                .toList();
    }

    private boolean isApplied(Segment segment) {
        return segment.endOffset() > segment.baseOffset() && segment.endOffset() <= highWatermark.getAsLong();
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
        var all = segments.get();
        var found = all.subList(0, all.size() - 1).stream()
                .filter(segment -> isApplied(segment) && isSame(listed(segment), listed))
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
        var all = segments.get();
        var active = all.get(all.size() - 1);
        long applied = Math.min(highWatermark.getAsLong(), active.endOffset());
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
                || ReadError.isCauseOf(failure);
    }

    /**
     * Takes note that somebody found at an offset what cannot be right, such as a wrong CRC. Without effect
     * where the offset is not, or no longer, in the log.
     */
    public void doubt(long offset) {
        var all = segments.get();
        if (offset >= all.get(0).baseOffset()) {
            Segment.holding(all, offset).doubt();
        }
    }

    /** What was doubted since the newest call, and should be looked at before anything else. By one thread. */
    public Doubts takeDoubts() {
        var all = segments.get();
        var sealed = all.subList(0, all.size() - 1).stream()
                .filter(this::isApplied)
                .filter(Segment::takeDoubt)
                .map(LogScrub::listed)
                .toList();
        return new Doubts(sealed, all.get(all.size() - 1).takeDoubt());
    }

    /** The base offset of the file that takes the next batch. */
    public long activeBaseOffset() {
        var all = segments.get();
        return all.get(all.size() - 1).baseOffset();
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
        var all = segments.get();
        var sealed = all.subList(0, all.size() - 1);
        return sealed.contains(check.segment()) && isApplied(check.segment())
                ? Optional.of(listed(check.segment()))
                : Optional.empty();
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
