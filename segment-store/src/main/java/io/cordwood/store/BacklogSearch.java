package io.cordwood.store;

import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Measures what lies between two offsets of a log.
 *
 * <p>Invariant: what is read does not grow with what lies between. It is the headers of about one interval of the index
 * at either end, and the batch that holds the next record; more where the index has gaps. In front of the next record
 * there may be a batch without records for each leader epoch of which compaction left nothing. And where a trimmed record
 * was newer than the visible ones behind it, a few dozen searches for a time tell when those expire.
 *
 * <p><b>Thread:</b> any.
 */
final class BacklogSearch {
    private final LogReader reader;
    private final TimeSearch times;

    BacklogSearch(LogReader reader, TimeSearch times) {
        this.reader = reader;
        this.times = times;
    }

    /** A log as readers find it. */
    private record View(List<Segment> segments, OffsetRange visible) {
        int holding(long offset) {
            return segments.indexOf(Segment.holding(segments, offset));
        }

        long between(Place from, Place to) {
            long bytes = to.position() - from.position();
            for (var segment : segments.subList(from.segment(), to.segment())) {
                bytes += segment.end().sizeBytes();
            }
            return bytes;
        }

        Place end() {
            int last = segments.size() - 1;
            return new Place(last, segments.get(last).end().sizeBytes());
        }
    }

    /** A position in one of the files, which is named by its place in the list. */
    private record Place(int segment, long position) {}

    /**
     * A record that is there.
     *
     * @param batch where its batch begins
     * @param newestMs of the records from the beginning of its file up to it; of its own batch only visible ones count
     */
    private record Found(long offset, long timestampMs, Place batch, long newestMs) {}

    /**
     * @param segments oldest first
     * @param visible from the log start to the high watermark
     * @param range within the visible offsets
     */
    Backlog search(List<Segment> segments, OffsetRange visible, OffsetRange range) throws IOException {
        if (range.isEmpty()) {
            return Backlog.NONE;
        }
        var log = new View(segments, visible);
        var first =
                new Place(log.holding(range.start()), walkTo(log, range.start()).position());
        long bytes = log.between(first, behind(log, range.end() - 1));
        var next = first(log, range);
        return next.isEmpty()
                ? new Backlog(bytes, Optional.empty())
                : new Backlog(bytes, Optional.of(expiring(log, next.get())));
    }

    /** A walk that stands at the batch that holds the offset. */
    private BatchWalk walkTo(View log, long offset) throws IOException {
        var segment = log.segments().get(log.holding(offset));
        segment.requireReadable();
        return reader.walkFrom(segment, offset, segment.end());
    }

    /** Behind the batch that holds the offset: what lies further on may be cut at any time. */
    private Place behind(View log, long offset) throws IOException {
        var walk = walkTo(log, offset);
        return new Place(log.holding(offset), walk.position() + walk.sizeBytes());
    }

    private Optional<Found> first(View log, OffsetRange range) throws IOException {
        for (int i = log.holding(range.start()); i < log.segments().size(); i++) {
            var segment = log.segments().get(i);
            long from = Math.max(range.start(), segment.baseOffset());
            long to = Math.min(range.end(), segment.endOffset());
            if (from < to) {
                var found = firstIn(log, i, new OffsetRange(from, to));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** @param range within one segment */
    private Optional<Found> firstIn(View log, int index, OffsetRange range) throws IOException {
        var segment = log.segments().get(index);
        var walk = walkTo(log, range.start());
        while (walk.chain().endOffset() < range.end()) {
            walk.requireHeader(segment);
            var batch = reader.batchAt(segment, walk);
            var place = new Place(index, walk.position());
            try {
                var found =
                        firstIn(batch, place, range, log.visible(), walk.chain().maxTimestamp());
                if (found.isPresent()) {
                    return found;
                }
            } catch (MalformedBatchException e) {
                throw new CorruptLogException(segment.file(), walk.position(), e.field(), "records", e.toString());
            }
            walk.advance();
        }
        return Optional.empty();
    }

    private static Optional<Found> firstIn(
            RecordBatch batch, Place place, OffsetRange range, OffsetRange visible, long newestBeforeMs) {
        if (batch.isControl()) {
            return Optional.empty();
        }
        long newestMs = newestBeforeMs;
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                if (record.offset() >= visible.start()) {
                    newestMs = Math.max(newestMs, record.timestamp());
                }
                if (range.contains(record.offset())) {
                    return Optional.of(new Found(record.offset(), record.timestamp(), place, newestMs));
                }
            }
            return Optional.empty();
        }
    }

    private Backlog.Next expiring(View log, Found next) throws IOException {
        return new Backlog.Next(
                next.offset(), next.timestampMs(), expiresWithMs(log, next), log.between(next.batch(), log.end()));
    }

    /** As {@link RetentionSearch#byTime} has it: a record without a timestamp shares the fate of the next one that has one. */
    private long expiresWithMs(View log, Found next) throws IOException {
        if (next.timestampMs() != RecordBatch.NO_TIMESTAMP) {
            return newestUpToMs(log, next);
        }
        var behind = new OffsetRange(next.offset(), log.visible().end());
        var deciding = times.search(log.segments(), behind, 0);
        if (deciding.isEmpty()) {
            return RecordBatch.NO_TIMESTAMP;
        }
        var range = new OffsetRange(deciding.getAsLong(), deciding.getAsLong() + 1);
        return newestUpToMs(log, first(log, range).orElseThrow());
    }

    /** The time of the newest visible record up to one that has a time. */
    private long newestUpToMs(View log, Found record) throws IOException {
        long highest = record.newestMs();
        for (var segment : log.segments().subList(0, record.batch().segment())) {
            if (segment.endOffset() > log.visible().start()) {
                highest = Math.max(highest, segment.end().maxTimestamp());
            }
        }
        var range = new OffsetRange(log.visible().start(), record.offset() + 1);
        long lowest = record.timestampMs();
        // It is the highest one at once, unless that is the time of a trimmed record.
        for (long middle = highest; lowest < highest; middle = lowest + (highest - lowest + 1) / 2) {
            if (times.search(log.segments(), range, middle).isPresent()) {
                lowest = middle;
            } else {
                highest = middle - 1;
            }
        }
        return lowest;
    }
}
