package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import io.cordwood.store.BrokenPromise.Invariant;
import io.cordwood.store.ReplicaEntry.Append;
import io.cordwood.store.ReplicaEntry.Batch;
import io.cordwood.store.ReplicaEntry.Compact;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ReplicaWorld} owes at some moment, and whether a disk holds it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param acknowledgedEnd end of the batches that were forced
 * @param applied how many entries were applied
 * @param histories what the log may be a beginning of
 * @param rewritten the batches of the files that compaction wrote
 * @param checkpointIndex how many entries lie below the newest checkpoint that was written; -1 = there is
 *     none
 */
record StorePromise(
        List<ReplicaEntry> entries,
        long acknowledgedEnd,
        int applied,
        List<List<Batch>> histories,
        Map<SealedSegment, List<Batch>> rewritten,
        long checkpointIndex) {

    /** What a recovery found, and the files that it left. */
    record Found(
            Optional<Checkpoint> checkpoint,
            long logStart,
            long end,
            List<ByteBuffer> batches,
            List<LeaderEpoch> epochs,
            Map<String, ByteBuffer> files) {
        @Override
        public String toString() {
            return "[" + logStart + ", " + end + ") in " + files.keySet() + ", checkpoint " + inShort(checkpoint);
        }
    }

    private static String inShort(Optional<Checkpoint> checkpoint) {
        return checkpoint
                .map(each -> each.index() + " up to " + each.highWatermark() + ": " + each.segments())
                .orElse("none");
    }

    /** Where a recovery is asked to begin. */
    RecoveryPoint recoveryPoint(Optional<Checkpoint> checkpoint, boolean floorIsKnown) {
        int behind = Math.toIntExact(checkpoint.map(Checkpoint::index).orElse(0L));
        var named = new ArrayList<SealedSegment>();
        for (var entry : entries.subList(behind, applied)) {
            if (entry instanceof Compact compact) {
                named.addAll(compact.segments());
            }
        }
        return RecoveryPoint.of(checkpoint)
                .withDurableEndOffset(floorIsKnown ? acknowledgedEnd : 0)
                .withCompacted(named);
    }

    /**
     * Recovers what is on the disk, and looks at all of it.
     *
     * @param floorIsKnown whether recovery is told what was acknowledged, as the durable floor does
     */
    Found recover(Disk disk, OffsetIndex index, boolean floorIsKnown, String where) throws IOException {
        var directory = ReplicaWorld.DIRECTORY;
        try {
            var checkpoint =
                    disk.exists(directory) ? CheckpointFile.read(disk, directory) : Optional.<Checkpoint>empty();
            Found found;
            try (var log = PartitionLog.open(
                    directory,
                    TestLog.ID,
                    TestLog.CONFIG,
                    new Storage(disk, index),
                    recoveryPoint(checkpoint, floorIsKnown))) {
                found = new Found(
                        checkpoint,
                        log.logStartOffset(),
                        log.writtenEndOffset(),
                        read(log),
                        log.leaderEpochs(),
                        files(disk, directory));
            }
            check(found, where);
            return found;
        } catch (CorruptLogException e) {
            throw new BrokenPromise(Invariant.ACKNOWLEDGED_BATCHES_SURVIVE, where, e + " in " + describe(disk));
        }
    }

    /** What would otherwise have to be found out by running the seed again. */
    private String describe(Disk disk) throws IOException {
        var sizes = new ArrayList<String>();
        files(disk, ReplicaWorld.DIRECTORY).forEach((name, bytes) -> sizes.add(name + " " + bytes.remaining()));
        var steps = entries.stream()
                .map(entry -> entry instanceof Append append
                        ? (append.roll() ? "roll" : "append") + append.baseOffset() + "-" + append.endOffset()
                        : entry.toString())
                .toList();
        return sizes + ", " + inShort(CheckpointFile.read(disk, ReplicaWorld.DIRECTORY)) + ", applied " + applied
                + " of " + steps;
    }

    private static List<ByteBuffer> read(PartitionLog log) throws IOException {
        var batches = new ArrayList<ByteBuffer>();
        long end = log.writtenEndOffset();
        for (long at = log.logStartOffset(); at < end; ) {
            var read = log.read(at, end, 0);
            if (read.isEmpty()) {
                throw new CorruptLogException(Path.of("log"), at, "batch", "below " + end, "none");
            }
            batches.add(read.batches());
            at = read.endOffset();
        }
        return batches;
    }

    private static Map<String, ByteBuffer> files(Disk disk, Path directory) throws IOException {
        var files = new TreeMap<String, ByteBuffer>();
        for (var path : disk.list(directory)) {
            files.put(path.getFileName().toString(), WholeFile.read(disk, path).orElseThrow());
        }
        return files;
    }

    private void check(Found found, String where) {
        BrokenPromise.unless(
                found.end() >= acknowledgedEnd,
                Invariant.ACKNOWLEDGED_BATCHES_SURVIVE,
                where,
                () -> found + ", acknowledged " + acknowledgedEnd);
        BrokenPromise.unless(
                histories.stream().anyMatch(history -> isBeginning(found, history)),
                Invariant.NOTHING_APPEARS_THAT_WAS_NOT_WRITTEN,
                where,
                () -> found + " of " + ends());
        for (var bytes : found.batches()) {
            var batch = RecordBatch.of(bytes);
            BrokenPromise.unless(
                    LeaderEpochs.at(found.epochs(), batch.baseOffset()) == batch.leaderEpoch(),
                    Invariant.LEADER_EPOCHS_ARE_THOSE_OF_THE_BATCHES,
                    where,
                    () -> batch + " in " + found.epochs());
        }
        checkState(found, where);
    }

    private List<String> ends() {
        return histories.stream()
                .map(history -> history.isEmpty()
                        ? "nothing"
                        : "up to " + history.get(history.size() - 1).endOffset())
                .toList();
    }

    private boolean isBeginning(Found found, List<Batch> history) {
        var sealed = found.checkpoint().map(each -> each.segments().sealed()).orElse(List.of());
        var expected = new ArrayList<ByteBuffer>();
        @Nullable SealedSegment last = null;
        for (var batch : history) {
            var compacted = sealed.stream()
                    .filter(each ->
                            each.compactionGeneration() > 0 && each.offsets().contains(batch.baseOffset()))
                    .findFirst();
            if (compacted.isEmpty()) {
                addVisible(expected, batch, found);
            } else if (!compacted.get().equals(last)) {
                last = compacted.get();
                rewritten.getOrDefault(last, List.of()).forEach(each -> addVisible(expected, each, found));
            }
        }
        return expected.equals(found.batches());
    }

    private static void addVisible(List<ByteBuffer> expected, Batch batch, Found found) {
        if (batch.endOffset() > found.logStart() && batch.baseOffset() < found.end()) {
            expected.add(batch.bytes());
        }
    }

    private void checkState(Found found, String where) {
        long index = found.checkpoint().map(Checkpoint::index).orElse(-1L);
        BrokenPromise.unless(
                index >= checkpointIndex && index <= applied,
                Invariant.WRITTEN_CHECKPOINT_SURVIVES,
                where,
                () -> "index " + index + ", written " + checkpointIndex);
        var recovered = found.checkpoint().map(ReplicaMemory::of).orElseGet(ReplicaMemory::empty);
        BrokenPromise.unless(
                found.logStart() >= recovered.logStart() && recovered.highWatermark() <= found.end(),
                Invariant.LOG_START_IS_ONE_THAT_WAS_DECIDED,
                where,
                () -> found);
        entries.subList(Math.toIntExact(Math.max(index, 0)), applied).forEach(entry -> entry.applyTo(recovered));
        var expected = ReplicaMemory.after(entries.subList(0, applied)).snapshot();
        var actual = recovered.snapshot();
        BrokenPromise.unless(
                actual.producers().equals(expected.producers()),
                Invariant.PRODUCERS_ARE_THOSE_OF_THE_ENTRIES,
                where,
                () -> actual + ", expected " + expected);
        BrokenPromise.unless(
                actual.equals(expected),
                Invariant.STATE_IS_THAT_OF_THE_ENTRIES,
                where,
                () -> actual + ", expected " + expected);
        BrokenPromise.unless(
                found.logStart() <= expected.logStart(),
                Invariant.LOG_START_IS_ONE_THAT_WAS_DECIDED,
                where,
                () -> found + ", decided " + expected.logStart());
    }
}
