package io.cordwood.partition;

import static io.cordwood.partition.Entries.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.CompactionTimes;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.ProducerState;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactEntryTest {
    /** Version 1, kind 3, no flags; topic id, partition, leader time; what the pass went by; one segment. */
    private static final String GOLDEN = "0103" + "0000" + "0123456789abcdef" + "fedcba9876543210" + "00000003"
            + "000001933bd10a80" + "000000000000000a" + "0000000000000014" + "00000005" + "00000000000003e8"
            + "00000000000007d0" + "0001" + "000000000000000a" + "0001" + "0000000000000000" + "0000000000000014"
            + "0000000000000190" + "00000000000003e7" + "0000000000000001" + "fffffffffffffffe" + "0000000000000003"
            + "0000000000000004" + "00000002";

    private static final SegmentHash HASH = new SegmentHash(1, -2, 3, 4);

    private static CompactEntry compact(OffsetRange scanned, long firstSourceEnd, SealedSegment... segments) {
        var pass = new CompactEntry.Pass(scanned, 5, new CompactionTimes(1_000, 2_000), (short) 1);
        return new CompactEntry(PARTITION, 0x1933bd10a80L, pass, firstSourceEnd, List.of(segments));
    }

    private static SealedSegment rewritten(long base, long end, int generation) {
        return new SealedSegment(base, end, 400, 999, HASH, generation);
    }

    private static AppendEntry rolling(long baseOffset) {
        return new AppendEntry(PARTITION, baseOffset, true, List.of(Entries.header(baseOffset, 10)));
    }

    @Test
    void formatIsWhatItWas() throws Exception {
        var entry = compact(new OffsetRange(10, 20), 10, rewritten(0, 20, 2));

        assertThat(HexFormat.of().formatHex(EntryCodec.encode(entry))).isEqualTo(GOLDEN);
        assertThat(EntryCodec.decode(ByteBuffer.wrap(HexFormat.of().parseHex(GOLDEN))))
                .isEqualTo(entry);
    }

    @Test
    void cutOrLongBytesAreRefused() {
        var bytes = HexFormat.of().parseHex(GOLDEN);

        for (int size = 0; size < bytes.length; size++) {
            var cut = ByteBuffer.wrap(Arrays.copyOf(bytes, size));
            assertThatThrownBy(() -> EntryCodec.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryCodec.decode(ByteBuffer.wrap(Arrays.copyOf(bytes, bytes.length + 1))));
    }

    @Test
    void fullEntryFitsIntoTheLargestHeader() {
        var segments = Collections.nCopies(CompactEntry.MAX_SEGMENTS, rewritten(0, 20, 1));

        var bytes = EntryCodec.encode(compact(new OffsetRange(0, 20), 10, segments.toArray(SealedSegment[]::new)));

        assertThat(bytes.length).isLessThanOrEqualTo(EntryCodec.maxHeaderBytes());
    }

    @Test
    void segmentsTakeThePlaceOfTheirSources() {
        var state = stateWith(30);

        state.apply(compact(new OffsetRange(0, 20), 10, rewritten(0, 20, 1)), 1, 10);

        assertThat(state.segments().sealed()).containsExactly(rewritten(0, 20, 1));
        assertThat(state.compactedEnd()).isEqualTo(20);
        assertThat(state.checkpoint().compactedEnd()).isEqualTo(20);
    }

    @Test
    void tailKnowsWhatIsNotApplied() {
        var tail = new PartitionTail(PARTITION, 0, 0, 0, 0);
        tail.append(rolling(0), 1, 1);
        tail.append(rolling(10), 1, 2);
        tail.append(rolling(20), 1, 3);
        tail.append(compact(new OffsetRange(10, 20), 20, rewritten(10, 20, 1)), 1, 4);

        assertThat(tail.compactedFrom()).isEqualTo(10);
        assertThat(tail.endOffsetBehind(0)).isZero();
        assertThat(tail.endOffsetBehind(2)).isEqualTo(20);

        for (long index = 1; index <= 4; index++) {
            assertThat(tail.applied(1, index)).isPresent();
        }
        assertThat(tail.compactedFrom()).isEqualTo(Long.MAX_VALUE);
        assertThat(tail.endOffsetBehind(0)).isEqualTo(30);
    }

    @Test
    void entryThatContradictsTheStateIsRefused() {
        var state = stateWith(30);
        state.apply(compact(new OffsetRange(0, 10), 10), 1, 10);

        assertRefused(state, compact(new OffsetRange(5, 20), 10));
        assertRefused(state, compact(new OffsetRange(10, 21), 10));
        assertRefused(state, compact(new OffsetRange(10, 20), 10, rewritten(5, 20, 1)));
        var late = new TrimEntry(PARTITION, 0x1933bd10a80L, 10);
        state.apply(late, 1, 11);
        assertRefused(state, compact(new OffsetRange(10, 20), 10));
        state.apply(compact(new OffsetRange(10, 20), 20), 1, 12);
    }

    private static void assertRefused(PartitionState state, CompactEntry entry) {
        var before = state.checkpoint();
        assertThatIllegalStateException().isThrownBy(() -> state.apply(entry, 1, 20));
        assertThat(state.checkpoint()).isEqualTo(before);
    }

    private static PartitionState stateWith(long endOffset) {
        var state = PartitionState.empty(PARTITION, 0);
        for (long base = 0; base < endOffset; base += 10) {
            state.apply(rolling(base), 1, base / 10);
        }
        return state;
    }

    @Test
    void aCheckpointAnywhereLeadsToTheSameState() {
        var log = history();
        var live = PartitionState.empty(PARTITION, 0);
        var states = new ArrayList<Checkpoint>();
        for (int i = 0; i < log.size(); i++) {
            var seen = live.compactableBehind(log.get(i));
            live.apply(log.get(i), 1, i);
            assertThat(seen).isEqualTo(live.compactableBehind(null));
            states.add(live.checkpoint());
        }

        for (int from = 0; from < log.size(); from++) {
            var replayed = PartitionState.of(states.get(from), 0);
            for (int i = from + 1; i < log.size(); i++) {
                replayed.apply(log.get(i), 1, i);
            }
            assertThat(replayed.checkpoint()).isEqualTo(live.checkpoint());
        }
        assertThat(live.compactedEnd()).isEqualTo(50);
    }

    /** Rolls, two passes and a trim. */
    private static List<PartitionEntry> history() {
        var log = new ArrayList<PartitionEntry>();
        for (long base = 0; base < 40; base += 10) {
            log.add(rolling(base));
        }
        log.add(compact(new OffsetRange(0, 30), 10, rewritten(0, 20, 1), rewritten(20, 30, 1)));
        log.add(later(rolling(40)));
        log.add(later(rolling(50)));
        log.add(new TrimEntry(PARTITION, 0x1933bd10a80L, 25));
        log.add(compact(new OffsetRange(30, 50), 30, rewritten(20, 50, 2)));
        return log;
    }

    private static AppendEntry later(AppendEntry entry) {
        return new AppendEntry(PARTITION, 0x1933bd10a80L, entry.roll(), entry.batches());
    }

    @Test
    void leaderTakesNoPassThatCameTooLate() {
        var state = stateWith(40);
        var tail = new PartitionTail(PARTITION, 0, 40, 0, 0);
        tail.lead(1, new ProducerState(), state.segments().active());
        var first = compact(new OffsetRange(0, 20), 10, rewritten(0, 20, 1));
        var stale = compact(new OffsetRange(0, 30), 10, rewritten(0, 30, 1));
        var next = compact(new OffsetRange(20, 30), 20, rewritten(0, 30, 2));
        assertThat(tail.accepts(first, 1)).isTrue();
        assertThat(tail.accepts(first, 2)).isFalse();

        tail.append(first, 1, 10);
        assertThat(tail.accepts(stale, 1)).isFalse();
        assertThat(tail.accepts(next, 1)).isTrue();
        tail.append(new TrimEntry(PARTITION, 0x1933bd10a80L, 19), 1, 11);
        assertThat(tail.accepts(next, 1)).isTrue();
        tail.append(new TrimEntry(PARTITION, 0x1933bd10a80L, 20), 1, 12);
        assertThat(tail.accepts(next, 1)).isFalse();
    }
}
