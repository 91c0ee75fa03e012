package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.metadata.CleanupConfig;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.NodeMeters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Replicas of a compacted partition, mostly on three nodes, beside a list of all records that were published. A test says when they compact. */
final class CompactedCluster implements AutoCloseable {
    static final long DAY_MS = 24L * 60 * 60 * 1000;
    private static final int SEGMENT_BYTES = 2 << 10;
    /** Each entry has a file of its own in the raft log, so that a purge leaves none behind; a test says when. */
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 128, 1, 0);

    private static final long PRODUCER = 7;
    private static final String FILLER = "x".repeat(100);

    final PartitionCluster cluster;
    final AtomicLong clockMs = new AtomicLong(System.currentTimeMillis());
    private final Map<Integer, Compaction> compactions = new HashMap<>();
    private final List<Published> records = new ArrayList<>();
    /** Of nodes that are to have others than the rest. */
    final Map<Integer, CompactionLimits> limits = new HashMap<>();
    /** What nodes take the heap to have left. */
    volatile long freeHeapBytes = 1 << 30;
    /** Between two looks: so that a failed pass is due again at the next one. */
    volatile long lookNanos = TimeUnit.HOURS.toNanos(1);

    private TopicConfig config;
    private final AtomicLong nowNanos = new AtomicLong();

    /** A record as a reader finds it. */
    record Published(long offset, String key, @Nullable String value) {}

    private CompactedCluster(PartitionCluster cluster) {
        this.cluster = cluster;
        config = config(SEGMENT_BYTES);
    }

    private static TopicConfig config(int segmentBytes) {
        return TopicConfig.resolve(
                new TreeMap<>(Map.of(
                        CleanupConfig.POLICY, "compact",
                        CleanupConfig.MIN_DIRTY_RATIO, "0",
                        TopicConfig.SEGMENT_BYTES, String.valueOf(segmentBytes))),
                TopicConfig.DEFAULTS);
    }

    /** Has compaction merge so many full segments into one file. */
    void merge(int segments) {
        config = config(segments * SEGMENT_BYTES);
    }

    static CompactedCluster start(Path directory) throws IOException {
        return start(directory, 3);
    }

    static CompactedCluster start(Path directory, int nodes) throws IOException {
        return new CompactedCluster(PartitionCluster.start(directory, nodes, SEGMENT_BYTES, UPKEEP));
    }

    /** Gives a node other limits from now on, as a start does. */
    void limit(PartitionNodeFixture node, CompactionLimits other) {
        limits.put(node.id(), other);
        compactions.remove(node.id());
    }

    /** One of those that do not lead. */
    PartitionNodeFixture follower() {
        return cluster.othersThan(cluster.leader()).get(0);
    }

    /** Publishes batches of three records of some of these keys; each fifth record is a tombstone. */
    void publish(int batches, int keys) {
        long first = records.size();
        var batch = batch(keys);
        assertThat(cluster.appendSurely(batch).baseOffset()).isEqualTo(first);
        var leader = cluster.leader();
        var all = new ArrayList<RecordBatch>();
        var outcomes = new ArrayList<CompletableFuture<AppendOutcome>>();
        for (int i = 1; i < batches; i++) {
            all.add(batch(keys));
            outcomes.add(leader.replica().append(AppendRequest.of(all.get(i - 1))));
        }
        for (int i = 0; i < outcomes.size(); i++) {
            if (!(outcomes.get(i).join() instanceof AppendOutcome.Appended)) {
                cluster.appendSurely(all.get(i)); // another leads meanwhile; what it has already is not taken twice
            }
        }
    }

    private RecordBatch batch(int keys) {
        long base = records.size();
        var builder = new RecordBatchBuilder(Compression.ZSTD, 1 << 20);
        for (long offset = base; offset < base + 3; offset++) {
            var key = "key " + offset * 7 % keys;
            var value = offset % 5 == 0 ? null : "value " + offset + FILLER.substring((int) (offset % 90));
            builder.tryAppend(clockMs.get() - 1_000, bytes(key), bytes(value), List.of());
            records.add(new Published(offset, key, value));
        }
        return RecordBatch.of(builder.build(PRODUCER, (short) 0, (int) base));
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    long published() {
        return records.size();
    }

    /** What a node's thread for compaction does at each look. */
    void tick(PartitionNodeFixture node) {
        compaction(node).tick(replica -> Optional.of(config));
    }

    /** How many replicas of the node wait after a failure, as its metric says. */
    long failing(PartitionNodeFixture node) {
        return compaction(node).failing();
    }

    private Compaction compaction(PartitionNodeFixture node) {
        return compactions.computeIfAbsent(
                node.id(),
                id -> new Compaction(
                        () -> node.isRunning() && !node.isQuarantined() ? List.of(node.replica()) : List.of(),
                        clockMs::get,
                        () -> nowNanos.addAndGet(lookNanos),
                        limits.getOrDefault(id, new CompactionLimits(1 << 20, 1 << 30)),
                        () -> freeHeapBytes,
                        RaftMeters.of(NodeMeters.unseen())));
    }

    /** Has the leader decide, and waits until it is applied on these nodes. Their files come with the next tick of each. */
    void decide() {
        var leader = cluster.leader();
        long before = leader.replica().compaction().compactedEndOffset();
        await().atMost(PATIENCE).until(() -> {
            tick(cluster.leader());
            return cluster.leader().replica().compaction().compactedEndOffset() > before;
        });
    }

    /** Until nothing is left to compact, and all replicas have the files. */
    void compactAll() {
        await().atMost(PATIENCE).until(() -> {
            cluster.running().forEach(this::tick);
            var leader = cluster.leader().replica().compaction();
            return leader.compactedEndOffset() == leader.sealedEndOffset()
                    && cluster.running().stream()
                            .map(PartitionNodeFixture::replica)
                            .allMatch(replica -> !replica.compactionPending()
                                    && replica.compaction().compactedEndOffset() == leader.compactedEndOffset());
        });
    }

    /** What a pass over everything below an offset leaves. */
    List<Published> expected(long compactedEnd) {
        var newest = new HashMap<String, Long>();
        records.stream()
                .filter(record -> record.offset() < compactedEnd)
                .forEach(record -> newest.put(record.key(), record.offset()));
        return records.stream()
                .filter(record ->
                        record.offset() >= compactedEnd || newest.getOrDefault(record.key(), -1L) == record.offset())
                .toList();
    }

    void assertCompacted() throws IOException {
        cluster.awaitHighWatermark(published());
        long end = cluster.leader().replica().compaction().compactedEndOffset();
        assertThat(end).isPositive();
        long start = cluster.leader().replica().logStartOffset();
        var kept = expected(end).stream()
                .filter(record -> record.offset() >= start)
                .toList();
        for (var node : cluster.running()) {
            assertThat(read(node, start)).as("node %s", node.id()).isEqualTo(kept);
            assertThat(node.halts).isEmpty();
            assertThat(node.replica().compaction().lastError()).isEmpty();
        }
    }

    /** Has the old files go, and compares what is left. */
    void awaitSameFiles() {
        publish(1, 3); // a checkpoint stands one entry behind what is applied
        cluster.awaitHighWatermark(published());
        await().atMost(PATIENCE)
                .ignoreExceptionsMatching(
                        e -> e instanceof UncheckedIOException || e instanceof NoSuchFileException) // a file went
                .untilAsserted(() -> {
                    for (var node : cluster.running()) {
                        node.takeCheckpoint();
                        node.replica().deleteTrimmed();
                    }
                    var expected = cluster.node(1).segmentContents();
                    for (var node : cluster.running()) {
                        assertThat(node.segmentContents()).isEqualTo(expected);
                    }
                    assertThat(expected.keySet())
                            .filteredOn(name -> name.endsWith(".1.log"))
                            .isNotEmpty();
                });
    }

    /** Has all running nodes take checkpoints, and the leader purge what a follower that is down lacks. */
    void purgeBeyond(PartitionNodeFixture follower) throws IOException {
        long next = RaftLogScan.lastIndex(follower.raftGroup(), 2 << 20).orElse(-1) + 1;
        for (var node : cluster.running()) {
            node.takeCheckpoint();
            node.replica().deleteTrimmed();
        }
        var leaderLog = cluster.leader().raftLog();
        await().atMost(PATIENCE).until(() -> leaderLog.getStartIndex() > next);
    }

    /** Has the leader trim, and waits until all running replicas have. */
    void trim(long start) throws IOException {
        await().atMost(PATIENCE)
                .until(() -> cluster.leader().replica().trim(start).get(10, TimeUnit.SECONDS)
                        instanceof TrimOutcome.Trimmed);
        for (var node : cluster.running()) {
            await().atMost(PATIENCE).until(() -> node.replica().logStartOffset() == start);
        }
    }

    /** Has another replica lead: what is published from now on is of a later epoch. */
    void changeLeader() throws IOException {
        var old = cluster.leader();
        old.kill();
        old.start();
        cluster.leader();
    }

    static List<Published> read(PartitionNodeFixture node) throws IOException {
        return read(node, 0);
    }

    static List<Published> read(PartitionNodeFixture node, long start) throws IOException {
        var found = new ArrayList<Published>();
        long offset = start;
        while (offset < node.replica().highWatermark()) {
            var read = node.replica().read(offset, 1 << 20);
            assertThat(read.endOffset()).isGreaterThan(offset);
            var bytes = read.batches().duplicate();
            while (bytes.hasRemaining()) {
                int size = RecordBatch.sizeAt(bytes, bytes.position());
                var batch = RecordBatch.of(bytes.slice(bytes.position(), size));
                assertThat(batch.crcMatches()).isTrue();
                batch.records().forEachRemaining(record -> found.add(published(record)));
                bytes.position(bytes.position() + size);
            }
            offset = read.endOffset();
        }
        found.removeIf(record -> record.offset() < start);
        return found;
    }

    private static Published published(BatchRecord record) {
        return new Published(record.offset(), String.valueOf(text(record.key())), text(record.value()));
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    @Override
    public void close() {
        cluster.close();
    }
}
