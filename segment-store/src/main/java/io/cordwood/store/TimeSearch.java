package io.cordwood.store;

import io.cordwood.batch.MalformedBatchException;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/**
 * Finds the first record of a log that is not older than a time.
 *
 * <p>Segments whose maximum timestamp is older are passed over, then the index gives a batch before which all of the
 * segment is older, and from there on headers are looked at, and the records of batches that are new enough by their
 * header. So about one interval of the index is read, more where the index has gaps, or where a record below the log
 * start was newer than what follows it.
 *
 * <p><b>Thread:</b> any.
 */
final class TimeSearch {
    private final LogReader reader;

    TimeSearch(LogReader reader) {
        this.reader = reader;
    }

    /**
     * @param segments oldest first
     * @param visible the offsets to look at; they are not cut meanwhile
     */
    OptionalLong search(List<Segment> segments, OffsetRange visible, long timestampMs) throws IOException {
        for (var segment : segments) {
            var end = segment.end();
            long first = Math.max(visible.start(), segment.baseOffset());
            long last = Math.min(visible.end(), end.offset());
            if (first < last && end.maxTimestamp() >= timestampMs) {
                var found = search(segment, new OffsetRange(first, last), timestampMs);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong search(Segment segment, OffsetRange range, long timestampMs) throws IOException {
        segment.requireReadable();
        var walk = reader.walkFromTime(segment, range, timestampMs);
        while (walk.chain().endOffset() < range.end()) {
            // A batch whose time is a damaged one would be passed over, and taken for expired.
            walk.requireBatch(segment);
            if (walk.maxTimestamp() >= timestampMs) {
                var found = searchBatch(segment, walk, range, timestampMs);
                if (found.isPresent()) {
                    return found;
                }
            }
            walk.advance();
        }
        return OptionalLong.empty();
    }

    private OptionalLong searchBatch(Segment segment, BatchWalk walk, OffsetRange range, long timestampMs)
            throws IOException {
        try (var records = reader.batchAt(segment, walk).records()) {
            while (records.hasNext()) {
                var record = records.next();
                if (record.timestamp() >= timestampMs && range.contains(record.offset())) {
                    return OptionalLong.of(record.offset());
                }
            }
            return OptionalLong.empty();
        } catch (MalformedBatchException e) {
            throw new CorruptLogException(segment.file(), walk.position(), e.field(), "records", e.toString());
        }
    }
}
