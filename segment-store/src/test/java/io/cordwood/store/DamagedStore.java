package io.cordwood.store;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * The files of a small store, and what becomes of a store whose files are others: refused, damage that a
 * read tells of, or no effect. Anything else is a {@link Lie}.
 *
 * <p>Its log begins behind a trimmed segment and has a sealed one, then the active one: batches below the
 * checkpoint, forced ones behind it, and one that was not forced.
 *
 * <p><b>Thread:</b> one owner.
 */
final class DamagedStore {
    static final Path DIRECTORY = Path.of("/data").resolve(TestLog.ID.directoryName());
    private static final int RECORDS = 3;
    /** What lies behind was checked at the start, against itself. */
    private static final long CHECKPOINT_END = 21;

    /** What a start and reads of all that was promised came to. */
    enum Outcome {
        NO_EFFECT,
        /** The start says which file is damaged, or newer, and changes nothing. */
        REFUSED,
        /**
         * A leader epoch behind the checkpoint is too high: the header of its entry in the raft log says
         * so.
         */
        LEFT_TO_THE_RAFT_LOG,
        /** A read says which file is damaged. */
        TOLD_BY_A_READ,
        /** A batch is read whose CRC is wrong: whoever reads it sees that. */
        TOLD_BY_THE_CRC
    }

    /** The store served something wrong, or lost something. */
    static final class Lie extends AssertionError {
        private static final long serialVersionUID = 1;

        Lie(String what) {
            super(what);
        }
    }

    /** Instead of an answer. */
    private static final long TOLD = Long.MIN_VALUE;

    /** What a log answers to each question, or that it is {@link #TOLD} which file is damaged. */
    private record Answers(List<Long> byTime, List<Long> keeping) {
        boolean areAllGiven() {
            return !byTime.contains(TOLD) && !keeping.contains(TOLD);
        }
    }

    private final OffsetIndex index;
    private final Random random;
    private final boolean isOrdered;
    private final Compression compression;
    private final Map<String, byte[]> files;
    private final List<ByteBuffer> batches = new ArrayList<>();
    private long durableEnd;
    private int unforcedBytes;
    private long logStart;
    private final Answers answers;
    private final Map<String, byte[]> earlier = new TreeMap<>();

    /** @param seed an even one gives uncompressed batches, 0 also such whose times rise */
    DamagedStore(OffsetIndex index, long seed) throws IOException {
        this.index = index;
        this.random = new Random(seed);
        this.isOrdered = seed == 0;
        this.compression = seed % 2 == 0 ? Compression.NONE : Compression.GZIP;
        var disk = new SimulatedDisk(1);
        fill(disk);
        this.files = files(disk);
        try (var log = open(disk)) {
            log.advanceHighWatermark(durableEnd);
            this.answers = answers(log);
        }
    }

    /** All files by their names. */
    Map<String, byte[]> files() {
        return new TreeMap<>(files);
    }

    /** A copy of one of them. */
    byte[] bytesOf(String name) {
        return Objects.requireNonNull(files.get(name), name).clone();
    }

    /** The same, at the time of an earlier checkpoint. */
    Map<String, byte[]> earlier() {
        return new TreeMap<>(earlier);
    }

    long durableEnd() {
        return durableEnd;
    }

    private void fill(SimulatedDisk disk) throws IOException {
        try (var log = PartitionLog.open(
                DIRECTORY, TestLog.ID, TestLog.CONFIG, new Storage(disk, index), RecoveryPoint.none())) {
            var table = SegmentTable.empty(0);
            var state = new ProducerState();
            for (int i = 0; i < 9; i++) {
                boolean roll = i == 2 || i == 5;
                long base = log.writtenEndOffset();
                long timestamp = 1_000 + 100L * i + (isOrdered ? 0 : random.nextInt(300));
                var bytes = batch(base, i < 4 ? 1 : 2, timestamp);
                log.append(base, base + RECORDS, bytes, roll);
                log.force();
                log.advanceHighWatermark(base + RECORDS);
                table = table.append(base, bytes.remaining(), timestamp + 2, roll, 5);
                state.append(i % 2, (short) 0, new ProducerEntry.Batch(RECORDS * i, RECORDS, base), 5);
                if (i == 4 || i == 6) {
                    log.raiseLogStart(6);
                    log.deleteTrimmed(Long.MAX_VALUE);
                    table = table.trimTo(6);
                    checkpoint(disk, log, table, state);
                }
                if (i == 4) {
                    earlier.putAll(files(disk));
                }
                if (i >= 2) {
                    batches.add(bytes);
                }
            }
            durableEnd = log.writtenEndOffset();
            logStart = log.logStartOffset();
            var unforced = batch(durableEnd, 2, 5_000);
            unforcedBytes = unforced.remaining();
            log.append(durableEnd, durableEnd + RECORDS, unforced, false);
        }
    }

    private ByteBuffer batch(long base, int epoch, long timestamp) {
        var bytes = Batches.batch(compression, 5, timestamp, timestamp + 1, timestamp + 2);
        RecordBatch.stamp(bytes, 0, base, epoch);
        return bytes;
    }

    private static void checkpoint(Disk disk, PartitionLog log, SegmentTable table, ProducerState producers)
            throws IOException {
        var checkpoint = new Checkpoint(
                TestLog.ID,
                1,
                9,
                log.highWatermark(),
                log.logStartOffset(),
                5,
                LeaderEpochs.trim(log.leaderEpochs(), log.logStartOffset()),
                producers.entries(),
                table);
        CheckpointFile.write(disk, DIRECTORY, checkpoint);
    }

    /** Starts the store with these files and reads all that was promised. */
    Outcome open(Map<String, byte[]> damaged, String how) throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(DIRECTORY);
        for (var file : damaged.entrySet()) {
            write(disk, DIRECTORY.resolve(file.getKey()), file.getValue());
        }
        try (var log = open(disk)) {
            requireKept(disk, damaged, how);
            return look(log, how);
        } catch (CorruptLogException | UnknownFormatException e) {
            if (!same(files(disk), damaged)) {
                throw new Lie(how + ": the start refused and changed files: " + e);
            }
            return Outcome.REFUSED;
        }
    }

    private PartitionLog open(Disk disk) throws IOException {
        var point = RecoveryPoint.of(CheckpointFile.read(disk, DIRECTORY)).withDurableEndOffset(durableEnd);
        return PartitionLog.open(DIRECTORY, TestLog.ID, TestLog.CONFIG, new Storage(disk, index), point);
    }

    /** A start may cut what was not forced, and nothing else. */
    private void requireKept(Disk disk, Map<String, byte[]> damaged, String how) throws IOException {
        var now = files(disk);
        for (var file : damaged.entrySet()) {
            var kept = now.get(file.getKey());
            int promised = promisedBytes(file.getKey(), file.getValue());
            if (kept == null || !Arrays.equals(kept, 0, promised, file.getValue(), 0, promised)) {
                throw new Lie(how + ": the start changed " + file.getKey());
            }
        }
    }

    /** How much of a file must stay: all but what is behind the durable end. */
    private int promisedBytes(String name, byte[] found) {
        var whole = files.get(name);
        int unforced = name.equals(Segment.fileName(15)) ? unforcedBytes : 0;
        return whole == null ? 0 : Math.min(found.length, whole.length - unforced);
    }

    private Outcome look(PartitionLog log, String how) throws IOException {
        if (log.logStartOffset() != logStart || log.writtenEndOffset() < durableEnd) {
            throw new Lie(how + ": the log is [" + log.logStartOffset() + ", " + log.writtenEndOffset() + ")");
        }
        log.advanceHighWatermark(durableEnd);
        var worst = Outcome.NO_EFFECT;
        for (int i = 0; i < batches.size(); i++) {
            for (int maxBytes : new int[] {1, 1 << 20}) {
                var outcome = read(log, i, maxBytes, how);
                worst = outcome.compareTo(worst) > 0 ? outcome : worst;
            }
        }
        var found = answers(log);
        requireTrue(found, how);
        boolean isWorse = !found.areAllGiven() && worst.compareTo(Outcome.TOLD_BY_A_READ) < 0;
        return isWorse ? Outcome.TOLD_BY_A_READ : worst;
    }

    private Outcome read(PartitionLog log, int first, int maxBytes, String how) throws IOException {
        long offset = logStart + (long) RECORDS * first;
        LogRead read;
        try {
            read = log.read(offset, durableEnd, maxBytes);
        } catch (CorruptLogException e) {
            return Outcome.TOLD_BY_A_READ;
        }
        if (read.isEmpty()) {
            throw new Lie(how + ": nothing is read at " + offset);
        }
        var found = Batches.split(read.batches());
        for (int i = 0; i < found.size(); i++) {
            if (!found.get(i).crcMatches()) {
                return Outcome.TOLD_BY_THE_CRC;
            }
            if (found.get(i).baseOffset() >= CHECKPOINT_END && differsInEpoch(found.get(i), batches.get(first + i))) {
                return Outcome.LEFT_TO_THE_RAFT_LOG;
            }
            if (!found.get(i).bytes().equals(batches.get(first + i))) {
                throw new Lie(how + ": " + found.get(i) + " is read at " + offset);
            }
        }
        return Outcome.NO_EFFECT;
    }

    private static boolean differsInEpoch(RecordBatch found, ByteBuffer expected) {
        var stamped = ByteBuffer.wrap(TestLog.bytes(found.bytes()));
        RecordBatch.stamp(
                stamped, 0, found.baseOffset(), RecordBatch.of(expected).leaderEpoch());
        return !found.bytes().equals(expected) && stamped.equals(expected);
    }

    private Answers answers(PartitionLog log) throws IOException {
        var byTime = new ArrayList<Long>();
        var keeping = new ArrayList<Long>();
        for (long timestamp = 1_150; timestamp < 2_000; timestamp += 50) {
            long asked = timestamp;
            byTime.add(answer(() -> log.firstAtOrAfter(asked, durableEnd).orElse(-1)));
            keeping.add(answer(() -> log.startKeeping(asked, -1)));
        }
        for (long bytes = 0; bytes < 800; bytes += 50) {
            long asked = bytes;
            keeping.add(answer(() -> log.startKeeping(-1, asked)));
        }
        return new Answers(byTime, keeping);
    }

    private interface Question {
        long ask() throws IOException;
    }

    private static long answer(Question question) throws IOException {
        try {
            return question.ask();
        } catch (CorruptLogException e) {
            return TOLD;
        }
    }

    /** Retention may keep more than it should, where it cannot look into a file. */
    private void requireTrue(Answers found, String how) {
        for (int i = 0; i < found.byTime().size(); i++) {
            if (found.byTime().get(i) != TOLD
                    && !found.byTime().get(i).equals(answers.byTime().get(i))) {
                throw new Lie(how + ": times are found at " + found.byTime() + ", not at " + answers.byTime());
            }
        }
        for (int i = 0; i < found.keeping().size(); i++) {
            if (found.keeping().get(i) > answers.keeping().get(i)) {
                throw new Lie(how + ": retention would begin at " + found.keeping() + ", not at " + answers.keeping());
            }
        }
    }

    private static void write(Disk disk, Path path, byte[] bytes) throws IOException {
        try (var file = disk.open(path, OpenMode.CREATE)) {
            file.write(ByteBuffer.wrap(bytes), 0);
            file.force();
        }
        disk.forceDirectory(DIRECTORY);
    }

    private static Map<String, byte[]> files(Disk disk) throws IOException {
        var files = new TreeMap<String, byte[]>();
        for (var path : disk.list(DIRECTORY)) {
            files.put(
                    path.getFileName().toString(),
                    TestLog.bytes(WholeFile.read(disk, path).orElseThrow()));
        }
        return files;
    }

    private static boolean same(Map<String, byte[]> left, Map<String, byte[]> right) {
        return left.keySet().equals(right.keySet())
                && left.entrySet().stream().allMatch(file -> Arrays.equals(file.getValue(), right.get(file.getKey())));
    }
}
