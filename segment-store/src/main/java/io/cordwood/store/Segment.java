package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One segment file: {@code 00000000000000042000.log}, batches back to back and nothing else. It is named by the offset
 * of its first batch, and where compaction has written it, by how often: {@code 00000000000000042000.1.log}.
 *
 * <p>Invariants: the bytes {@code [0, end().sizeBytes())} are whole batches from the base offset to the end offset, in
 * the file before they are published here. Two files that had the same name one after the other are two objects.
 *
 * <p><b>Thread:</b> the log's writer sets the end, any thread reads it.
 */
final class Segment {
    private static final String TEMPORARY_SUFFIX = ".tmp";
    private static final String INCOMING_SUFFIX = ".in";
    private static final String REPAIR_SUFFIX = ".repair";
    private static final Pattern FILE_NAME = Pattern.compile("(0\\d{19})(?:\\.([1-9]\\d{0,8}))?\\.log");

    /** Where the batches end: the exclusive end offset and its position; and their maximum timestamp, -1 = none. */
    record End(long offset, long sizeBytes, long maxTimestamp) {}

    /** Where in the file a batch begins that has this base offset, and the maximum timestamp of those before it. */
    record Place(long offset, long position, long maxTimestampBefore) {}

    private final Path file;
    private final long baseOffset;
    private final int generation;
    private volatile End end;
    private volatile @Nullable Place readTo;
    private volatile boolean replaced;
    private volatile @Nullable FileCheck refused;
    private volatile boolean doubted;

    /** What a file name says. */
    record Name(long baseOffset, int generation) {}

    /** A segment as it was appended. */
    Segment(Path directory, long baseOffset, End end) {
        this(directory, new Name(baseOffset, 0), end);
    }

    Segment(Path directory, Name name, End end) {
        this(name, directory.resolve(fileName(name.baseOffset(), name.generation())), end);
    }

    private Segment(Name name, Path file, End end) {
        this.file = file;
        this.baseOffset = name.baseOffset();
        this.generation = name.generation();
        this.end = end;
    }

    static Segment empty(Path directory, long baseOffset) {
        return new Segment(directory, baseOffset, new End(baseOffset, 0, RecordBatch.NO_TIMESTAMP));
    }

    static Segment of(Path directory, SealedSegment sealed) {
        var name = new Name(sealed.baseOffset(), sealed.compactionGeneration());
        return new Segment(directory, name, new End(sealed.endOffset(), sealed.sizeBytes(), sealed.maxTimestamp()));
    }

    /** As {@link #of}, under the name that its file has while it comes from elsewhere. */
    static Segment incoming(Path directory, SealedSegment sealed) {
        var named = of(directory, sealed);
        return new Segment(new Name(named.baseOffset, named.generation), incoming(named.file), named.end);
    }

    /** The last of the segments that begins at or below the offset, which is not below the first one. */
    static Segment holding(List<Segment> ordered, long offset) {
        int low = 0;
        int high = ordered.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (ordered.get(middle).baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return ordered.get(low);
    }

    static Segment last(List<Segment> ordered) {
        return ordered.get(ordered.size() - 1);
    }

    static String fileName(long baseOffset) {
        return fileName(baseOffset, 0);
    }

    static String fileName(long baseOffset, int generation) {
        // In the digits of the machine's locale, the next start under another one would not find the file.
        return generation == 0
                ? String.format(Locale.ROOT, "%020d.log", baseOffset)
                : String.format(Locale.ROOT, "%020d.%d.log", baseOffset, generation);
    }

    /** What a file name says; empty when it is no segment's name. */
    static Optional<Name> parseFileName(Path file) {
        var matcher = FILE_NAME.matcher(file.getFileName().toString());
        // The largest offset has 19 digits, so each of them is a long.
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int generation = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return Optional.of(new Name(Long.parseLong(matcher.group(1)), generation));
    }

    /** Under which name a file is written before it takes its own. */
    static Path temporary(Path file) {
        return file.resolveSibling(file.getFileName() + TEMPORARY_SUFFIX);
    }

    /** Under which name a file comes from elsewhere before it takes its own: this node may be writing it for itself. */
    static Path incoming(Path file) {
        return file.resolveSibling(file.getFileName() + INCOMING_SUFFIX);
    }

    /**
     * As {@link #of}, under the name that the sound bytes of a damaged file have before they take its
     * place.
     */
    static Segment repairing(Path directory, SealedSegment sealed) {
        var named = of(directory, sealed);
        var file = named.file.resolveSibling(named.file.getFileName() + REPAIR_SUFFIX);
        return new Segment(new Name(named.baseOffset, named.generation), file, named.end);
    }

    /** Whether the name of a file means nothing. */
    static boolean isTemporary(Path file) {
        var name = file.getFileName().toString();
        return Stream.of(TEMPORARY_SUFFIX, INCOMING_SUFFIX, REPAIR_SUFFIX)
                .anyMatch(suffix -> name.endsWith(".log" + suffix));
    }

    Path file() {
        return file;
    }

    long baseOffset() {
        return baseOffset;
    }

    /** How often compaction has written it. */
    int generation() {
        return generation;
    }

    End end() {
        return end;
    }

    long endOffset() {
        return end.offset();
    }

    boolean holds(OffsetRange range) {
        return baseOffset <= range.start() && range.end() <= end.offset();
    }

    void requireBeyond(long offset) throws CorruptLogException {
        var now = end;
        if (offset >= now.offset()) {
            throw new CorruptLogException(file, now.sizeBytes(), "end offset", "beyond " + offset, now.offset());
        }
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

    /** Compaction put another file in its place: what the index says at its base offset is of that one. */
    void retire() {
        replaced = true;
    }

    boolean isReplaced() {
        return replaced;
    }

    /** What was found of it is not read any more; null: all is. */
    void refuse(@Nullable FileCheck damaged) {
        refused = damaged;
    }

    /** Somebody found in it what cannot be right: it is to be looked at as a whole. */
    void doubt() {
        doubted = true;
    }

    /** Whether somebody did, and what is wrong is not known. */
    boolean isDoubted() {
        return doubted && refused == null;
    }

    void dropDoubt() {
        doubted = false;
    }

    /** Up to where a read may go that begins at an offset. */
    long readableEnd(long offset, long limitOffset) throws DamagedRangeException {
        var known = refused;
        if (known == null || limitOffset <= known.damagedOffsets().start()) {
            return limitOffset;
        }
        if (known.damagedOffsets().contains(offset)) {
            throw refusal(known);
        }
        return offset < known.damagedOffsets().start() ? known.damagedOffsets().start() : limitOffset;
    }

    /** Of nothing that is damaged is anything to be made. */
    void requireReadable() throws DamagedRangeException {
        var known = refused;
        if (known != null) {
            throw refusal(known);
        }
    }

    private DamagedRangeException refusal(FileCheck known) {
        return new DamagedRangeException(String.valueOf(file.getFileName()), known.damagedOffsets(), known.reason());
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
