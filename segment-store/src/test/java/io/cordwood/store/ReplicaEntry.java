package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What an entry of the raft log says to a replica's store, as the tests of the store make it.
 *
 * <p><b>Thread:</b> immutable.
 */
sealed interface ReplicaEntry {
    /** Does to the state what applying the entry does. */
    void applyTo(ReplicaMemory state);

    /** A batch as it is stored. */
    record Batch(ByteBuffer bytes, long baseOffset, long endOffset) {
        static Batch of(ByteBuffer bytes) {
            var view = RecordBatch.of(bytes);
            return new Batch(bytes, view.baseOffset(), view.endOffset());
        }

        RecordBatch view() {
            return RecordBatch.of(bytes);
        }
    }

    record Append(List<Batch> batches, boolean roll, long leaderTimeMs) implements ReplicaEntry {
        public Append {
            batches = List.copyOf(batches);
        }

        long baseOffset() {
            return batches.get(0).baseOffset();
        }

        long endOffset() {
            return batches.get(batches.size() - 1).endOffset();
        }

        ByteBuffer payload() {
            return Batches.concat(batches.stream().map(Batch::bytes).toArray(ByteBuffer[]::new));
        }

        @Override
        public void applyTo(ReplicaMemory state) {
            state.append(this);
        }
    }

    record Trim(long newStart) implements ReplicaEntry {
        @Override
        public void applyTo(ReplicaMemory state) {
            state.trim(newStart);
        }
    }

    /** The result of a pass of compaction, as every replica has to make it. */
    record Compact(OffsetRange scanned, int keys, List<SealedSegment> segments, CompactionTimes times)
            implements ReplicaEntry {
        public Compact {
            segments = List.copyOf(segments);
        }

        @Override
        public void applyTo(ReplicaMemory state) {
            state.compact(this);
        }
    }
}
