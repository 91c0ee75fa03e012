package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.store.OffsetTrimmedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.ratis.statemachine.StateMachine;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trims of a partition on three nodes, with real files. */
class TrimTest {
    /** Four batches of {@link #RECORD} fill a segment. */
    private static final int SEGMENT_BYTES = 4 << 10;

    /** Each entry has a file of its own in the raft log, so that a purge leaves none behind; a test says when. */
    private static final LogUpkeep UPKEEP = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 128, 1, 0);

    private static final String RECORD = "x".repeat(900);

    @TempDir
    Path directory;

    /** So many batches of one record. */
    private static void fill(PartitionCluster cluster, int count) {
        for (int i = 0; i < count; i++) {
            cluster.appendSurely(batch(RECORD));
        }
    }

    private static TrimOutcome trim(PartitionNodeFixture node, long offset) throws Exception {
        return node.replica().trim(offset).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static void trimSurely(PartitionCluster cluster, long offset) {
        await().atMost(PATIENCE).until(() -> trim(cluster.leader(), offset) instanceof TrimOutcome.Trimmed);
    }

    /** The segment files of a node, by name, with their bytes. */
    private static Map<String, String> segments(PartitionNodeFixture node) throws IOException {
        return ReplicaFiles.segmentsIn(node.partition());
    }

    /** Has the raft logs purged, and the files deleted that they do not hold any more. */
    private static void tidy(PartitionCluster cluster) throws IOException {
        for (var node : cluster.running()) {
            node.takeCheckpoint();
            node.replica().deleteTrimmed();
        }
    }

    /** A file may go between its listing and its reading: then look again. */
    private static ConditionFactory awaitFiles() {
        return await().atMost(PATIENCE)
                .ignoreExceptionsMatching(
                        problem -> problem instanceof UncheckedIOException || problem instanceof NoSuchFileException);
    }

    private static void awaitSegments(PartitionCluster cluster, PartitionNodeFixture node, String... names) {
        awaitFiles().untilAsserted(() -> {
            tidy(cluster);
            assertThat(segments(node).keySet()).containsExactly(names);
        });
    }

    private static void awaitSameFiles(PartitionCluster cluster) {
        awaitFiles().untilAsserted(() -> {
            tidy(cluster);
            var expected = segments(cluster.node(1));
            assertThat(segments(cluster.node(2))).isEqualTo(expected);
            assertThat(segments(cluster.node(3))).isEqualTo(expected);
        });
    }

    private static void awaitLogStart(PartitionCluster cluster, long offset) {
        for (var node : cluster.running()) {
            await().atMost(PATIENCE).until(() -> node.replica().logStartOffset() == offset);
        }
    }

    @Test
    void trimHidesRecordsAtOnceAndDeletesSegmentsOnEveryReplica() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            fill(cluster, 14);

            assertThat(trim(cluster.leader(), 9)).isEqualTo(new TrimOutcome.Trimmed(9, 14));

            assertThatThrownBy(() -> cluster.leader().replica().read(8, 1_000))
                    .isInstanceOfSatisfying(
                            OffsetTrimmedException.class,
                            e -> assertThat(e.logStartOffset()).isEqualTo(9));
            awaitLogStart(cluster, 9);
            awaitSameFiles(cluster);
            awaitSegments(cluster, cluster.node(1), "00000000000000000008.log", "00000000000000000012.log");
            assertThat(cluster.leader().replica().read(9, 1_000).baseOffset()).isEqualTo(9);
        }
    }

    @Test
    void trimOutsideTheLogIsAnsweredByName() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            fill(cluster, 5);
            var leader = cluster.leader();
            trim(leader, 3);

            assertThat(trim(leader, 6)).isEqualTo(new TrimOutcome.BeyondHighWatermark(6, 5));
            assertThat(trim(leader, 2)).isEqualTo(new TrimOutcome.Trimmed(3, 5));
            assertThat(trim(cluster.othersThan(leader).get(0), 4)).isInstanceOf(TrimOutcome.NotLeader.class);
        }
    }

    @Test
    void segmentThatIsAllTrimmedGoesWithTheNextAppend() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            fill(cluster, 6);
            trimSurely(cluster, 6);
            awaitLogStart(cluster, 6);

            fill(cluster, 1);

            cluster.awaitHighWatermark(7);
            awaitSameFiles(cluster);
            awaitSegments(cluster, cluster.node(2), "00000000000000000006.log");
        }
    }

    /** One batch of records with these timestamps. */
    private static RecordBatch batchAt(long... timestampsMs) {
        var builder = new RecordBatchBuilder(Compression.NONE, 1 << 20);
        for (long timestampMs : timestampsMs) {
            builder.tryAppend(timestampMs, null, RECORD.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return RecordBatch.of(builder.build());
    }

    private static Retention retention(PartitionCluster cluster, Map<String, String> settings, LongSupplier clockMs) {
        var config = TopicConfig.resolve(new TreeMap<>(settings), TopicConfig.DEFAULTS);
        return new Retention(
                () -> cluster.nodes().stream()
                        .map(PartitionNodeFixture::replica)
                        .toList(),
                replica -> Optional.of(config),
                new NodeClock(clockMs, () -> 0),
                new StoreMeters(NodeMeters.unseen()));
    }

    @Test
    void recordsExpireByTimeExactToTheRecordAndTheirFilesGo() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            var clock = new AtomicLong(10_000);
            var retention = retention(cluster, Map.of(TopicConfig.RETENTION_MS, "1000"), clock::get);
            for (int i = 0; i < 5; i++) {
                cluster.appendSurely(batchAt(10_000 + 100 * i, 10_050 + 100 * i));
            }
            retention.tick();
            assertThat(cluster.leader().replica().logStartOffset()).isZero();

            clock.set(11_250); // what is older than 10,250 expires: offsets 0 to 4
            retention.tick();

            awaitLogStart(cluster, 5);
            awaitSameFiles(cluster);
            awaitSegments(cluster, cluster.node(3), "00000000000000000004.log", "00000000000000000008.log");
        }
    }

    @Test
    void everythingExpiresByTimeAndTheLogGoesOn() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            var clock = new AtomicLong(10_000);
            var retention = retention(cluster, Map.of(TopicConfig.RETENTION_MS, "1000"), clock::get);
            fill(cluster, 6);

            clock.set(60_000);
            retention.tick();

            awaitLogStart(cluster, 6);
            assertThat(cluster.appendSurely(batch("after")).baseOffset()).isEqualTo(6);
            cluster.awaitHighWatermark(7);
            awaitSameFiles(cluster);
        }
    }

    @Test
    void oldestBytesExpireBeyondTheSize() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            int size = batch(RECORD).sizeBytes();
            fill(cluster, 14);

            retention(
                            cluster,
                            Map.of(TopicConfig.RETENTION_MS, "-1", TopicConfig.RETENTION_BYTES, "" + 5 * size),
                            () -> 1L << 60)
                    .tick();

            awaitLogStart(cluster, 9);
            awaitSameFiles(cluster);
        }
    }

    @Test
    @Tag("nightly")
    void restartOfAllFromAnOlderCheckpointKeepsTheLogStart() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            fill(cluster, 14);
            cluster.awaitHighWatermark(14);
            for (var node : cluster.nodes()) {
                node.takeCheckpoint();
            }
            trimSurely(cluster, 11);
            awaitLogStart(cluster, 11);
            for (var node : cluster.nodes()) {
                awaitFiles().until(() -> {
                    node.replica().deleteTrimmed();
                    return segments(node).size() == 2;
                });
                node.kill();
            }

            for (var node : cluster.nodes()) {
                node.start();
            }

            assertThat(cluster.appendSurely(batch("after")).baseOffset()).isEqualTo(14);
            cluster.awaitHighWatermark(15);
            awaitLogStart(cluster, 11);
            awaitSameFiles(cluster);
            assertThat(cluster.nodes()).noneMatch(PartitionNodeFixture::isQuarantined);
            assertThat(cluster.nodes()).allMatch(node -> node.halts.isEmpty());
        }
    }

    @Test
    void restartWithoutACheckpointKeepsTheLogStart() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            fill(cluster, 10);
            trimSurely(cluster, 9);
            var node = cluster.othersThan(cluster.leader()).get(0);
            awaitLogStart(cluster, 9);
            node.kill();

            node.start();

            awaitLogStart(cluster, 9);
            cluster.awaitHighWatermark(10);
            assertThat(node.isQuarantined()).isFalse();
            assertThat(append(cluster.leader(), batch("after"))).isInstanceOf(AppendOutcome.Appended.class);
            cluster.awaitHighWatermark(11);
            awaitSameFiles(cluster);
        }
    }

    @Test
    void followerThatWasDownTakesTheTrimWhenItIsBack() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES, UPKEEP)) {
            fill(cluster, 6);
            cluster.awaitHighWatermark(6);
            var follower = cluster.othersThan(cluster.leader()).get(0);
            follower.kill();
            fill(cluster, 4);
            trimSurely(cluster, 5);

            follower.start();

            cluster.awaitHighWatermark(10);
            awaitLogStart(cluster, 5);
            awaitSameFiles(cluster);
        }
    }

    @Test
    void filesThatTheRaftLogNeedsStayUntilItIsPurged() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            fill(cluster, 6);
            cluster.awaitHighWatermark(6);
            var follower = cluster.othersThan(cluster.leader()).get(0);
            follower.kill();
            fill(cluster, 8);
            trimSurely(cluster, 11);
            awaitLogStart(cluster, 11);
            var others = cluster.running();
            tidy(cluster);
            for (var node : others) {
                node.stop(); // nothing is left in memory
            }
            for (var node : others) {
                node.start();
            }
            awaitLogStart(cluster, 11);
            tidy(cluster);
            assertThat(segments(others.get(0))).hasSize(4);

            follower.start();

            cluster.awaitHighWatermark(14);
            awaitLogStart(cluster, 11);
            assertThat(cluster.nodes()).allMatch(node -> node.halts.isEmpty());
        }
    }

    @Test
    void trimmedFilesGoBehindARestartWithoutNewEntries() throws Exception {
        var upkeep = new LogUpkeep(1 << 30, Duration.ofDays(1), 1, 128, 1, 4);
        try (var cluster = PartitionCluster.start(directory, 1, SEGMENT_BYTES, upkeep)) {
            var node = cluster.node(1);
            fill(cluster, 30);
            trimSurely(cluster, 29);
            node.takeCheckpoint();
            await().atMost(PATIENCE).until(() -> node.raftLog().getStartIndex() > 20);

            node.stop();
            node.start();

            awaitLogStart(cluster, 29);
            awaitFiles().untilAsserted(() -> {
                node.replica().deleteTrimmed();
                assertThat(segments(node)).containsOnlyKeys("00000000000000000024.log", "00000000000000000028.log");
            });
            assertThat(node.halts).isEmpty();
        }
    }

    /** Ratis binds the state machine and reads the raft log afterwards: the look of each second may come in between. */
    @Test
    void lookForTrimmedFilesPassesOverAGroupThatIsOpening() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 1, SEGMENT_BYTES, UPKEEP)) {
            var node = cluster.node(1);
            fill(cluster, 2);
            node.stop();
            var opening = new CompletableFuture<PartitionStateMachine>();
            var opened = new CountDownLatch(1);
            node.stateMachines = made -> holdingTheRaftLog((PartitionStateMachine) made, opening, opened);
            var started = CompletableFuture.runAsync(() -> startUnchecked(node));

            try {
                var stateMachine = opening.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThatCode(stateMachine::deleteTrimmed).doesNotThrowAnyException();
            } finally {
                opened.countDown();
            }

            started.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            cluster.awaitHighWatermark(2);
            assertThat(node.halts).isEmpty();
        }
    }

    /** The same, but asked for its newest checkpoint once it is bound, as Ratis does to open the raft log, it waits. */
    private static StateMachine holdingTheRaftLog(
            PartitionStateMachine made, CompletableFuture<PartitionStateMachine> opening, CountDownLatch opened) {
        return (StateMachine) Proxy.newProxyInstance(
                StateMachine.class.getClassLoader(),
                new Class<?>[] {StateMachine.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("getLatestSnapshot")
                            && made.getServer().isDone()) {
                        opening.complete(made);
                        opened.await();
                    }
                    return method.invoke(made, arguments);
                });
    }

    private static void startUnchecked(PartitionNodeFixture node) {
        try {
            node.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
