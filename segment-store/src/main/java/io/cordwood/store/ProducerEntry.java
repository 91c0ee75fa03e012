package io.cordwood.store;

import java.util.List;

/**
 * One producer of a {@link ProducerState} as a value.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param lastUsedMs leader time of its newest batch
 * @param batches its newest batches, oldest first; 1 to {@link ProducerState#BATCHES_KEPT}
 */
public record ProducerEntry(long producerId, short epoch, long lastUsedMs, List<Batch> batches) {
    /** A batch that was appended: its records have the sequences from the first on and the offsets from the base on. */
    public record Batch(int firstSequence, int recordCount, long baseOffset) {
        public Batch {
            if (firstSequence < 0 || recordCount < 1 || baseOffset < 0) {
                throw new IllegalArgumentException("sequence " + firstSequence + ", " + recordCount
                        + " records, base offset " + baseOffset + " is no batch");
            }
        }

        public long endOffset() {
            return baseOffset + recordCount;
        }
    }

    public ProducerEntry {
        batches = List.copyOf(batches);
        if (producerId < 0 || epoch < 0 || batches.isEmpty() || batches.size() > ProducerState.BATCHES_KEPT) {
            throw new IllegalArgumentException(
                    "producer " + producerId + ", epoch " + epoch + ", " + batches.size() + " batches is no entry");
        }
    }
}
