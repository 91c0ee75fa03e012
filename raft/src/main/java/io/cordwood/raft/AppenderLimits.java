package io.cordwood.raft;

/**
 * Bounds of the appenders.
 *
 * @param queueMaxBytes batches waiting at one partition, bytes, at least one largest batch
 * @param entryMaxBytes payload of one raft entry, bytes; a single larger batch still goes alone
 * @param maxInFlight entries of one partition submitted and not applied, 1..1024
 */
public record AppenderLimits(long queueMaxBytes, int entryMaxBytes, int maxInFlight) {
    public static final AppenderLimits DEFAULT = new AppenderLimits(32 << 20, 1 << 20, 4);

    public AppenderLimits {
        if (queueMaxBytes < 1 || entryMaxBytes < 1 || maxInFlight < 1 || maxInFlight > 1024) {
            throw new IllegalArgumentException("queueMaxBytes " + queueMaxBytes + ", entryMaxBytes " + entryMaxBytes
                    + ", maxInFlight " + maxInFlight);
        }
    }
}
