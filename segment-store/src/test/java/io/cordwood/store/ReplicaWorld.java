package io.cordwood.store;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.store.ReplicaEntry.Append;
import io.cordwood.store.ReplicaEntry.Batch;
import io.cordwood.store.ReplicaEntry.Compact;
import io.cordwood.store.ReplicaEntry.Trim;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A replica's store on a disk, as random entries and restarts drive it, beside what it owes: the entries
 * themselves, how many of them are acknowledged, and what their log may look like. The raft log is this
 * list and is never damaged.
 *
 * <p>Invariants: at each operation on the disk {@link #promise} is what a power loss at that moment must
 * leave.
 *
 * <p><b>Thread:</b> one owner.
 */
final class ReplicaWorld {
    static final Path DIRECTORY = Path.of("/data/partitions").resolve(TestLog.ID.directoryName());

    private static final CompactionRules RULES = new CompactionRules(0, 500, 0, 700);
    private static final int BATCH_MAX_BYTES = 1 << 16;
    private static final long KEY_BYTES = 1 << 16;
    private static final int PRODUCERS = 3;

    /** Something that is done to the store; the more often it is listed, the more often. */
    private enum Operation {
        APPEND(4),
        FORCE(2),
        /** One entry from its append until it is applied. */
        PUBLISH(5),
        APPLY(1),
        REPLACE_TAIL(2),
        CUT(1),
        TRIM(2),
        CHECKPOINT(3),
        COMPACT(3),
        RESTART(1);

        private final int weight;

        Operation(int weight) {
            this.weight = weight;
        }

        static Operation any(Random random) {
            int left = random.nextInt(24);
            for (var operation : values()) {
                left -= operation.weight;
                if (left < 0) {
                    return operation;
                }
            }
            throw new IllegalStateException("the weights are less than 24");
        }
    }

    /** What is under way. */
    enum Activity {
        START,
        LOG,
        CHECKPOINT,
        COMPACTION
    }

    private final Random random;
    private final SimulatedDisk disk;
    private final OffsetIndex index;
    private final PlantedBug bug;

    private final List<ReplicaEntry> entries = new ArrayList<>();
    private int acknowledged;
    private int applied;
    /**
     * What the log held at some time since its last force: a recovered log is the beginning of one of
     * these.
     */
    private final List<List<Batch>> histories = new ArrayList<>();
    /** What passes of compaction have made. */
    private final Map<SealedSegment, List<Batch>> rewritten = new HashMap<>();

    private ReplicaMemory memory = ReplicaMemory.empty();
    private @Nullable PartitionLog log;
    private Activity activity = Activity.START;
    private long checkpointIndex = -1;
    /** High watermark of that checkpoint. */
    private long purgeable;

    private long nowMs = 1_000_000;
    private int leaderEpoch = 1;

    ReplicaWorld(long seed, OffsetIndex index, PlantedBug bug) {
        this.random = new Random(seed);
        this.disk = new SimulatedDisk(seed);
        this.index = index;
        this.bug = bug;
    }

    SimulatedDisk disk() {
        return disk;
    }

    PartitionLog log() {
        return Objects.requireNonNull(log, "start it first");
    }

    /** What failed, where something did. */
    Activity activity() {
        return activity;
    }

    /** What the store owes now. */
    StorePromise promise() {
        var all = new ArrayList<>(histories);
        all.add(batches());
        return new StorePromise(
                List.copyOf(entries), acknowledgedEnd(), applied, all, Map.copyOf(rewritten), checkpointIndex);
    }

    /**
     * Opens the store as a node's start does: from the checkpoint, and then what the entries behind it say.
     */
    void start() throws IOException {
        activity = Activity.START;
        log = null;
        var onDisk = bug.on(disk);
        var checkpoint = disk.exists(DIRECTORY) ? CheckpointFile.read(onDisk, DIRECTORY) : Optional.<Checkpoint>empty();
        var point = promise().recoveryPoint(checkpoint, true);
        log = PartitionLog.open(DIRECTORY, TestLog.ID, TestLog.CONFIG, new Storage(onDisk, index), point);
        memory = checkpoint.map(ReplicaMemory::of).orElseGet(ReplicaMemory::empty);
        int from = Math.toIntExact(checkpoint.map(Checkpoint::index).orElse(0L));
        for (var entry : entries.subList(from, applied)) {
            apply(entry);
        }
        dropLostEntries();
        acknowledged = entries.size();
        activity = Activity.LOG;
    }

    /** Entries whose bytes are not there were never acknowledged: their leader truncates them. */
    private void dropLostEntries() throws IOException {
        var before = batches();
        int there = applied;
        while (there < entries.size() && isThere((Append) entries.get(there))) {
            there++;
        }
        entries.subList(there, entries.size()).clear();
        if (end() == log().writtenEndOffset()) {
            histories.clear();
        } else {
            histories.add(before); // a part of what is gone, or of what it was to replace
        }
    }

    private boolean isThere(Append entry) throws IOException {
        var payload = entry.payload();
        return log().readExactly(entry.baseOffset(), entry.endOffset(), payload.remaining())
                .filter(payload::equals)
                .isPresent();
    }

    void stop() throws IOException {
        if (log != null) {
            log.close();
        }
    }

    void step() throws IOException {
        switch (Operation.any(random)) {
            case APPEND -> append(end(), anyRoll());
            case FORCE -> force();
            case PUBLISH -> publish();
            case APPLY -> applyUpTo(applied + random.nextInt(acknowledged - applied + 1));
            case REPLACE_TAIL -> replaceTail();
            case CUT -> cut();
            case TRIM -> trim();
            case CHECKPOINT -> checkpoint();
            case COMPACT -> compact();
            case RESTART -> restart();
        }
    }

    private boolean anyRoll() {
        return random.nextInt(3) == 0;
    }

    private void append(long baseOffset, boolean roll) throws IOException {
        histories.add(batches());
        nowMs += random.nextInt(400);
        var batches = new ArrayList<Batch>();
        long at = baseOffset;
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            batches.add(batch(at, batches));
            at = batches.get(batches.size() - 1).endOffset();
        }
        var entry = new Append(batches, roll, nowMs);
        entries.add(entry);
        log().append(baseOffset, at, entry.payload(), roll);
    }

    private Batch batch(long baseOffset, List<Batch> before) {
        var builder = new RecordBatchBuilder(Compression.NONE, BATCH_MAX_BYTES);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            var key = ("k" + random.nextInt(4)).getBytes(StandardCharsets.US_ASCII);
            var value =
                    ("e" + leaderEpoch + " ").repeat(1 + random.nextInt(120)).getBytes(StandardCharsets.US_ASCII);
            builder.tryAppend(nowMs - random.nextInt(50), key, random.nextInt(6) == 0 ? null : value, List.of());
        }
        int producer = random.nextInt(PRODUCERS + 1);
        var bytes = producer == PRODUCERS
                ? builder.build()
                : builder.build(producer, (short) 0, nextSequence(producer, before));
        RecordBatch.stamp(bytes, 0, baseOffset, leaderEpoch);
        return Batch.of(bytes);
    }

    private int nextSequence(long producer, List<Batch> before) {
        var all = new ArrayList<>(batches());
        all.addAll(before);
        return all.stream()
                .map(Batch::view)
                .filter(view -> view.producerId() == producer)
                .reduce((first, second) -> second)
                .map(last -> RecordBatch.sequenceAfter(last.baseSequence(), last.recordCount()))
                .orElse(0);
    }

    private void force() throws IOException {
        if (bug == PlantedBug.ACKNOWLEDGES_BEFORE_THE_FORCE) {
            acknowledged = entries.size();
        }
        log().force();
        acknowledged = entries.size();
        clearHistories();
    }

    /** What a failure kept from being replaced stays behind the end, forced or not, until something takes its place. */
    private void clearHistories() {
        if (end() == log().writtenEndOffset()) {
            histories.clear();
        }
    }

    private void publish() throws IOException {
        append(end(), anyRoll());
        force();
        applyUpTo(acknowledged);
    }

    private void applyUpTo(int newApplied) throws IOException {
        while (applied < newApplied) {
            apply(entries.get(applied));
            applied++;
        }
    }

    private void apply(ReplicaEntry entry) throws IOException {
        entry.applyTo(memory);
        if (entry instanceof Append append) {
            log().advanceHighWatermark(append.endOffset());
        } else if (entry instanceof Trim trim) {
            log().raiseLogStart(trim.newStart());
            deleteSomeTrimmed();
        } else if (entry instanceof Compact compact) {
            for (var made : madeBy(compact)) {
                log().install(made);
            }
        }
    }

    /** The files go some time later, or never before the power does. */
    private void deleteSomeTrimmed() throws IOException {
        for (int i = random.nextInt(3); i > 0; i--) {
            log().deleteTrimmed(heldFrom());
        }
    }

    /**
     * The raft log is purged up to the newest checkpoint, or not so far: what is behind may be asked for.
     */
    private long heldFrom() {
        return random.nextInt(3) == 0 ? random.nextLong(purgeable + 1) : purgeable;
    }

    /**
     * The files of an entry, as they are there or made again, but for those that were trimmed meanwhile.
     */
    private List<RewrittenSegment> madeBy(Compact entry) throws IOException {
        var wanted = entry.segments().stream()
                .filter(segment -> segment.endOffset() > log().logStartOffset())
                .toList();
        var made = new ArrayList<RewrittenSegment>();
        for (var segment : wanted) {
            log().transfer().look(segment, bytes -> {}).ifPresent(made::add);
        }
        return made.size() == wanted.size()
                ? made
                : log().compactor(bytes -> {})
                        .repeat(entry.scanned(), entry.keys(), wanted, entry.times())
                        .segments();
    }

    private void replaceTail() throws IOException {
        long offset = anyCut();
        boolean cuts = offset < end();
        forget(offset);
        append(offset, anyRoll());
        cutIsDurable(cuts, offset);
    }

    private void cut() throws IOException {
        long offset = anyCut();
        boolean cuts = offset < end();
        forget(offset);
        log().truncateTo(offset);
        cutIsDurable(cuts, offset);
    }

    /** From here on what lies beyond may be there or not. */
    private void forget(long offset) {
        leaderEpoch++;
        histories.add(batches());
        entries.subList(applied, entries.size())
                .removeIf(entry -> entry instanceof Append append && append.baseOffset() >= offset);
        acknowledged = Math.min(acknowledged, entries.size());
    }

    /** What lay beyond never comes back, not even when nothing new was forced since. */
    private void cutIsDurable(boolean cuts, long offset) {
        if (cuts) {
            histories.replaceAll(history -> history.stream()
                    .filter(batch -> batch.endOffset() <= offset)
                    .toList());
        }
    }

    private long anyCut() {
        var places = new ArrayList<>(List.of(end()));
        entries.subList(applied, entries.size()).stream()
                .map(entry -> ((Append) entry).baseOffset())
                .forEach(places::add);
        return places.get(random.nextInt(places.size()));
    }

    private void trim() throws IOException {
        long start = memory.logStart();
        applyAtOnce(new Trim(start + random.nextInt((int) (memory.highWatermark() - start) + 1)));
    }

    /** Entries without payload come before those that are not applied yet: only these may be cut. */
    private void applyAtOnce(ReplicaEntry entry) throws IOException {
        entries.add(applied, entry);
        acknowledged++;
        applied++;
        apply(entry);
    }

    private void checkpoint() throws IOException {
        var checkpoint = memory.checkpoint(applied);
        activity = Activity.CHECKPOINT;
        CheckpointFile.write(bug.on(disk), DIRECTORY, bug.in(checkpoint));
        activity = Activity.LOG;
        checkpointIndex = applied;
        purgeable = checkpoint.highWatermark();
        long heldFrom = heldFrom();
        while (log().hasReplaced(checkpoint.segments(), heldFrom)) {
            log().deleteReplaced(checkpoint.segments(), heldFrom);
        }
        deleteSomeTrimmed();
    }

    private void compact() throws IOException {
        var plan = CompactionPlan.of(
                memory.table(), memory.compactedEnd(), memory.highWatermark(), RULES, memory.leaderTimeMs());
        if (plan.isEmpty()) {
            publish();
            return;
        }
        var times = CompactionTimes.of(memory.leaderTimeMs(), RULES);
        List<SealedSegment> made;
        CompactionPass pass;
        activity = Activity.COMPACTION;
        try {
            pass = log().compactor(bytes -> {}).compact(plan.get(), times, KEY_BYTES);
            made = pass.segments().stream().map(RewrittenSegment::sealed).toList();
            for (var segment : made) {
                rewritten.put(segment, read(segment));
            }
        } catch (IOException e) {
            if (disk.hasForceFailed()) {
                throw e; // the node has ended; the exception may be one of what came behind
            }
            activity = Activity.LOG;
            log().requireOpen(); // a pass may fail: the log is as it was
            return;
        }
        activity = Activity.LOG;
        applyAtOnce(new Compact(pass.scanned(), pass.keys(), made, times));
    }

    private List<Batch> read(SealedSegment segment) throws IOException {
        var batches = new ArrayList<Batch>();
        try (var all = new SegmentBatches(disk, Segment.of(DIRECTORY, segment))) {
            while (all.hasNext()) {
                batches.add(Batch.of(ByteBuffer.wrap(TestLog.bytes(all.next().bytes()))));
            }
        }
        return batches;
    }

    private void restart() throws IOException {
        stop();
        start();
    }

    private List<Batch> batches() {
        var all = new ArrayList<Batch>();
        for (var entry : entries) {
            if (entry instanceof Append append) {
                all.addAll(append.batches());
            }
        }
        return all;
    }

    private long end() {
        return endOf(entries.size());
    }

    private long acknowledgedEnd() {
        return endOf(acknowledged);
    }

    private long endOf(int count) {
        for (int i = count - 1; i >= 0; i--) {
            if (entries.get(i) instanceof Append append) {
                return append.endOffset();
            }
        }
        return 0;
    }
}
