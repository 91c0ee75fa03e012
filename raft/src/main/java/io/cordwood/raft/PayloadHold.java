package io.cordwood.raft;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * From which offset on the entries of a replica's raft log may need their payload, as far as that is known: what was applied
 * says which offset an index begins at, and the raft log which indexes it still holds.
 *
 * <p>Invariants: never falls; not beyond the payload of any entry in the raft log.
 *
 * <p>Thread: any.
 */
final class PayloadHold {
    private final Deque<Mark> marks = new ArrayDeque<>();
    private long heldFrom;

    /** The payloads of entries from this raft index on lie at or beyond the offset. */
    private record Mark(long index, long offset) {}

    /** Learns that the payloads of entries from this raft index on lie at or beyond an offset. Both rise from call to call. */
    synchronized void mark(long index, long offset) {
        marks.add(new Mark(index, offset));
    }

    /** @param raftLogStart first index in the raft log; -1 where it is not known */
    synchronized long heldFrom(long raftLogStart) {
        while (!marks.isEmpty() && marks.peek().index() <= raftLogStart) {
            heldFrom = Math.max(heldFrom, marks.remove().offset());
        }
        return heldFrom;
    }
}
