package io.cordwood.partition;

import static io.cordwood.partition.Entries.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.CompactionTimes;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.OpenMode;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentHash;
import io.cordwood.store.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.TimeZone;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same entries give the same checkpoint, byte for byte: live, replayed, and from a checkpoint at any
 * raft index on.
 */
class PartitionDeterminismTest {
    private static final Path DATA = Path.of("/data");
    private static final int EPOCH_BASE = 7;
    private static final int LENGTH = 120;
    /** In records; few, so that what is compacted is not all trimmed. */
    private static final int TRIM_MAX = 20;

    private static final long DAY_MS = 24L * 60 * 60 * 1000;
    private static final List<String> LOCALES =
            List.of("en-US", "tr-TR", "ar-EG-u-nu-arab", "th-TH-u-ca-buddhist-nu-thai");
    private static final List<String> ZONES =
            List.of("UTC", "Europe/Istanbul", "Pacific/Kiritimati", "America/St_Johns");

    /** An entry in the raft log; null for one of Ratis' own. */
    private record Logged(@Nullable ByteBuffer header, long term, long index) {
        void applyTo(PartitionState state) {
            try {
                if (header == null) {
                    state.skip(term, index);
                } else {
                    state.apply(EntryCodec.decode(header.duplicate()), term, index);
                }
            } catch (UnknownEntryException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Draws a log of appends with rolls and producers, trims, compactions, and entries of Ratis' own. */
    private static final class History {
        private static final SegmentHash HASH = new SegmentHash(1, 2, 3, 4);

        private final Random random;
        private final List<Logged> log = new ArrayList<>();
        private final int[] sequences = new int[6];
        private final PartitionState state = PartitionState.empty(PARTITION, EPOCH_BASE);
        private long endOffset;
        private long logStart;
        private long timeMs = 1_000;
        private long term = 1;

        History(long seed) {
            random = new Random(seed);
        }

        List<Logged> draw() {
            for (int i = 0; i < LENGTH; i++) {
                timeMs += random.nextInt(30) == 0 ? DAY_MS : random.nextInt(100);
                int kind = random.nextInt(10);
                if (kind == 0) {
                    term += 1 + random.nextInt(2);
                    add(null);
                } else if (kind == 1) {
                    logStart += random.nextLong(Math.min(endOffset - logStart, TRIM_MAX) + 1);
                    add(new TrimEntry(PARTITION, timeMs, logStart));
                } else if (kind == 2) {
                    oldestToCompact().ifPresent(this::compact);
                } else {
                    add(new AppendEntry(PARTITION, timeMs, random.nextInt(7) == 0, batches()));
                }
            }
            return log;
        }

        private void add(@Nullable PartitionEntry entry) {
            var header = entry == null ? null : ByteBuffer.wrap(EntryCodec.encode(entry));
            var logged = new Logged(header, term, log.size());
            logged.applyTo(state);
            log.add(logged);
        }

        private Optional<SealedSegment> oldestToCompact() {
            return state.checkpoint().segments().sealed().stream()
                    .filter(segment -> segment.endOffset() > state.compactedEnd())
                    .filter(segment -> segment.endOffset() > logStart)
                    .findFirst();
        }

        private void compact(SealedSegment segment) {
            long from = Math.max(segment.baseOffset(), state.compactedEnd());
            var scanned = new OffsetRange(from, segment.endOffset());
            var pass = new CompactEntry.Pass(scanned, 5, new CompactionTimes(timeMs, timeMs), (short) 1);
            var rewritten = new SealedSegment(
                    segment.baseOffset(),
                    segment.endOffset(),
                    segment.sizeBytes() / 2,
                    segment.maxTimestamp(),
                    HASH,
                    segment.compactionGeneration() + 1);
            add(new CompactEntry(PARTITION, timeMs, pass, segment.endOffset(), List.of(rewritten)));
        }

        private List<BatchHeader> batches() {
            var batches = new ArrayList<BatchHeader>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                int count = 1 + random.nextInt(4);
                int producer = random.nextInt(sequences.length + 2);
                var batch = producer >= sequences.length
                        ? Entries.header(endOffset, count)
                        : new BatchHeader(
                                endOffset,
                                count,
                                61 + random.nextInt(400),
                                1,
                                (short) 0,
                                timeMs,
                                producer,
                                (short) 1,
                                sequences[producer]);
                if (producer < sequences.length) {
                    sequences[producer] += count;
                }
                batches.add(batch);
                endOffset = batch.endOffset();
            }
            return batches;
        }
    }

    /** All sides would agree on a checkpoint without the producers, if nobody read it back. */
    @Test
    void checkpointWithoutProducersIsCaught() {
        assertThatThrownBy(() -> check(0, 1, PartitionDeterminismTest::withoutProducers))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("restored at raft index");
    }

    private static Checkpoint withoutProducers(Checkpoint checkpoint) {
        return new Checkpoint(
                checkpoint.partition(),
                checkpoint.term(),
                checkpoint.index(),
                checkpoint.highWatermark(),
                checkpoint.logStartOffset(),
                checkpoint.lastLeaderTimeMs(),
                checkpoint.leaderEpochs(),
                List.of(),
                checkpoint.segments(),
                checkpoint.compactedEnd());
    }

    @Test
    void liveReplayAndCheckpointAtAnyIndexGiveTheSameBytesEverywhere() throws IOException {
        check(0, 5, UnaryOperator.identity());
    }

    @Tag("nightly")
    @Test
    void theSameOfManyHistories() throws IOException {
        check(1_000, 1_050, UnaryOperator.identity());
    }

    /** @param written what comes of a checkpoint on its way to the file */
    private static void check(long firstSeed, long endSeed, UnaryOperator<Checkpoint> written) throws IOException {
        int cases = 0;
        boolean hasAllParts = false;
        var locale = Locale.getDefault();
        var zone = TimeZone.getDefault();
        try {
            for (long seed = firstSeed; seed < endSeed; seed++) {
                var log = new History(seed).draw();
                Locale.setDefault(locale);
                TimeZone.setDefault(zone);
                var live = PartitionState.empty(PARTITION, EPOCH_BASE);
                log.forEach(each -> each.applyTo(live));
                hasAllParts |= hasAllParts(live.checkpoint());
                var expected = fileOf(live);
                for (int place = 0; place < LOCALES.size(); place++) {
                    Locale.setDefault(Locale.forLanguageTag(LOCALES.get(place)));
                    TimeZone.setDefault(TimeZone.getTimeZone(ZONES.get(place)));
                    checkFromEach(log, expected, written);
                    cases += log.size();
                }
            }
        } finally {
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
        assertThat(hasAllParts)
                .as("what the checkpoints of all histories leave out is missed by none of the comparisons")
                .isTrue();
        System.out.printf("determinism, partition: %d restored states%n", cases);
    }

    private static boolean hasAllParts(Checkpoint checkpoint) {
        return !checkpoint.producers().isEmpty()
                && !checkpoint.leaderEpochs().isEmpty()
                && checkpoint.segments().sealed().stream().anyMatch(segment -> segment.compactionGeneration() > 0)
                && checkpoint.compactedEnd() > 0
                && checkpoint.logStartOffset() > 0;
    }

    private static void checkFromEach(List<Logged> log, ByteBuffer expected, UnaryOperator<Checkpoint> written)
            throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(DATA);
        var live = PartitionState.empty(PARTITION, EPOCH_BASE);
        for (int i = 0; i < log.size(); i++) {
            log.get(i).applyTo(live);
            CheckpointFile.write(disk, DATA, written.apply(live.checkpoint()));
            var restored = PartitionState.of(CheckpointFile.read(disk, DATA).orElseThrow(), EPOCH_BASE);
            log.subList(i + 1, log.size()).forEach(each -> each.applyTo(restored));
            assertThat(fileOf(restored)).as("restored at raft index %d", i).isEqualTo(expected);
        }
        assertThat(fileOf(live)).isEqualTo(expected);
    }

    private static ByteBuffer fileOf(PartitionState state) throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(DATA);
        CheckpointFile.write(disk, DATA, state.checkpoint());
        try (var file = disk.open(DATA.resolve(CheckpointFile.NAME), OpenMode.READ)) {
            var bytes = ByteBuffer.allocate(Math.toIntExact(file.sizeBytes()));
            file.read(bytes, 0);
            return bytes.flip();
        }
    }
}
