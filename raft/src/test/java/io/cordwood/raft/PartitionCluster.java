package io.cordwood.raft;

import static org.awaitility.Awaitility.await;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;

/** Replicas of one partition on several nodes in this process, each with its own RaftServer and directory. */
final class PartitionCluster implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final PartitionId partition = new PartitionId(UUID.randomUUID(), 0);
    final RaftGroup group;
    final GroupPlacement placement;
    private final List<PartitionNodeFixture> nodes;

    private final LogUpkeep upkeep;

    private PartitionCluster(Path directory, int count, SortedMap<String, String> settings, LogUpkeep upkeep) {
        this.upkeep = upkeep;
        var ports = TestPorts.free(count);
        var peers = IntStream.rangeClosed(1, count)
                .mapToObj(id -> RaftPeer.newBuilder()
                        .setId(String.valueOf(id))
                        .setAddress("127.0.0.1:" + ports.get(id - 1))
                        .build())
                .toList();
        group = RaftGroup.valueOf(RaftGroupId.randomId(), peers);
        placement = new GroupPlacement(
                partition.topicId(),
                "orders",
                0,
                7,
                IntStream.rangeClosed(1, count).boxed().toList(),
                settings);
        nodes = new ArrayList<>();
        for (RaftPeer peer : peers) {
            nodes.add(new PartitionNodeFixture(this, peer, directory.resolve("n" + peer.getId())));
        }
    }

    /** Nodes 1..count, started; segments roll at the given size. */
    static PartitionCluster start(Path directory, int count, int segmentBytes) throws IOException {
        return start(directory, count, segmentBytes, LogUpkeep.DEFAULT);
    }

    static PartitionCluster start(Path directory, int count, int segmentBytes, LogUpkeep upkeep) throws IOException {
        var settings = new TreeMap<String, String>();
        settings.put(TopicConfig.SEGMENT_BYTES, String.valueOf(segmentBytes));
        var cluster = new PartitionCluster(directory, count, settings, upkeep);
        for (PartitionNodeFixture node : cluster.nodes) {
            node.start();
        }
        return cluster;
    }

    LogUpkeep upkeep() {
        return upkeep;
    }

    Optional<String> addressOf(int nodeId) {
        return Optional.of(node(nodeId).peer.getAddress());
    }

    PartitionNodeFixture node(int id) {
        return nodes.get(id - 1);
    }

    List<PartitionNodeFixture> nodes() {
        return nodes;
    }

    List<PartitionNodeFixture> running() {
        return nodes.stream()
                .filter(node -> node.isRunning() && !node.isQuarantined())
                .toList();
    }

    PartitionNodeFixture leader() {
        return leaderAmong(nodes);
    }

    PartitionNodeFixture leaderAmong(List<PartitionNodeFixture> candidates) {
        return await().atMost(PATIENCE)
                .until(
                        () -> candidates.stream()
                                .filter(PartitionNodeFixture::leads)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    List<PartitionNodeFixture> othersThan(PartitionNodeFixture... excluded) {
        var without = Arrays.asList(excluded);
        return nodes.stream().filter(node -> !without.contains(node)).toList();
    }

    /** One batch without a producer. */
    static RecordBatch batch(String... values) {
        return RecordBatch.of(builder(values).build());
    }

    /** One batch of an idempotent producer. */
    static RecordBatch batchOf(long producerId, int sequence, String... values) {
        return RecordBatch.of(builder(values).build(producerId, (short) 0, sequence));
    }

    private static RecordBatchBuilder builder(String... values) {
        var builder = new RecordBatchBuilder(Compression.NONE, 1 << 20);
        for (String value : values) {
            builder.tryAppend(1_000, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return builder;
    }

    static AppendOutcome append(PartitionNodeFixture node, RecordBatch batch) throws Exception {
        return node.replica().append(AppendRequest.of(batch)).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Appends through whoever leads, again and again until it is acknowledged. */
    AppendOutcome.Appended appendSurely(RecordBatch batch) {
        var outcome =
                await().atMost(PATIENCE).until(() -> append(leader(), batch), AppendOutcome.Appended.class::isInstance);
        return (AppendOutcome.Appended) outcome;
    }

    void awaitHighWatermark(long offset) {
        for (PartitionNodeFixture node : running()) {
            await().atMost(PATIENCE).until(() -> node.replica().highWatermark() >= offset);
        }
    }

    @Override
    public void close() {
        stopAll();
    }

    void stopAll() {
        allAtOnce(nodes, PartitionNodeFixture::stop);
    }

    /** What is done to a node. */
    interface Step<T> {
        void take(T node) throws IOException;
    }

    /** A stop mostly waits, and a leader that stops last tries all the time to reach those that are gone. */
    static <T> void allAtOnce(List<T> nodes, Step<T> step) {
        var steps = nodes.stream()
                .map(node -> CompletableFuture.runAsync(
                        () -> {
                            try {
                                step.take(node);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        },
                        run -> new Thread(run, "at-once").start()))
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(steps).join();
    }
}
