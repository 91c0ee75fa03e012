package io.cordwood.server.partition;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a reader is told where this node cannot read or decode what the log holds.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class ReadFailures {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReadFailures.class);

    private ReadFailures() {}

    /** A codec that is missing is no fault; anything else is one of this replica, and is logged here. */
    public static Refusal refusal(TopicPartition name, long offset, Exception failure) {
        if (failure instanceof CompressionUnavailableException) {
            return Refusal.of(Reason.UNSUPPORTED_COMPRESSION, failure.getMessage() + "; read encoded batches instead")
                    .with(Refusal.TOPIC, name.topic());
        }
        LOGGER.error("read of partition {} at offset {} failed", name, offset, failure);
        return Refusal.of(
                        Reason.INTERNAL,
                        "reading at offset " + offset + " failed; try another replica, the node's log says more")
                .with(Refusal.TOPIC, name.topic());
    }
}
