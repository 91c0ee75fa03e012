package io.cordwood.store;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A pass of compaction over one log: reads keys, then writes segments anew beside those that they will replace.
 *
 * <p>A record stays when no newer one of its key was read, and it is not a tombstone (a record without a value) whose delete
 * horizon has passed. Records without a key stay. Offsets never change.
 *
 * <p>Invariants: nothing of the log changes; the result takes effect with {@link PartitionLog#install}. The same files, range
 * and times give the same bytes, so replicas need to agree on those only.
 *
 * <p><b>Thread:</b> any one; the log is read beside its writer. Memory is the keys' and a few batches.
 */
public final class LogCompactor {
    private final LogFiles files;
    private final Supplier<List<Segment>> segments;
    private final Supplier<List<Segment>> replaced;
    private final Supplier<List<LeaderEpoch>> epochs;
    private final CompactionPace pace;

    /**
     * @param replaced files that were part of the log before, and are still there
     * @param epochs those of the log, as far as they are known
     */
    LogCompactor(
            LogFiles files,
            Supplier<List<Segment>> segments,
            Supplier<List<Segment>> replaced,
            Supplier<List<LeaderEpoch>> epochs,
            CompactionPace pace) {
        this.files = files;
        this.segments = segments;
        this.replaced = replaced;
        this.epochs = epochs;
        this.pace = pace;
    }

    /**
     * Makes a pass, as the one who decides.
     *
     * @param keyBytes memory for the keys; where it does not hold them all, the pass ends at an earlier offset
     */
    public CompactionPass compact(CompactionPlan plan, CompactionTimes times, long keyBytes) throws IOException {
        files.requireRoomFor(plan.sizeBytes());
        var dirty = plan.dirty();
        var keys = KeyOffsets.within(keyBytes, dirty.end() - dirty.start());
        long end = scan(dirty, keys);
        CompactionPass.Rewriting rewriting = group -> rewriteGroup(group, () -> rewriter(keys, end, times));
        var groups = new ArrayList<CompactionPass.Group>();
        rewriteAll(plan.groupsBelow(end), group -> {
            groups.add(rewriting.rewrite(group));
            return groups.get(groups.size() - 1).made();
        });
        return new CompactionPass(new OffsetRange(dirty.start(), end), keys.size(), this, rewriting, groups);
    }

    /** Trims come during a pass: what is left of the group is rewritten, so that no older value stays in it. */
    private CompactionPass.Group rewriteGroup(List<SealedSegment> group, Supplier<SegmentRewriter> rewriters)
            throws IOException {
        for (var left = untrimmed(group); !left.isEmpty(); left = untrimmed(left)) {
            try {
                return new CompactionPass.Group(
                        left, rewriters.get().rewrite(sources(range(left)), nextGeneration(left)));
            } catch (IOException e) {
                if (untrimmed(left).equals(left)) {
                    throw e;
                }
            }
        }
        return CompactionPass.Group.NOTHING;
    }

    private List<SealedSegment> untrimmed(List<SealedSegment> group) {
        return group.stream()
                .filter(segment -> !isTrimmed(segment.baseOffset()))
                .toList();
    }

    private static OffsetRange range(List<SealedSegment> group) {
        return new OffsetRange(
                group.get(0).baseOffset(), group.get(group.size() - 1).endOffset());
    }

    private static int nextGeneration(List<SealedSegment> group) {
        return 1
                + group.stream()
                        .mapToInt(SealedSegment::compactionGeneration)
                        .max()
                        .orElseThrow();
    }

    /** Whether the files from an offset on are gone, or go: trims come during a pass. */
    private boolean isTrimmed(long baseOffset) {
        return segments.get().get(0).baseOffset() > baseOffset;
    }

    /** Whether so much memory for keys holds so many: what one who repeats a pass should ask first. */
    public static boolean holds(long keyBytes, int keys) {
        return keys <= KeyOffsets.keysWithin(keyBytes);
    }

    /** How much memory so many keys take. */
    public static long keyBytes(int keys) {
        return KeyOffsets.bytesFor(keys);
    }

    private interface Rewrite<T> {
        Optional<RewrittenSegment> of(T each) throws IOException;
    }

    /** Where it fails, what was written so far is deleted. */
    private <T> List<RewrittenSegment> rewriteAll(List<T> all, Rewrite<T> rewrite) throws IOException {
        var rewritten = new ArrayList<RewrittenSegment>();
        try {
            for (var each : all) {
                rewrite.of(each).ifPresent(rewritten::add);
            }
        } catch (IOException | RuntimeException | LinkageError e) { // the last: a codec's library
            discard(RewrittenSegment.allSealed(rewritten));
            throw e;
        }
        return rewritten;
    }

    /** Deletes what a pass wrote or what came from elsewhere, but for what is part of the log, or was: that goes in its own time. */
    public void discard(Collection<SealedSegment> rewritten) throws IOException {
        for (var each : rewritten) {
            var file = Segment.of(files.directory(), each).file();
            if (!isUsed(file) && files.disk().exists(file)) {
                files.disk().delete(file);
            }
        }
    }

    private boolean isUsed(Path file) {
        return Stream.concat(segments.get().stream(), replaced.get().stream())
                .anyMatch(segment -> segment.file().equals(file));
    }

    /**
     * Deletes a file that compaction wrote here and that is not part of the log, nor was. By the log's writer, since others delete
     * too, and where neither a pass nor an entry wants a file that is not part of the log yet. Returns false where there was none.
     */
    public boolean discardUnused() throws IOException {
        for (var file : files.disk().list(files.directory())) {
            boolean isRewritten = Segment.parseFileName(file)
                    .filter(name -> name.generation() > 0)
                    .isPresent();
            if (isRewritten && !isUsed(file)) {
                files.disk().delete(file);
                return true;
            }
        }
        return false;
    }

    /**
     * Makes the pass that another replica made. Of the range that it scanned a beginning may have been trimmed: keys there decide
     * about nothing that is left.
     *
     * @param keys how many it found
     * @param expected the files that it wrote; the result holds one for each, which is the same unless something is wrong
     */
    public CompactionResult repeat(OffsetRange scanned, int keys, List<SealedSegment> expected, CompactionTimes times)
            throws IOException {
        if (expected.isEmpty()) {
            return new CompactionResult(scanned, keys, List.of());
        }
        files.requireRoomFor(
                expected.stream().mapToLong(SealedSegment::sizeBytes).sum());
        var offsets = KeyOffsets.ofKeys(keys);
        long end = scan(scanned, offsets);
        if (end != scanned.end() || offsets.size() > keys) {
            throw new IOException("partition " + files.id() + " has more than " + keys + " keys in " + scanned);
        }
        var rewritten = rewriteAll(
                expected,
                segment -> rewriter(offsets, end, times)
                        .rewrite(
                                sources(new OffsetRange(segment.baseOffset(), segment.endOffset())),
                                segment.compactionGeneration()));
        return new CompactionResult(scanned, keys, rewritten);
    }

    private SegmentRewriter rewriter(KeyOffsets keys, long scannedEnd, CompactionTimes times) {
        return new SegmentRewriter(files, record -> isNewest(record, keys), epochs.get(), scannedEnd, times, pace);
    }

    private static boolean isNewest(BatchRecord record, KeyOffsets keys) {
        var key = record.key();
        return key == null || keys.newest(key) <= record.offset();
    }

    /** Reads keys up to the end of the range or until there is no room for more; returns the end of what it read. */
    private long scan(OffsetRange range, KeyOffsets keys) throws IOException {
        for (var segment : segments.get()) {
            if (segment.endOffset() > range.start() && segment.baseOffset() < range.end()) {
                long end = scanHeld(segment, range, keys);
                if (end < Math.min(segment.endOffset(), range.end())) {
                    return end;
                }
            }
        }
        return range.end();
    }

    /** Keys of what is trimmed meanwhile decide about nothing that is left. */
    private long scanHeld(Segment segment, OffsetRange range, KeyOffsets keys) throws IOException {
        try {
            return scan(segment, range, keys);
        } catch (NoSuchFileException e) {
            if (isTrimmed(segment.baseOffset())) {
                return Math.min(segment.endOffset(), range.end());
            }
            throw e;
        }
    }

    private long scan(Segment segment, OffsetRange range, KeyOffsets keys) throws IOException {
        try (var batches = new SegmentBatches(files.disk(), segment)) {
            while (batches.hasNext()) {
                long position = batches.position();
                var batch = batches.next();
                if (batch.endOffset() <= range.start() || batch.isControl()) {
                    continue;
                }
                if (batch.baseOffset() >= range.end()) {
                    break;
                }
                try {
                    long end = scan(batch, range, keys);
                    if (end < Math.min(batch.endOffset(), range.end())) {
                        return end;
                    }
                } catch (MalformedBatchException e) {
                    throw new CorruptLogException(segment.file(), position, e.field(), "records", e.toString());
                }
                pace.passed(batch.sizeBytes());
            }
        }
        return Math.min(segment.endOffset(), range.end());
    }

    private static long scan(RecordBatch batch, OffsetRange range, KeyOffsets keys) {
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                var key = record.key();
                if (key != null && range.contains(record.offset()) && !keys.put(key, record.offset())) {
                    return record.offset();
                }
            }
        }
        return Math.min(batch.endOffset(), range.end());
    }

    /** The files that hold exactly a range. */
    private List<Segment> sources(OffsetRange range) throws IOException {
        var sources = SegmentReplacement.within(segments.get(), range);
        if (sources.isEmpty()
                || sources.get(0).baseOffset() != range.start()
                || sources.get(sources.size() - 1).endOffset() != range.end()) {
            throw new IOException("partition " + files.id() + " has no segments for exactly " + range + ": " + sources);
        }
        return sources;
    }
}
