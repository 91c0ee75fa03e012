package io.cordwood.chaos.follower;

/**
 * How slow the network of a slow follower is.
 *
 * @param delayMillis in each direction
 * @param bytesPerSecond to it from all other nodes together, and from it to them
 */
record Slowness(int delayMillis, long bytesPerSecond) {
    Slowness {
        if (delayMillis < 0 || bytesPerSecond < FollowerRun.NODES) {
            throw new IllegalArgumentException("a delay of " + delayMillis + " ms, must not be negative, and "
                    + bytesPerSecond + " bytes/s, must be at least " + FollowerRun.NODES);
        }
    }
}
