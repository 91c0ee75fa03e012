package io.cordwood.store;

/**
 * What {@link LogScrub} found of a segment file.
 *
 * <p><b>Thread:</b> immutable; it speaks of the one file that was looked at, also when another has its name
 * later.
 */
public final class FileCheck {
    private final Segment segment;
    private final SegmentHash hash;
    private final OffsetRange damaged;
    private final String reason;

    private FileCheck(Segment segment, SegmentHash hash, OffsetRange damaged, String reason) {
        this.segment = segment;
        this.hash = hash;
        this.damaged = damaged;
        this.reason = reason;
    }

    static FileCheck sound(Segment segment, SegmentHash hash) {
        return new FileCheck(segment, hash, new OffsetRange(segment.baseOffset(), segment.baseOffset()), "");
    }

    static FileCheck damaged(Segment segment, OffsetRange offsets, String reason) {
        return new FileCheck(segment, SegmentHash.NONE, offsets, reason);
    }

    /**
     * The same file, known to be another than it should be: its batches are sound, and not those that
     * belong there.
     */
    public FileCheck contradicted(String why) {
        return damaged(segment, new OffsetRange(segment.baseOffset(), segment.endOffset()), why);
    }

    /** Whether nothing in the file contradicts itself. */
    public boolean isSound() {
        return damaged.isEmpty();
    }

    /** Of a sound file; {@link SegmentHash#NONE} of one that still grows. */
    public SegmentHash hash() {
        return hash;
    }

    /** Of the file. */
    public long baseOffset() {
        return segment.baseOffset();
    }

    /** Empty of a sound file. */
    public OffsetRange damagedOffsets() {
        return damaged;
    }

    /** Empty of a sound file. */
    public String reason() {
        return reason;
    }

    /** Whether both speak of the same file, and not of two that had the same name. */
    public boolean isOfSameFile(FileCheck other) {
        return segment.equals(other.segment);
    }

    Segment segment() {
        return segment;
    }

    @Override
    public String toString() {
        return segment.file() + (isSound() ? ": sound" : ": " + reason);
    }
}
