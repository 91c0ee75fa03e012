package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a log looks like with batches that are about to be appended.
 *
 * <p><b>Thread:</b> immutable; made by the log's writer.
 *
 * @param epochs the leader epochs
 * @param maxTimestamp of the active segment, in ms
 */
record InspectedBatches(List<LeaderEpoch> epochs, long maxTimestamp) {

    /**
     * Checks the batches and chooses those to be indexed.
     *
     * @param before the leader epochs without them
     * @throws IllegalArgumentException when they are not a chain over this range
     */
    static InspectedBatches of(
            OffsetRange range, ByteBuffer batches, List<LeaderEpoch> before, Segment active, LogIndexer indexer) {
        var epochs = before;
        var end = active.end();
        var chain = new BatchChain(range.start(), LeaderEpochs.newest(epochs), end.maxTimestamp());
        int at = batches.position();
        while (at < batches.limit()) {
            var problem = chain.problemAt(batches, at, batches.limit() - at);
            if (problem != null) {
                indexer.startSegment();
                throw new IllegalArgumentException(
                        "batches for offset " + range.start() + " at " + at + ": " + problem);
            }
            epochs = LeaderEpochs.append(epochs, BatchHeader.leaderEpoch(batches, at), chain.endOffset());
            indexer.see(
                    chain.indexEntry(batches, at, active.baseOffset(), end.sizeBytes() + at - batches.position()),
                    RecordBatch.sizeAt(batches, at));
            chain.accept(batches, at);
            at += RecordBatch.sizeAt(batches, at);
        }
        if (chain.endOffset() != range.end() || range.start() == range.end()) {
            throw new IllegalArgumentException("batches end at offset " + chain.endOffset() + ", expected "
                    + range.end() + " beyond " + range.start());
        }
        return new InspectedBatches(epochs, chain.maxTimestamp());
    }
}
