package io.cordwood.raft;

import io.cordwood.store.LeaderEpoch;
import io.cordwood.store.LeaderEpochs;
import io.cordwood.store.OffsetRange;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a replica's files cease to be its source's: batch by batch, and file by file.
 *
 * <p>Invariants: what lies below the answer is the same on both sides; where either side ends first, nothing differs.
 *
 * <p>Thread: stateless.
 */
final class Divergence {
    private Divergence() {}

    /** Prints of one side, in order. */
    interface Prints {
        /** Those of some batches from this offset on; none at the end. */
        List<BatchPrint> from(long offset) throws IOException, InterruptedException;
    }

    /** The end offset of the batches that both sides begin with. */
    static long sharedEnd(long fromOffset, Prints own, Prints source) throws IOException, InterruptedException {
        var ownSide = new Side(own);
        var sourceSide = new Side(source);
        long end = fromOffset;
        while (true) {
            var ownNext = ownSide.next(end);
            // Asked for only where there is something to compare: the source is another node.
            var sourceNext = ownNext == null ? null : sourceSide.next(end);
            if (sourceNext == null || !sourceNext.equals(ownNext)) {
                return end;
            }
            end = sourceNext.endOffset();
        }
    }

    /**
     * Where the files differ first: the base offset of one that only one side has.
     *
     * @param endOffset the batches are the same up to here; the answer where all files below it are
     */
    static long sameFilesEnd(long fromOffset, long endOffset, Collection<Long> ownBases, Collection<Long> sourceBases) {
        var either = new HashSet<>(ownBases);
        either.addAll(sourceBases);
        return either.stream()
                .filter(base -> base >= fromOffset && base < endOffset)
                .filter(base -> !ownBases.contains(base) || !sourceBases.contains(base))
                .min(Long::compare)
                .orElse(endOffset);
    }

    /**
     * The end of the offsets that have the same leader epoch on both sides: entries of one epoch were decided by one leader, so what
     * was appended there is the same. An answer below the end of the range is a place where a batch begins.
     */
    static long sameEpochsEnd(OffsetRange range, List<LeaderEpoch> own, List<LeaderEpoch> source) {
        long at = range.start();
        while (at < range.end() && LeaderEpochs.at(own, at) == LeaderEpochs.at(source, at)) {
            at = Math.min(Math.min(LeaderEpochs.endOfSpan(own, at), LeaderEpochs.endOfSpan(source, at)), range.end());
        }
        return at;
    }

    private static final class Side {
        private final Prints prints;
        private final Queue<BatchPrint> loaded = new ArrayDeque<>();

        Side(Prints prints) {
            this.prints = prints;
        }

        private @Nullable BatchPrint next(long offset) throws IOException, InterruptedException {
            if (loaded.isEmpty()) {
                loaded.addAll(prints.from(offset));
            }
            return loaded.poll();
        }
    }
}
