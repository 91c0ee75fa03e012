package io.cordwood.raft;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How much payload the newest entries of a raft log brought: so that a leader, who knows of a follower a
 * raft index only, can say how many bytes it lacks.
 *
 * <p>An estimate, from marks that are set every {@value #MARK_BYTES} bytes or {@value #MARK_ENTRIES}
 * entries; the newest {@value #MARKS} of them are kept. What lies further back, or came before the newest
 * start, counts as far as it is known. After a truncation the bytes that were cut count for as long as
 * their marks are kept.
 *
 * <p>Thread: {@link #add} under the log write lock; {@link #behind} by any, which may find a mark just
 * overwritten and is then off by as much as that.
 */
final class EntryBytes {
    static final int MARK_BYTES = 256 << 10;
    static final int MARK_ENTRIES = 64;
    static final int MARKS = 512;

    private static final long NO_INDEX = Long.MIN_VALUE;

    /** Raft index and bytes up to it, included, in turn. */
    private final AtomicLongArray marks = new AtomicLongArray(2 * MARKS);

    private volatile int marksSet;
    private volatile long totalBytes;
    private long markedIndex = NO_INDEX;
    private long markedBytes;

    /** An entry came into the log. */
    void add(long index, int payloadBytes) {
        if (markedIndex == NO_INDEX) {
            mark(index - 1, 0);
        }
        long total = totalBytes + payloadBytes;
        totalBytes = total;
        if (total - markedBytes >= MARK_BYTES || index - markedIndex >= MARK_ENTRIES || index < markedIndex) {
            mark(index, total);
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

    /** What somebody lacks who has the entries up to this one, included. */
    long behind(long index) {
        int set = marksSet;
        int kept = Math.min(set, MARKS);
        long known = totalBytes;
        for (int back = 1; back <= kept; back++) {
            int place = 2 * ((set - back) % MARKS);
            known = marks.getAcquire(place + 1);
            if (marks.getAcquire(place) <= index) {
                break;
            }
        }
        return Math.max(0, totalBytes - known);
    }
}
