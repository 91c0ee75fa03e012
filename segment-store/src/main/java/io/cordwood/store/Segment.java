package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One segment file: {@code 00000000000000042000.log}, batches back to back and nothing else. It is named by the offset
 * of its first batch.
 *
 * <p>Invariants: the bytes {@code [0, end().sizeBytes())} are whole batches from the base offset to the end offset, in
 * the file before they are published here. Two files that had the same name one after the other are two objects.
 *
 * <p><b>Thread:</b> the log's writer sets the end, any thread reads it.
 */
final class Segment {
    private static final Pattern FILE_NAME = Pattern.compile("(\\d{20})\\.log");

    /** Where the batches end: the exclusive end offset and its position; and their maximum timestamp, -1 = none. */
    record End(long offset, long sizeBytes, long maxTimestamp) {}

    /** Where in the file a batch begins that has this base offset, and the maximum timestamp of those before it. */
    record Place(long offset, long position, long maxTimestampBefore) {}

    private final Path file;
    private final long baseOffset;
    private volatile End end;
    private volatile @Nullable Place readTo;

    Segment(Path directory, long baseOffset, End end) {
        this.file = directory.resolve(fileName(baseOffset));
        this.baseOffset = baseOffset;
        this.end = end;
    }

    static Segment empty(Path directory, long baseOffset) {
        return new Segment(directory, baseOffset, new End(baseOffset, 0, RecordBatch.NO_TIMESTAMP));
    }

    static String fileName(long baseOffset) {
        return "%020d.log".formatted(baseOffset);
    }

    /** The base offset that a file name says; empty when it is no segment's name. */
    static Optional<Long> parseFileName(Path file) {
        var matcher = FILE_NAME.matcher(file.getFileName().toString());
        // The largest offset has 19 digits.
        return matcher.matches() && matcher.group(1).startsWith("0")
                ? Optional.of(Long.parseLong(matcher.group(1)))
                : Optional.empty();
    }

    Path file() {
        return file;
    }

    long baseOffset() {
        return baseOffset;
    }

    End end() {
        return end;
    }

    long endOffset() {
        return end.offset();
    }

    void publishEnd(End newEnd) {
        end = newEnd;
    }

    /**
     * Where a reader left off below the high watermark, so that the next one need not search: nothing below it is ever
     * cut.
     */
    @Nullable
    Place readTo() {
        return readTo;
    }

    void readTo(Place place) {
        readTo = place;
    }

    SegmentInfo info() {
        var now = end;
        return new SegmentInfo(baseOffset, now.offset(), now.sizeBytes());
    }

    @Override
    public String toString() {
        return file.getFileName() + " " + info();
    }
}
