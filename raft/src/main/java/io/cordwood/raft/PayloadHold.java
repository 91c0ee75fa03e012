package io.cordwood.raft;

import io.cordwood.partition.AppendEntry;
import io.cordwood.raft.RaftLogScan.Found;
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

    /**
     * As a raft log tells of itself when it is opened. What lies behind the checkpoint is applied again and
     * tells more.
     *
     * @param checkpointIndex -1 where there is no checkpoint
     * @param highWatermark at the checkpoint: payloads of entries behind it begin there
     */
    static PayloadHold of(RaftLogScan scan, long checkpointIndex, long highWatermark) {
        var hold = new PayloadHold();
        var appended = scan.entries().stream()
                .filter(found -> found.index() <= checkpointIndex && found.entry() instanceof AppendEntry)
                .toList();
        long first = appended.isEmpty() ? highWatermark : baseOffset(appended.get(0));
        scan.firstIndex().ifPresent(index -> hold.mark(index, first));
        appended.stream()
                .filter(found -> ((AppendEntry) found.entry()).roll())
                .forEach(found -> hold.mark(found.index(), baseOffset(found)));
        hold.mark(checkpointIndex + 1, highWatermark);
        return hold;
    }

    private static long baseOffset(Found appended) {
        return ((AppendEntry) appended.entry()).baseOffset();
    }

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
