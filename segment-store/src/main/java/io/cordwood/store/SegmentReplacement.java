package io.cordwood.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts the files that compaction has written in the place of those that they were written from.
 *
 * <p>Invariants: an old file goes only when a durable checkpoint lists the new one: what a checkpoint lists is there. A reader
 * that is inside an old file finishes.
 *
 * <p><b>Thread:</b> the log's writer.
 */
final class SegmentReplacement {
    private final LogFiles files;
    private final ReadFiles readFiles;
    private final List<Replaced> replaced = new ArrayList<>();

    /** An old file, and what came in its place. */
    private record Replaced(Segment old, int generation) {}

    SegmentReplacement(LogFiles files, ReadFiles readFiles) {
        this.files = files;
        this.readFiles = readFiles;
    }

    /**
     * The segments of a log with the new one in the place of those that it was written from. Where all of them were trimmed
     * meanwhile, the new file is deleted.
     */
    List<Segment> install(List<Segment> segments, RewrittenSegment rewritten) throws IOException {
        var listed = rewritten.sealed();
        var replacing = Segment.of(files.directory(), listed);
        var old = within(segments, new OffsetRange(listed.baseOffset(), listed.endOffset()));
        if (old.isEmpty()) {
            files.disk().delete(replacing.file());
            return segments;
        }
        requireReplaceable(segments, old, listed);
        old.forEach(segment -> replaced.add(new Replaced(segment, listed.compactionGeneration())));
        var all = new ArrayList<>(segments);
        int at = all.indexOf(old.get(0));
        all.removeAll(old);
        all.add(at, replacing);
        files.index()
                .replace(files.id(), new OffsetRange(listed.baseOffset(), listed.endOffset()), rewritten.entries());
        return List.copyOf(all);
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

    /** Deletes the old files whose replacements a durable checkpoint lists. */
    void deleteListed(SegmentTable durable) throws IOException {
        for (var each : List.copyOf(replaced)) {
            if (isListed(each, durable)) {
                files.disk().delete(each.old().file());
                readFiles.forget(each.old());
                replaced.remove(each);
            }
        }
    }

    private static boolean isListed(Replaced each, SegmentTable durable) {
        long offset = each.old().baseOffset();
        // Where no sealed segment holds the offset, it was trimmed: unless the checkpoint is older than the seal.
        return offset < durable.active().baseOffset()
                && durable.sealed().stream()
                        .filter(segment -> segment.baseOffset() <= offset && offset < segment.endOffset())
                        .allMatch(segment -> segment.compactionGeneration() >= each.generation());
    }
}
