package io.cordwood.raft;

import io.cordwood.store.SegmentHash;

/**
 * What a member of a partition's group knows of its copy of a sealed segment.
 *
 * <p>Thread: immutable.
 *
 * @param copy what the copy is, where it is sound; {@link Copy#NONE} else
 */
record CopyReport(Kind kind, Copy copy) {
    static final CopyReport DAMAGED = new CopyReport(Kind.DAMAGED, Copy.NONE);
    static final CopyReport ABSENT = new CopyReport(Kind.ABSENT, Copy.NONE);
    static final CopyReport PENDING = new CopyReport(Kind.PENDING, Copy.NONE);
    static final CopyReport UNREACHABLE = new CopyReport(Kind.UNREACHABLE, Copy.NONE);

    enum Kind {
        /** Nothing in it contradicts itself. */
        SOUND,
        /** It contradicts itself, or cannot be read. */
        DAMAGED,
        /** The member has none. */
        ABSENT,
        /** The member has one, and has not looked at it lately. */
        PENDING,
        /** The member does not answer. */
        UNREACHABLE
    }

    /** What tells one copy from another. */
    record Copy(long sizeBytes, SegmentHash hash) {
        static final Copy NONE = new Copy(0, SegmentHash.NONE);
    }

    static CopyReport sound(long sizeBytes, SegmentHash hash) {
        return new CopyReport(Kind.SOUND, new Copy(sizeBytes, hash));
    }

    boolean isSound() {
        return kind == Kind.SOUND;
    }
}
