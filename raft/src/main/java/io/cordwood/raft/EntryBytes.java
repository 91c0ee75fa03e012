package io.cordwood.raft;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * How much payload the entries of a raft log brought since the start: so that a leader, who knows of a
 * follower a raft index only, can say how many bytes it lacks.
 *
 * <p>An estimate, from marks on {@value #LEVELS} levels of {@value #MARKS} each. Those of the finest level
 * are {@value #MARK_BYTES} bytes or {@value #MARK_ENTRIES} entries apart, those of each next one
 * {@value #COARSER} times as far: so it is finest at the end of the log, and reaches hundreds of GiB back
 * in 8 KiB of memory. It is too high by less than the distance of two marks. What came before the newest
 * start does not count; after a truncation the bytes that were cut do, for as long as their marks are kept.
 *
 * <p>Thread: {@link #add} under the log write lock; {@link #behind} by any, which may find a mark just
 * overwritten and is then off by as much as that.
 */
final class EntryBytes {
    static final int LEVELS = 8;
    static final int MARKS = 64;
    static final int MARK_BYTES = 256 << 10;
    static final int MARK_ENTRIES = 64;
    static final int COARSER = 4;

    private final Level[] levels =
            IntStream.range(0, LEVELS).mapToObj(Level::new).toArray(Level[]::new);
    private volatile long totalBytes;
    private boolean begun;

    /** An entry came into the log. */
    void add(long index, int payloadBytes) {
        if (!begun) {
            begun = true;
            Arrays.stream(levels).forEach(level -> level.mark(index - 1, 0));
        }
        long total = totalBytes + payloadBytes;
        totalBytes = total;
        for (Level level : levels) {
            level.maybeMark(index, total);
        }
    }

    /** What somebody lacks who has the entries up to this one, included. */
    long behind(long index) {
        for (Level level : levels) {
            var upTo = level.bytesUpTo(index);
            if (upTo.isPresent()) {
                return Math.max(0, totalBytes - upTo.getAsLong());
            }
        }
        return Math.max(0, totalBytes - levels[LEVELS - 1].oldestBytes());
    }

    /** The newest marks that are so far apart. */
    private static final class Level {
        private final long markBytes;
        private final long markEntries;
        /** Raft index and bytes up to it, included, in turn. */
        private final AtomicLongArray marks = new AtomicLongArray(2 * MARKS);

        private volatile int marksSet;
        private long markedIndex;
        private long markedBytes;

        private Level(int number) {
            long times = (long) Math.pow(COARSER, number);
            markBytes = times * MARK_BYTES;
            markEntries = times * MARK_ENTRIES;
        }

        private void maybeMark(long index, long bytes) {
            if (bytes - markedBytes >= markBytes || index - markedIndex >= markEntries || index < markedIndex) {
                mark(index, bytes);
            }
        }

        private void mark(long index, long bytes) {
            markedIndex = index;
            markedBytes = bytes;
            int place = 2 * (marksSet % MARKS);
            marks.setRelease(place, index);
            marks.setRelease(place + 1, bytes);
            // Wraps at twice the number, so that it never overflows and still says whether all places are
            // taken.
            marksSet = marksSet + 1 == 2 * MARKS ? MARKS : marksSet + 1;
        }

        /** By the newest mark at or below the index; empty where none is kept. */
        private OptionalLong bytesUpTo(long index) {
            int set = marksSet;
            for (int back = 1; back <= Math.min(set, MARKS); back++) {
                int place = place(set, back);
                if (marks.getAcquire(place) <= index) {
                    return OptionalLong.of(marks.getAcquire(place + 1));
                }
            }
            return OptionalLong.empty();
        }

        private long oldestBytes() {
            int set = marksSet;
            return set == 0 ? 0 : marks.getAcquire(place(set, Math.min(set, MARKS)) + 1);
        }

        private static int place(int set, int back) {
            return 2 * ((set - back) % MARKS);
        }
    }
}
