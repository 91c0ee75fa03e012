package io.cordwood.chaos.net;

/**
 * What a direction suffers for a while. Several at once add up: the longest delay and the least rate count.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed interface LinkFault {
    /** Bytes arrive later, by the delay and anything up to the jitter, in their order. */
    record Delay(int millis, int jitterMillis) implements LinkFault {
        public Delay {
            if (millis < 0 || jitterMillis < 0) {
                throw new IllegalArgumentException(millis + " ms + " + jitterMillis + " ms: not negative");
            }
        }
    }

    /** Bytes are taken, up to a limit, and arrive when it is over. */
    record Stall() implements LinkFault {}

    /**
     * Nothing is taken any more, so that the window of whoever sends fills; who opens a connection in this
     * direction is refused. As with lost packets, what the window holds arrives when it is over.
     */
    record Cut() implements LinkFault {}

    /** So many bytes arrive per second at most. */
    record Limit(long bytesPerSecond) implements LinkFault {
        public Limit {
            if (bytesPerSecond < 1) {
                throw new IllegalArgumentException(bytesPerSecond + " bytes per second: at least 1");
            }
        }
    }
}
