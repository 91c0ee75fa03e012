package io.cordwood.server.partition;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.store.LogClosedException;
import java.io.IOException;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Start points as offsets of a replica.
 *
 * <p><b>Thread:</b> any that may read the disk, so never an event loop.
 */
public final class StartOffsets {
    private static final Logger LOGGER = LoggerFactory.getLogger(StartOffsets.class);

    private final Partitions partitions;
    private final Clock clock;

    public StartOffsets(Partitions partitions, Clock clock) {
        this.partitions = partitions;
        this.clock = clock;
    }

    /** An offset, which may lie outside where it was given as such, and the log as it was then. */
    public record Found(long offset, long logStartOffset, long highWatermark) {
        /** Beyond what this replica knows to be committed. */
        public boolean isBeyondEnd() {
            return offset > highWatermark;
        }

        /** @throws io.cordwood.server.cluster.RefusedException where the offset lies outside the log */
        public Found requireInside(String topic) {
            StartPoint.outOfRange(offset, logStartOffset, highWatermark).ifPresent(refusal -> {
                throw refusal.with(Refusal.TOPIC, topic).exception();
            });
            return this;
        }
    }

    /** @throws io.cordwood.server.cluster.RefusedException where the log cannot be searched */
    public Found find(TopicPartition name, Replica replica, StartPoint point) {
        long start = replica.logStartOffset();
        // The end is read before the search: a record that comes meanwhile is behind it, so none is passed over.
        // After a restart the start is ahead of it until the entries are applied again that the start came behind.
        long end = Math.max(start, replica.highWatermark());
        var timestamp = point.timestampMs(clock.millis());
        if (timestamp.isEmpty()) {
            return new Found(point.resolve(start, end), start, end);
        }
        try {
            return new Found(replica.firstAtOrAfter(timestamp.getAsLong(), end).orElse(end), start, end);
        } catch (CompressionUnavailableException e) {
            throw Refusal.of(Reason.UNSUPPORTED_COMPRESSION, e.getMessage() + "; begin at an offset instead")
                    .exception();
        } catch (LogClosedException e) {
            throw partitions.notReplica(name).exception();
        } catch (IOException e) {
            LOGGER.error("search of partition {} for time {} failed", name, timestamp.getAsLong(), e);
            throw Refusal.of(
                            Reason.INTERNAL,
                            "the search for the start point failed; try another replica, the node's log says more")
                    .exception();
        }
    }
}
