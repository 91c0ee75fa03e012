package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class MetadataSnapshotsTest {
    private static final long MIN_ENTRIES = LogUpkeep.DEFAULT.metadataEntries();
    private static final long INTERVAL_NANOS =
            LogUpkeep.DEFAULT.checkpointInterval().toNanos();

    private long nowNanos = 5;
    private long entries;
    private long bytes;
    private int taken;
    private boolean fails;
    private final MetadataSnapshots snapshots = new MetadataSnapshots(
            () -> new MetadataStateMachine.Unsaved(entries, bytes), this::take, () -> nowNanos, LogUpkeep.DEFAULT);

    @Test
    void snapshotIsTakenWhenTimeAndEntriesHavePassed() {
        entries = MIN_ENTRIES + 1;
        snapshots.tick();
        assertThat(taken).isZero();
        nowNanos += INTERVAL_NANOS;
        entries--;
        snapshots.tick();
        assertThat(taken).isZero();

        entries++;
        snapshots.tick();
        assertThat(taken).isOne();
        entries = MIN_ENTRIES + 1;
        snapshots.tick();
        assertThat(taken).isOne();
    }

    @Test
    void fewLargeCommandsNeedNoInterval() {
        bytes = LogUpkeep.DEFAULT.checkpointBytes() - 1;
        snapshots.tick();
        assertThat(taken).isZero();

        bytes++;
        snapshots.tick();
        assertThat(taken).isOne();
        snapshots.tick();
        assertThat(taken).isOne();
    }

    @Test
    void failedSnapshotOfLargeCommandsWaitsForTheInterval() {
        bytes = LogUpkeep.DEFAULT.checkpointBytes();
        assertTriedAgainAfterTheInterval();
    }

    @Test
    void failedSnapshotIsTriedAgainAfterTheInterval() {
        entries = MIN_ENTRIES + 1;
        nowNanos += INTERVAL_NANOS;
        assertTriedAgainAfterTheInterval();
    }

    /** A snapshot is due, and fails. */
    private void assertTriedAgainAfterTheInterval() {
        fails = true;
        snapshots.tick();
        fails = false;

        snapshots.tick();
        assertThat(taken).isZero();
        nowNanos += INTERVAL_NANOS;
        snapshots.tick();
        assertThat(taken).isOne();
    }

    private void take() throws IOException {
        if (fails) {
            throw new IOException("no space");
        }
        taken++;
        entries = 0;
        bytes = 0;
    }
}
