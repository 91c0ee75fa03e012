package io.cordwood.store;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds where a log has to begin so that it keeps no more than its topic wants.
 *
 * <p>Invariant: what cannot be read, because it is damaged or its codec is missing here, keeps the log from growing only within
 * its segment: there whole segments expire, which takes no look into a file. What is refused to readers may
 * be another file than the other replicas have, and all of them trim what the leader says: where it would
 * have to be looked into, nothing expires.
 *
 * <p><b>Thread:</b> any.
 */
final class RetentionSearch {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionSearch.class);

    private final LogReader reader;
    private final TimeSearch times;

    RetentionSearch(LogReader reader, TimeSearch times) {
        this.reader = reader;
        this.times = times;
    }

    /** The later one of {@link #byTime} and {@link #bySize}; a negative limit counts as none. */
    long startKeeping(List<Segment> segments, OffsetRange visible, long oldestMs, long maxBytes) throws IOException {
        long start = visible.start();
        if (oldestMs >= 0) {
            start = exactOr(
                    () -> byTime(segments, visible, oldestMs),
                    () -> wholeByTime(segments, visible, oldestMs),
                    visible.start());
        }
        if (maxBytes >= 0) {
            long bySize = exactOr(
                    () -> bySize(segments, visible, maxBytes),
                    () -> wholeBySize(segments, visible, maxBytes),
                    visible.start());
            start = Math.max(start, bySize);
        }
        return start;
    }

    private interface Search {
        long start() throws IOException;
    }

    private static long exactOr(Search exact, LongSupplier wholeSegments, long nothing) throws IOException {
        try {
            return exact.start();
        } catch (NoSuchFileException e) {
            throw e; // trimmed or rewritten meanwhile
        } catch (DamagedRangeException e) {
            LOG.warn("retention waits for a segment to be repaired: {}", e.getMessage());
            return nothing;
        } catch (IOException | CompressionUnavailableException e) {
            LOG.warn("retention cannot look into a segment, and lets whole ones expire meanwhile: {}", e.toString());
            return wholeSegments.getAsLong();
        }
    }

    /** Behind the last one of the segments that all are older; those without a timestamp share the fate of older ones behind. */
    private static long wholeByTime(List<Segment> segments, OffsetRange visible, long oldestMs) {
        long start = visible.start();
        for (var segment : segments) {
            var end = segment.end();
            if (end.maxTimestamp() >= oldestMs) {
                break;
            }
            if (end.maxTimestamp() != RecordBatch.NO_TIMESTAMP) {
                start = Math.max(start, Math.min(end.offset(), visible.end()));
            }
        }
        return start;
    }

    /** The first segment such that those behind it have no more than so many bytes. */
    private static long wholeBySize(List<Segment> segments, OffsetRange visible, long maxBytes) {
        long left = maxBytes;
        for (int i = segments.size() - 1; i >= 0; i--) {
            left -= segments.get(i).end().sizeBytes();
            if (left < 0) {
                long base = segments.get(i).baseOffset();
                return Math.max(visible.start(), Math.min(base, visible.end()));
            }
        }
        return visible.start();
    }

    /**
     * Behind the last record that is older than this time in front of the first one that is not, exact to the record. Records
     * without a timestamp share the fate of the older ones behind them; where only young ones or none follow, nobody knows
     * their age and they stay.
     *
     * @param segments oldest first
     * @param visible from the log start to the high watermark
     */
    long byTime(List<Segment> segments, OffsetRange visible, long oldestMs) throws IOException {
        long firstYoung = times.search(segments, visible, oldestMs).orElse(visible.end());
        var old = new OffsetRange(visible.start(), firstYoung);
        for (int i = segments.size() - 1; i >= 0; i--) {
            var segment = segments.get(i);
            var end = segment.end();
            long from = Math.max(old.start(), segment.baseOffset());
            long to = Math.min(old.end(), end.offset());
            if (from < to && end.maxTimestamp() != RecordBatch.NO_TIMESTAMP) {
                long behind = behindTimestamps(segment, end, new OffsetRange(from, to));
                if (behind > from) {
                    return behind;
                }
            }
        }
        return visible.start();
    }

    /** Behind the last record of the range that has a timestamp; its start where none has. From the end, a piece at a time. */
    private long behindTimestamps(Segment segment, Segment.End end, OffsetRange range) throws IOException {
        segment.requireReadable();
        long to = range.end();
        while (to > range.start()) {
            var walk = reader.walkBefore(segment, to - 1, end);
            long pieceStart = walk.baseOffset();
            boolean firstOfAll = walk.chain().maxTimestamp() == RecordBatch.NO_TIMESTAMP;
            long behind = behindTimestamps(segment, walk, new OffsetRange(range.start(), to));
            if (behind > range.start() || firstOfAll) {
                return behind;
            }
            to = pieceStart;
        }
        return range.start();
    }

    /** As above, for what lies behind the place where the walk stands. Only the last batches are opened. */
    private long behindTimestamps(Segment segment, BatchWalk walk, OffsetRange range) throws IOException {
        long lastWhole = -1;
        while (walk.chain().endOffset() < range.end()) {
            walk.requireHeader(segment);
            boolean hasTimestamp = walk.maxTimestamp() != RecordBatch.NO_TIMESTAMP;
            if (hasTimestamp && walk.endOffset() > range.end()) {
                long behind = behindTimestamps(segment, reader.batchAt(segment, walk), range);
                if (behind > range.start()) {
                    return behind;
                }
            } else if (hasTimestamp && walk.endOffset() > range.start()) {
                lastWhole = walk.baseOffset();
            }
            walk.advance();
        }
        return lastWhole < 0 ? range.start() : behindTimestamps(segment, reader.batchAt(segment, lastWhole), range);
    }

    private static long behindTimestamps(Segment segment, RecordBatch batch, OffsetRange range) throws IOException {
        long behind = range.start();
        try (var records = batch.records()) {
            while (records.hasNext()) {
                var record = records.next();
                if (record.timestamp() != RecordBatch.NO_TIMESTAMP && range.contains(record.offset())) {
                    behind = record.offset() + 1;
                }
            }
            return behind;
        } catch (MalformedBatchException e) {
            throw new CorruptLogException(segment.file(), batch.baseOffset(), e.field(), "records", e.toString());
        }
    }

    /** The first batch such that from it on there are at most so many bytes. */
    long bySize(List<Segment> segments, OffsetRange visible, long maxBytes) throws IOException {
        long left = maxBytes;
        for (int i = segments.size() - 1; i >= 0; i--) {
            var segment = segments.get(i);
            var end = segment.end();
            if (end.sizeBytes() > left) {
                return firstBehind(segment, end, visible, end.sizeBytes() - left);
            }
            left -= end.sizeBytes();
        }
        return visible.start();
    }

    /** The first visible batch at or behind a position; the visible end where there is none. */
    private long firstBehind(Segment segment, Segment.End end, OffsetRange visible, long position) throws IOException {
        long from = Math.max(visible.start(), segment.baseOffset());
        if (from >= Math.min(visible.end(), end.offset())) {
            return Math.min(from, visible.end());
        }
        segment.requireReadable();
        var walk = reader.walkFrom(segment, from, end);
        while (walk.position() < position && walk.chain().endOffset() < visible.end()) {
            // What is below the end of a damaged batch would be trimmed, on all replicas.
            walk.requireBatch(segment);
            walk.advance();
        }
        return Math.min(Math.max(walk.chain().endOffset(), visible.start()), visible.end());
    }
}
