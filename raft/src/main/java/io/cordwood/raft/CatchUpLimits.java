package io.cordwood.raft;

/**
 * How hard a node catches up.
 *
 * @param bytesPerSecond what all its replicas together fetch from other nodes or compare with them, but for the last rounds of one
 *     that would never end otherwise, see {@link RoundPace}
 * @param atOnce how many replicas do so at the same time; the others wait their turn
 */
public record CatchUpLimits(long bytesPerSecond, int atOnce) {
    public static final CatchUpLimits DEFAULT = new CatchUpLimits(50L << 20, 2);

    public CatchUpLimits {
        if (bytesPerSecond < 1 || atOnce < 1) {
            throw new IllegalArgumentException("bytesPerSecond " + bytesPerSecond + ", atOnce " + atOnce);
        }
    }
}
