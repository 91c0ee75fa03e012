package io.cordwood.server.partition;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.DamagedRangeException;
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

    /**
     * A codec that is missing is no fault; anything else is one of this replica, and is logged here.
     *
     * @param advice what the reader can do instead
     */
    public static Refusal refusal(TopicPartition name, long offset, Exception failure, String advice) {
        if (failure instanceof CompressionUnavailableException) {
            return Refusal.of(Reason.UNSUPPORTED_COMPRESSION, failure.getMessage() + "; read encoded batches instead")
                    .with(Refusal.TOPIC, name.topic());
        }
        if (failure instanceof DamagedRangeException) {
            // It comes again with each reader until it is repaired, and who found it has said more: no
            // stack trace.
            LOGGER.warn("read of partition {} at offset {} refused: {}", name, offset, failure.getMessage());
            return Refusal.of(Reason.RANGE_DAMAGED, failure.getMessage() + "; it is repaired from another replica")
                    .with(Refusal.TOPIC, name.topic());
        }
        if (failure instanceof CorruptLogException) {
            // As above, but nobody has looked at the file yet: this read has it looked at. The words name
            // directories, which are nobody's concern.
            LOGGER.warn("read of partition {} at offset {} finds damage: {}", name, offset, failure.getMessage());
            return Refusal.of(
                            Reason.RANGE_DAMAGED,
                            "what is stored at offset " + offset
                                    + " cannot be right; it is repaired from another replica")
                    .with(Refusal.TOPIC, name.topic());
        }
        if (failure instanceof UndecodableBatchException undecodable) {
            // It comes again with each reader, and where it was found says nothing: no stack trace.
            LOGGER.error("read of partition {} failed: {}", name, undecodable.getMessage());
            return refusal(
                    name,
                    String.valueOf(undecodable.getMessage()),
                    advice + ", or start behind it, at offset " + undecodable.endOffset());
        }
        LOGGER.error("read of partition {} at offset {} failed", name, offset, failure);
        return refusal(name, "reading at offset " + offset + " failed", advice + "; the node's log says more");
    }

    private static Refusal refusal(TopicPartition name, String problem, String advice) {
        return Refusal.of(Reason.INTERNAL, problem + "; " + advice).with(Refusal.TOPIC, name.topic());
    }
}
