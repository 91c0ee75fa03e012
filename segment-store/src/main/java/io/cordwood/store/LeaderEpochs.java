package io.cordwood.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a table of leader epochs, each giving a new list.
 *
 * <p><b>Thread:</b> any.
 */
public final class LeaderEpochs {
    private LeaderEpochs() {}

    /** Of the last batch, -1 when there was none. */
    static int newest(List<LeaderEpoch> epochs) {
        return epochs.isEmpty() ? -1 : epochs.get(epochs.size() - 1).epoch();
    }

    /** Of the batch that holds an offset; -1 where it lies before the first. */
    public static int at(List<LeaderEpoch> epochs, long offset) {
        for (int i = epochs.size() - 1; i >= 0; i--) {
            if (epochs.get(i).startOffset() <= offset) {
                return epochs.get(i).epoch();
            }
        }
        return -1;
    }

    /**
     * Compares the epoch of a batch, which its CRC does not cover. Of what was trimmed none is known.
     *
     * @throws CorruptLogException when it is another one
     */
    static void require(List<LeaderEpoch> epochs, long baseOffset, int found, Path file, long position)
            throws CorruptLogException {
        int expected = at(epochs, baseOffset);
        if (expected >= 0 && expected != found) {
            throw new CorruptLogException(file, position, "leader epoch", expected, found);
        }
    }

    /** Where the next epoch begins behind an offset; {@link Long#MAX_VALUE} where none does. */
    public static long endOfSpan(List<LeaderEpoch> epochs, long offset) {
        return epochs.stream()
                .mapToLong(LeaderEpoch::startOffset)
                .filter(start -> start > offset)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    /** With the epoch of the batch at this offset, the same list when it is not a new one. */
    static List<LeaderEpoch> append(List<LeaderEpoch> epochs, int epoch, long offset) {
        if (epoch <= newest(epochs)) {
            return epochs;
        }
        var all = new ArrayList<>(epochs);
        all.add(new LeaderEpoch(epoch, offset));
        return List.copyOf(all);
    }

    /** Without what begins at or beyond this offset. */
    static List<LeaderEpoch> cut(List<LeaderEpoch> epochs, long offset) {
        return epochs.stream().filter(epoch -> epoch.startOffset() < offset).toList();
    }

    /** Without what ends at or below this offset. */
    public static List<LeaderEpoch> trim(List<LeaderEpoch> epochs, long offset) {
        int first = 0;
        while (first + 1 < epochs.size() && epochs.get(first + 1).startOffset() <= offset) {
            first++;
        }
        return epochs.subList(first, epochs.size());
    }
}
