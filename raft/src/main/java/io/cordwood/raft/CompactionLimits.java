package io.cordwood.raft;

/**
 * What compaction may take of a node, all of its partitions together: one pass runs at a time.
 *
 * @param keyBytes memory for the keys of a pass; where they do not fit, it takes several. A follower with less than its leader
 *     fetches files that it could make
 * @param bytesPerSecond what passes read
 */
public record CompactionLimits(long keyBytes, long bytesPerSecond) {
    public static final CompactionLimits DEFAULT = new CompactionLimits(32L << 20, 50L << 20);

    public CompactionLimits {
        if (keyBytes < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("keyBytes " + keyBytes + ", bytesPerSecond " + bytesPerSecond);
        }
    }
}
