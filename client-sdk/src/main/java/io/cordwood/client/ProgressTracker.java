package io.cordwood.client;

import java.util.ArrayDeque;

/**
 * How far a partition may be committed while its records finish in any order: up to the first that is not
 * finished.
 *
 * <p>Invariants: {@link #committable} never falls, and no record below it is unfinished; the window, from
 * the first unfinished record to the last one taken, holds at most as many records as it was made for.
 *
 * <p><b>Thread:</b> the consumer's.
 */
final class ProgressTracker {
    private final int windowRecords;
    private final ArrayDeque<Mark> window = new ArrayDeque<>();
    private long position;
    private int leaderEpoch = -1;

    /** The place of a record that was taken. */
    static final class Mark {
        private final long offset;
        private final int leaderEpoch;
        private boolean finished;

        private Mark(long offset, int leaderEpoch) {
            this.offset = offset;
            this.leaderEpoch = leaderEpoch;
        }
    }

    /** @param position offset of the first record that may be taken */
    ProgressTracker(int windowRecords, long position) {
        if (windowRecords < 1) {
            throw new IllegalArgumentException("window " + windowRecords + " must be at least 1");
        }
        this.windowRecords = windowRecords;
        this.position = position;
    }

    /** Whether the next record must wait until the first unfinished one is finished. */
    boolean isFull() {
        return window.size() >= windowRecords;
    }

    /** @param leaderEpoch of the record's batch */
    Mark taken(long offset, int leaderEpoch) {
        if (offset < position || isFull()) {
            throw new IllegalStateException("offset " + offset + " taken at position " + position + ", " + window.size()
                    + " of " + windowRecords + " in the window");
        }
        var mark = new Mark(offset, leaderEpoch);
        window.add(mark);
        position = offset + 1;
        return mark;
    }

    /** Offsets up to here have no records: compaction removed them. */
    void passTo(long offset) {
        position = Math.max(position, offset);
    }

    /** @return whether more may be committed than before */
    boolean finished(Mark mark) {
        if (mark.finished) {
            throw new IllegalStateException("offset " + mark.offset + " is finished twice");
        }
        mark.finished = true;
        boolean first = window.element() == mark;
        while (!window.isEmpty() && window.element().finished) {
            leaderEpoch = window.remove().leaderEpoch;
        }
        return first;
    }

    /** Every record below it is finished. */
    long committable() {
        return window.isEmpty() ? position : window.element().offset;
    }

    /** Of the last record below what may be committed; -1 before the first is finished. */
    int leaderEpoch() {
        return leaderEpoch;
    }

    /** The offset after the last record taken. */
    long position() {
        return position;
    }

    int windowSize() {
        return window.size();
    }
}
