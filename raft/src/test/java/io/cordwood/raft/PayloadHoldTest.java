package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.TrimEntry;
import io.cordwood.raft.RaftLogScan.Found;
import io.cordwood.store.PartitionId;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PayloadHoldTest {
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 0);
    private static final long CHECKPOINT = 20;
    private static final long HIGH_WATERMARK = 50;

    private static Found append(long index, long offset, boolean roll) {
        var batch = new BatchHeader(offset, 1, 100, 0, (short) 0, 0, -1, (short) -1, -1);
        return new Found(1, index, new AppendEntry(PARTITION, 0, roll, List.of(batch)));
    }

    /** Of a raft log that begins at index 10. */
    private static PayloadHold hold(Found... entries) {
        var span = new RaftLogScan.Span(OptionalLong.of(10), OptionalLong.of(30), new TreeMap<>(), new TreeMap<>());
        var scan = new RaftLogScan(span, List.of(entries));
        return PayloadHold.of(scan, CHECKPOINT, HIGH_WATERMARK);
    }

    @Test
    void nothingBelowTheFirstPayloadIsHeld() {
        var trim = new Found(1, 11, new TrimEntry(PARTITION, 0, 5));

        assertThat(hold(trim, append(12, 42, false), append(13, 43, false)).heldFrom(10))
                .isEqualTo(42);
    }

    @Test
    void segmentIsHeldUntilTheRaftLogBeginsBehindIt() {
        var hold = hold(append(12, 42, false), append(15, 45, true));

        assertThat(hold.heldFrom(14)).isEqualTo(42);
        assertThat(hold.heldFrom(15)).isEqualTo(45);
        assertThat(hold.heldFrom(CHECKPOINT + 1)).isEqualTo(HIGH_WATERMARK);
    }

    @Test
    void whatLiesBehindTheCheckpointIsHeldFromItsHighWatermarkOn() {
        var hold = hold(append(25, HIGH_WATERMARK, false), append(26, HIGH_WATERMARK + 1, true));

        assertThat(hold.heldFrom(10)).isEqualTo(HIGH_WATERMARK);
        assertThat(hold.heldFrom(26)).isEqualTo(HIGH_WATERMARK);
    }

    @Test
    void emptyRaftLogHoldsNothingOnceItBeginsBehindTheCheckpoint() {
        var hold = PayloadHold.of(new RaftLogScan(RaftLogScan.Span.EMPTY, List.of()), CHECKPOINT, HIGH_WATERMARK);

        assertThat(hold.heldFrom(-1)).isZero();
        assertThat(hold.heldFrom(CHECKPOINT + 1)).isEqualTo(HIGH_WATERMARK);
    }
}
