package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Puts the files that compaction has written in the place of those that they were written from.
 *
 * <p>Invariants: an old file goes only when a durable checkpoint lists the new one, or with that one when
 * both are trimmed: what a checkpoint lists from the log start on is there. One that was written by appends
 * stays as long as an entry of the raft log may need its payload. A reader that is inside an old file
 * finishes.
 *
 * <p><b>Thread:</b> the log's writer; {@link #readAppended}, {@link #oldFiles} and {@link #hasListed} any.
 */
final class SegmentReplacement {
    private final LogFiles files;
    private final ReadFiles readFiles;
    private volatile List<Replaced> replaced;

    /** An old file, and the generation of what came in its place. */
    record Replaced(Segment old, int generation) {
        boolean isAppended() {
            return old.generation() == 0;
        }

        boolean isDeletable(SegmentTable durable, long heldFrom) {
            boolean isHeld = isAppended() && old.endOffset() > heldFrom;
            return !isHeld && isListed(durable);
        }

        private boolean isListed(SegmentTable durable) {
            long offset = old.baseOffset();
            // Where no sealed segment holds the offset, it was trimmed: unless the checkpoint is older than the seal.
            return offset < durable.active().baseOffset()
                    && durable.sealed().stream()
                            .filter(segment -> segment.baseOffset() <= offset && offset < segment.endOffset())
                            .allMatch(segment -> segment.compactionGeneration() >= generation);
        }
    }

    /** @param found old files that were there when the log was opened */
    SegmentReplacement(LogFiles files, ReadFiles readFiles, List<Replaced> found) {
        this.files = files;
        this.readFiles = readFiles;
        this.replaced = List.copyOf(found);
    }

    /**
     * The segments of a log with the new one in the place of those that it was written from. Where all of them were trimmed
     * meanwhile, the new file is deleted.
     *
     * @throws IllegalStateException where the new file is not there; nothing was changed then
     */
    List<Segment> install(List<Segment> segments, RewrittenSegment rewritten) throws IOException {
        var listed = rewritten.sealed();
        var replacing = Segment.of(files.directory(), listed);
        requireThere(listed, replacing);
        var old = within(segments, listed.offsets());
        if (old.isEmpty()) {
            files.disk().delete(replacing.file());
            return segments;
        }
        requireReplaceable(segments, old, listed);
        var allReplaced = new ArrayList<>(replaced);
        old.forEach(segment -> allReplaced.add(new Replaced(segment, listed.compactionGeneration())));
        replaced = List.copyOf(allReplaced);
        var all = new ArrayList<>(segments);
        int at = all.indexOf(old.get(0));
        all.removeAll(old);
        all.add(at, replacing);
        old.forEach(
                Segment::retire); // before the index loses, and then gets, what a reader inside would take for wrong
        files.index().drop(files.id(), listed.offsets());
        return List.copyOf(all);
    }

    private void requireThere(SealedSegment listed, Segment replacing) throws IOException {
        boolean isThere = files.disk().exists(replacing.file());
        if (isThere) {
            try (var file = files.disk().open(replacing.file(), OpenMode.READ)) {
                isThere = file.sizeBytes() == listed.sizeBytes();
            }
        }
        if (!isThere) {
            throw new IllegalStateException(replacing.file() + " of " + listed + " is not there as a whole");
        }
    }

    /** The segments that begin within a range. */
    static List<Segment> within(List<Segment> segments, OffsetRange range) {
        return segments.stream()
                .filter(segment -> range.contains(segment.baseOffset()))
                .toList();
    }

    private void requireReplaceable(List<Segment> segments, List<Segment> old, SealedSegment listed) {
        var last = old.get(old.size() - 1);
        boolean isSealed = !last.equals(segments.get(segments.size() - 1));
        boolean isOlder = old.stream().allMatch(segment -> segment.generation() < listed.compactionGeneration());
        if (!isSealed || !isOlder || last.endOffset() != listed.endOffset()) {
            throw new IllegalStateException(listed + " of " + files.id() + " cannot replace " + old);
        }
    }

    /** Whether {@link #deleteListed} has something to delete. */
    boolean hasListed(SegmentTable durable, long heldFrom) {
        return replaced.stream().anyMatch(each -> each.isDeletable(durable, heldFrom));
    }

    /** Files that are not part of the log any more, and still there. */
    List<Segment> oldFiles() {
        return replaced.stream().map(Replaced::old).toList();
    }

    /** Exactly the batches that an entry brought, from the file that they were appended to. */
    Optional<ByteBuffer> readAppended(LogReader reader, OffsetRange range, int sizeBytes) throws IOException {
        for (var each : replaced) {
            if (each.isAppended() && each.old().holds(range)) {
                return reader.readReplaced(each.old(), range, sizeBytes);
            }
        }
        return Optional.empty();
    }

    /**
     * Deletes one old file whose replacement a durable checkpoint lists, where there is one.
     *
     * @param heldFrom what was appended from here on is still asked for
     */
    void deleteListed(SegmentTable durable, long heldFrom) throws IOException {
        var next = replaced.stream()
                .filter(each -> each.isDeletable(durable, heldFrom))
                .findFirst();
        if (next.isPresent()) {
            var deleted = next.get();
            files.disk().delete(deleted.old().file());
            readFiles.forget(deleted.old());
            replaced = replaced.stream().filter(other -> !other.equals(deleted)).toList();
        }
    }

    /**
     * Deletes the old files that begin below an offset, before what came in their place goes. Oldest first,
     * each durably: where the checkpoint lists them, a crash must not leave a hole between those that are
     * there.
     */
    void deleteBelow(long offset) throws IOException {
        var below = replaced.stream()
                .filter(each -> each.old().baseOffset() < offset)
                .sorted(Comparator.comparingLong(each -> each.old().baseOffset()))
                .toList();
        for (var each : below) {
            files.disk().delete(each.old().file());
            readFiles.forget(each.old());
            files.disk().forceDirectory(files.directory());
        }
        replaced = replaced.stream().filter(each -> !below.contains(each)).toList();
    }

    /** Deletes all old files: where the log is given up, a start would take them for it. */
    void deleteAll() throws IOException {
        for (var each : replaced) {
            files.disk().delete(each.old().file());
            readFiles.forget(each.old());
        }
        replaced = List.of();
        files.disk().forceDirectory(files.directory());
    }
}
