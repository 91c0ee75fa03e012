package io.cordwood.store;

import java.io.IOException;
import java.util.List;

/**
 * Finds where a log has to begin so that it keeps no more than its topic wants.
 *
 * <p><b>Thread:</b> any.
 */
final class RetentionSearch {
    private final LogReader reader;
    private final TimeSearch times;

    RetentionSearch(LogReader reader, TimeSearch times) {
        this.reader = reader;
        this.times = times;
    }

    /**
     * The first record that is as young as this time, exact to the record. Records without a timestamp share the fate of those
     * behind them; where none is behind them they stay.
     *
     * @param segments oldest first
     * @param visible from the log start to the high watermark
     */
    long byTime(List<Segment> segments, OffsetRange visible, long oldestMs) throws IOException {
        var young = times.search(segments, visible, oldestMs);
        if (young.isPresent()) {
            return young.getAsLong();
        }
        long start = visible.start();
        for (var segment : segments) {
            if (segment.end().maxTimestamp() >= 0) {
                start = segment.endOffset();
            }
        }
        return Math.min(Math.max(start, visible.start()), visible.end());
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
        var walk = reader.walkFrom(segment, from, end);
        while (walk.position() < position && walk.chain().endOffset() < visible.end()) {
            var problem = walk.headerProblem();
            if (problem != null) {
                throw problem.at(segment.file(), walk.position());
            }
            walk.advance();
        }
        return Math.min(Math.max(walk.chain().endOffset(), visible.start()), visible.end());
    }
}
