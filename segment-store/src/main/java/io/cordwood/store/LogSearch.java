package io.cordwood.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Searches a log whose files may go meanwhile, trimmed or rewritten: then it looks again, or knows that it need not.
 *
 * <p><b>Thread:</b> any.
 */
final class LogSearch {
    private final TimeSearch times;
    private final RetentionSearch retention;
    private final BacklogSearch backlogs;

    /** A log as readers find it. */
    record View(List<Segment> segments, long logStartOffset, long highWatermark) {
        boolean isSame(View now) {
            return logStartOffset == now.logStartOffset && segments.equals(now.segments);
        }
    }

    LogSearch(LogReader reader) {
        times = new TimeSearch(reader);
        retention = new RetentionSearch(reader, times);
        backlogs = new BacklogSearch(reader, times);
    }

    /** See {@link PartitionLog#firstAtOrAfter}. */
    OptionalLong firstAtOrAfter(Supplier<View> log, long timestampMs, long limitOffset) throws IOException {
        while (true) {
            var view = log.get();
            long start = view.logStartOffset();
            try {
                return times.search(view.segments(), new OffsetRange(start, Math.max(start, limitOffset)), timestampMs);
            } catch (NoSuchFileException e) {
                if (view.isSame(log.get())) {
                    throw e;
                }
                // What was looked for there is no longer in the log, or elsewhere.
            }
        }
    }

    /** See {@link PartitionLog#backlog}. */
    Backlog backlog(Supplier<View> log, long offset, long limitOffset) throws IOException {
        while (true) {
            var view = log.get();
            long start = view.logStartOffset();
            long from = Math.max(start, offset);
            var range = new OffsetRange(from, Math.max(from, limitOffset));
            try {
                var visible = new OffsetRange(start, Math.max(start, view.highWatermark()));
                return backlogs.search(view.segments(), visible, range);
            } catch (NoSuchFileException e) {
                if (view.isSame(log.get())) {
                    throw e;
                }
                // What was looked for there is no longer in the log, or elsewhere.
            }
        }
    }

    /** See {@link PartitionLog#startKeeping}. */
    long startKeeping(Supplier<View> log, long oldestMs, long maxBytes) throws IOException {
        var view = log.get();
        long start = view.logStartOffset();
        var visible = new OffsetRange(start, Math.max(start, view.highWatermark()));
        try {
            return retention.startKeeping(view.segments(), visible, oldestMs, maxBytes);
        } catch (NoSuchFileException e) {
            var now = log.get();
            if (view.isSame(now)) {
                throw e;
            }
            return now.logStartOffset(); // the next look will tell
        }
    }
}
