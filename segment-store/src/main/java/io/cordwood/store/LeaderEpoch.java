package io.cordwood.store;

/**
 * From which offset on the batches carry a leader epoch. A list of these is ordered: epochs and offsets both rise.
 *
 * <p><b>Thread:</b> immutable.
 */
public record LeaderEpoch(int epoch, long startOffset) {
    public LeaderEpoch {
        if (epoch < 0 || startOffset < 0) {
            throw new IllegalArgumentException(
                    "epoch " + epoch + " from offset " + startOffset + ": both must be >= 0");
        }
    }
}
