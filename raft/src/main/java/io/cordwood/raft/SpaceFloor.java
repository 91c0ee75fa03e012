package io.cordwood.raft;

/**
 * What a node wants to be left of each of its disks, whichever is more: below it, it takes no batches.
 *
 * @param bytes of any disk, from 0
 * @param percent of the size of the disk, 0 to 50
 */
public record SpaceFloor(long bytes, int percent) {
    public static final SpaceFloor DEFAULT = new SpaceFloor(64L << 20, 5);

    private static final int MAX_PERCENT = 50;

    public SpaceFloor {
        if (bytes < 0 || percent < 0 || percent > MAX_PERCENT) {
            throw new IllegalArgumentException("floor of " + bytes + " bytes and " + percent + " percent");
        }
    }

    /** Of a disk of this size. */
    long of(long totalBytes) {
        return Math.max(bytes, totalBytes / 100 * percent);
    }
}
