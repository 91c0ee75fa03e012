package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A log on a simulated disk beside a model of what it must still hold after a power loss. */
final class LogWorld {
    private static final PartitionId ID = TestLog.ID;
    private static final Path DIRECTORY = Path.of("/data/partitions").resolve(ID.directoryName());
    private static final LogConfig CONFIG = TestLog.CONFIG;

    private record Batch(long baseOffset, long endOffset, ByteBuffer bytes) {}

    /** What a recovery found. */
    record Found(long logStartOffset, long endOffset, List<ByteBuffer> batches, List<LeaderEpoch> epochs) {}

    private final Random random;
    private final SimulatedDisk disk;
    private final OffsetIndex index;
    private @Nullable PartitionLog log;

    /** What the log held at some time since its last force: a recovered log is the beginning of one of these. */
    private final List<List<Batch>> histories = new ArrayList<>();

    private List<Batch> current = new ArrayList<>();
    private SegmentTable committed = SegmentTable.empty(0);
    private final List<Boolean> rolls = new ArrayList<>();
    private long forcedEnd;
    private long highWatermark;
    private long logStart;
    private int epoch = 1;

    LogWorld(long seed, OffsetIndex index) {
        this.random = new Random(seed);
        this.disk = new SimulatedDisk(seed);
        this.index = index;
    }

    SimulatedDisk disk() {
        return disk;
    }

    void start() throws IOException {
        unlessOff(() -> log = open(disk, RecoveryPoint.none()));
    }

    void step() throws IOException {
        int kind = random.nextInt(20);
        unlessOff(() -> {
            if (kind < 8) {
                append();
            } else if (kind < 12) {
                force();
            } else if (kind < 14) {
                commit();
            } else if (kind < 16) {
                cutAndAppend();
            } else if (kind < 17) {
                cut(randomCut());
            } else if (kind < 18) {
                trim();
            } else {
                checkpoint();
            }
        });
    }

    /** A forced and committed beginning, entries of a leader that lost in three files, and those that replace them. */
    void conflictOverSeveralFiles() throws IOException {
        unlessOff(() -> {
            append(0, 2, false);
            force();
            commit();
            checkpoint();
            long conflict = end();
            append(end(), 3, false);
            append(end(), 2, true);
            append(end(), 2, true);
            force();
            appendOver(conflict, 1, false);
            append(end(), 1, true);
            force();
            commit();
        });
    }

    /** Opens the disk as after a restart and reads all of it. */
    Found recover(SimulatedDisk image) throws IOException {
        var point = recoveryPoint(image);
        try (var recovered = open(image, point)) {
            var batches = new ArrayList<ByteBuffer>();
            long start = recovered.logStartOffset();
            long end = recovered.writtenEndOffset();
            for (long at = start; at < end; ) {
                var read = recovered.read(at, end, 0);
                batches.add(read.batches());
                at = read.endOffset();
            }
            return new Found(start, end, batches, recovered.leaderEpochs());
        }
    }

    void tryToRecover(SimulatedDisk image) {
        try {
            open(image, recoveryPoint(image)).close();
        } catch (IOException e) {
            assertThat(image.isOff()).as(e.toString()).isTrue();
        }
    }

    void check(Found found, String name) {
        assertThat(found.endOffset()).as("%s: ForcedBatchesSurvive", name).isGreaterThanOrEqualTo(forcedEnd);
        assertThat(found.logStartOffset())
                .as("%s: LogStartNeverPassesTheTrim", name)
                .isLessThanOrEqualTo(logStart);
        var all = new ArrayList<>(histories);
        all.add(current);
        boolean isPrefix = all.stream().anyMatch(history -> isPartOf(found, history));
        assertThat(isPrefix)
                .as("%s: RecoveredLogIsTheBeginningOfAHistory: %s", name, found.batches())
                .isTrue();
    }

    private static boolean isPartOf(Found found, List<Batch> history) {
        var expected = history.stream()
                .filter(batch ->
                        batch.endOffset > found.logStartOffset() && batch.baseOffset < Math.max(found.endOffset(), 1))
                .map(Batch::bytes)
                .toList();
        return expected.equals(found.batches());
    }

    private RecoveryPoint recoveryPoint(SimulatedDisk image) throws IOException {
        Optional<Checkpoint> checkpoint =
                image.exists(DIRECTORY) ? CheckpointFile.read(image, DIRECTORY) : Optional.empty();
        // What was forced is asked for, so that a recovery that does not find it says so itself.
        return RecoveryPoint.of(checkpoint).withDurableEndOffset(forcedEnd);
    }

    private void append() throws IOException {
        append(end(), 1 + random.nextInt(3), random.nextInt(4) == 0);
    }

    private void append(long baseOffset, int batchCount, boolean roll) throws IOException {
        long at = baseOffset;
        var entry = new ArrayList<Batch>();
        for (int i = 0; i < batchCount; i++) {
            int records = 1 + random.nextInt(3);
            var value = ("e" + epoch + " ").repeat(1 + random.nextInt(150));
            entry.add(new Batch(at, at + records, Batches.batch(at, epoch, records, value)));
            at += records;
        }
        // Whatever of it reaches the disk is the beginning of this.
        var appended = new ArrayList<>(current);
        appended.addAll(entry);
        histories.add(current);
        current = appended;
        var bytes = entry.stream().map(Batch::bytes).toArray(ByteBuffer[]::new);
        for (int i = 0; i < batchCount; i++) {
            rolls.add(roll && i == 0);
        }
        log().append(baseOffset, at, Batches.concat(bytes), roll);
    }

    private void force() throws IOException {
        log().force();
        forcedEnd = end();
        histories.clear();
    }

    private void commit() throws IOException {
        long target = random.nextInt(3) == 0 ? highWatermark : forcedEnd;
        for (int i = 0; i < current.size(); i++) {
            var batch = current.get(i);
            if (batch.baseOffset >= highWatermark && batch.endOffset <= target) {
                committed = committed.append(batch.baseOffset, batch.bytes.remaining(), 1_000, rolls.get(i), 5);
            }
        }
        highWatermark = target;
        log().advanceHighWatermark(target);
        committed = committed.trimTo(logStart);
        maybeDeleteTrimmed();
    }

    private void cutAndAppend() throws IOException {
        appendOver(randomCut(), 1 + random.nextInt(3), random.nextInt(3) == 0);
    }

    private void appendOver(long offset, int batchCount, boolean roll) throws IOException {
        boolean cuts = offset < end();
        epoch++;
        cutBefore(offset);
        append(offset, batchCount, roll);
        cutIsDurable(cuts, offset);
    }

    private void cut(long offset) throws IOException {
        boolean cuts = offset < end();
        cutBefore(offset);
        log().truncateTo(offset);
        cutIsDurable(cuts, offset);
    }

    /** What lay beyond never comes back, not even when nothing new was forced since. */
    private void cutIsDurable(boolean cuts, long offset) {
        if (cuts) {
            histories.replaceAll(history -> prefix(history, offset));
        }
    }

    private static List<Batch> prefix(List<Batch> history, long endOffset) {
        return new ArrayList<>(
                history.stream().filter(batch -> batch.endOffset <= endOffset).toList());
    }

    /** The model's part of a cut: from here on what lay beyond may be there or not. */
    private void cutBefore(long offset) {
        histories.add(current);
        forcedEnd = Math.min(forcedEnd, offset);
        current = prefix(current, offset);
        rolls.subList(current.size(), rolls.size()).clear();
    }

    private void trim() throws IOException {
        long target = highWatermark == 0 ? 0 : logStart + random.nextInt((int) (highWatermark - logStart) + 1);
        logStart = target;
        log().raiseLogStart(target);
        committed = committed.trimTo(target);
        maybeDeleteTrimmed();
    }

    /** The files go some time later, or never before the power does. */
    private void maybeDeleteTrimmed() throws IOException {
        if (random.nextBoolean()) {
            log().deleteTrimmed(Long.MAX_VALUE);
        }
    }

    private void checkpoint() throws IOException {
        var epochs = log().leaderEpochs().stream()
                .filter(known -> known.startOffset() < highWatermark)
                .toList();
        CheckpointFile.write(
                disk, DIRECTORY, new Checkpoint(ID, 1, 1, highWatermark, logStart, 5, epochs, List.of(), committed));
    }

    private long randomCut() {
        var places = new ArrayList<Long>();
        places.add(end());
        current.stream()
                .map(Batch::baseOffset)
                .filter(base -> base >= highWatermark)
                .forEach(places::add);
        return places.get(random.nextInt(places.size()));
    }

    private PartitionLog log() {
        return Objects.requireNonNull(log, "start it first");
    }

    private long end() {
        return current.isEmpty() ? 0 : current.get(current.size() - 1).endOffset;
    }

    private PartitionLog open(Disk on, RecoveryPoint point) throws IOException {
        return PartitionLog.open(DIRECTORY, ID, CONFIG, new Storage(on, index), point);
    }

    private interface Action {
        void run() throws IOException;
    }

    private void unlessOff(Action action) throws IOException {
        try {
            action.run();
        } catch (IOException e) {
            if (!disk.isOff()) {
                throw e;
            }
        }
    }
}
