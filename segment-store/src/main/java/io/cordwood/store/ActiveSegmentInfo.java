package io.cordwood.store;

/**
 * The segment that takes the next batch, as the entries up to some point made it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param openedAtMs leader time of the entry that put the first batch in
 * @param sizeBytes of those batches: the position of the next one
 * @param maxTimestamp of those batches, in ms; -1 when none has one
 */
public record ActiveSegmentInfo(long baseOffset, long openedAtMs, long sizeBytes, long maxTimestamp) {
    public ActiveSegmentInfo {
        if (baseOffset < 0 || sizeBytes < 0) {
            throw new IllegalArgumentException("no segment: from " + baseOffset + ", " + sizeBytes + " bytes");
        }
    }

    public static ActiveSegmentInfo empty(long baseOffset) {
        return new ActiveSegmentInfo(baseOffset, 0, 0, -1);
    }

    public boolean isEmpty() {
        return sizeBytes == 0;
    }
}
