package io.cordwood.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the index entries that are missing below the place where a log's recovery began, a piece at a time.
 *
 * <p>Invariants: what it indexes lies below the high watermark, so it is never cut; trimmed parts are skipped.
 *
 * <p><b>Thread:</b> one at a time.
 */
final class IndexFill {
    private static final Logger LOG = LoggerFactory.getLogger(IndexFill.class);
    private static final long STEP_BYTES = 4L << 20;

    private final LogFiles files;
    private final LogReader reader;
    private final Supplier<List<Segment>> segments;
    private final long endOffset;
    private final boolean isAgain;
    private long nextOffset;

    /** @param gap behind it, all up to its end is indexed */
    IndexFill(LogFiles files, LogReader reader, Supplier<List<Segment>> segments, OffsetRange gap) {
        this(files, reader, segments, gap, false);
    }

    /** Of a range that counts as indexed, and whose file is another now. */
    static IndexFill again(LogFiles files, LogReader reader, Supplier<List<Segment>> segments, OffsetRange range) {
        return new IndexFill(files, reader, segments, range, true);
    }

    private IndexFill(
            LogFiles files, LogReader reader, Supplier<List<Segment>> segments, OffsetRange gap, boolean isAgain) {
        this.files = files;
        this.reader = reader;
        this.segments = segments;
        this.nextOffset = gap.start();
        this.endOffset = gap.end();
        this.isAgain = isAgain;
    }

    boolean isDone() {
        return nextOffset >= endOffset;
    }

    /** On the index's thread, until it is done or the log is closed; without effect where nothing is missing. */
    void inBackground(BooleanSupplier isClosed, Runnable whenDone) {
        if (isDone()) {
            return;
        }
        if (!isAgain) {
            files.index().countFill();
        }
        files.index().fillInBackground(() -> {
            boolean more = !isClosed.getAsBoolean() && step();
            if (isDone()) {
                whenDone.run();
            }
            return more;
        });
    }

    /** Whether to call it again. */
    boolean step() {
        var all = segments.get();
        nextOffset = Math.max(nextOffset, all.get(0).baseOffset());
        var segment = segmentOf(all, nextOffset);
        if (isDone() || segment == null) {
            return false;
        }
        try {
            fill(segment);
            return !isDone();
        } catch (NoSuchFileException e) {
            // Trimmed meanwhile: the next call goes on behind it.
            return segments.get().contains(segment) ? stopped(e) : !isDone();
        } catch (IOException e) {
            return stopped(e);
        }
    }

    private boolean stopped(IOException e) {
        // Whoever needs these bytes will say so louder; without entries reads scan.
        LOG.info("partition {}: indexing stopped at offset {}: {}", files.id(), nextOffset, e.toString());
        return false;
    }

    private void fill(Segment segment) throws IOException {
        var entries = new ArrayList<IndexEntry>();
        var walk = reader.walkFrom(segment, nextOffset, segment.end());
        long stepEnd = walk.position() + STEP_BYTES;
        long lastEntry =
                walk.position() == 0 ? 0 : walk.position() - files.config().indexIntervalBytes();
        while (!walk.atEnd() && walk.position() < stepEnd && walk.chain().endOffset() < endOffset) {
            walk.requireBatch(segment);
            if (walk.position() - lastEntry >= files.config().indexIntervalBytes()) {
                entries.add(walk.indexEntry(segment.baseOffset()));
                lastEntry = walk.position();
            }
            walk.advance();
        }
        nextOffset = walk.chain().endOffset();
        files.index().add(files.id(), entries, isAgain ? OffsetIndex.UNKNOWN : nextOffset);
    }

    private static @Nullable Segment segmentOf(List<Segment> all, long offset) {
        return all.stream()
                .filter(segment -> segment.baseOffset() <= offset && offset < segment.endOffset())
                .findFirst()
                .orElse(null);
    }
}
