package io.cordwood.raft;

import java.io.IOException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the metadata group take a snapshot now and then, so that a start after a crash replays little.
 *
 * <p>Thread: one, the node's own for checkpoints.
 */
final class MetadataSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataSnapshots.class);

    private final Supplier<MetadataStateMachine.Unsaved> sinceSnapshot;
    private final Taker taker;
    private final LongSupplier clockNanos;
    private final LogUpkeep upkeep;
    private long lastNanos;
    private boolean failed;

    /** Takes a snapshot; returns when it is done. */
    interface Taker {
        void take() throws IOException;
    }

    MetadataSnapshots(
            Supplier<MetadataStateMachine.Unsaved> sinceSnapshot,
            Taker taker,
            LongSupplier clockNanos,
            LogUpkeep upkeep) {
        this.upkeep = upkeep;
        this.sinceSnapshot = sinceSnapshot;
        this.taker = taker;
        this.clockNanos = clockNanos;
        this.lastNanos = clockNanos.getAsLong();
    }

    /** Takes one when it is due. */
    void tick() {
        long now = clockNanos.getAsLong();
        if (!isDue(now - lastNanos >= upkeep.checkpointInterval().toNanos())) {
            return;
        }
        lastNanos = now;
        failed = true;
        try {
            taker.take();
            failed = false;
        } catch (IOException e) {
            LOG.warn("no snapshot of the metadata, the next one covers what it missed", e);
        }
    }

    private boolean isDue(boolean intervalPassed) {
        var unsaved = sinceSnapshot.get();
        return unsaved.bytes() >= upkeep.checkpointBytes()
                ? intervalPassed || !failed
                : intervalPassed && unsaved.entries() > upkeep.metadataEntries();
    }
}
