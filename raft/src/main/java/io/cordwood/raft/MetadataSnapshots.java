package io.cordwood.raft;

import java.io.IOException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the metadata group take a snapshot now and then, so that a start after a crash replays little.
 *
 * <p>Thread: one, the node's own for checkpoints.
 */
final class MetadataSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataSnapshots.class);

    private final LongSupplier entriesSinceSnapshot;
    private final Taker taker;
    private final LongSupplier clockNanos;
    private final LogUpkeep upkeep;
    private long lastNanos;

    /** Takes a snapshot; returns when it is done. */
    interface Taker {
        void take() throws IOException;
    }

    MetadataSnapshots(LongSupplier entriesSinceSnapshot, Taker taker, LongSupplier clockNanos, LogUpkeep upkeep) {
        this.upkeep = upkeep;
        this.entriesSinceSnapshot = entriesSinceSnapshot;
        this.taker = taker;
        this.clockNanos = clockNanos;
        this.lastNanos = clockNanos.getAsLong();
    }

    /** Takes one when it is due. */
    void tick() {
        long now = clockNanos.getAsLong();
        if (now - lastNanos < upkeep.checkpointInterval().toNanos()
                || entriesSinceSnapshot.getAsLong() <= upkeep.metadataEntries()) {
            return;
        }
        lastNanos = now;
        try {
            taker.take();
        } catch (IOException e) {
            LOG.warn("no snapshot of the metadata, the next one covers what it missed", e);
        }
    }
}
