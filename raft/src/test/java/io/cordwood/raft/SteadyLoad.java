package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assertions;

/**
 * One idempotent producer that appends record after record to a partition of a {@link NodeWorld}, whoever
 * leads it.
 */
final class SteadyLoad {
    private static final long PRODUCER_ID = 4711;
    private static final Duration ATTEMPT = Duration.ofSeconds(5);

    private final NodeWorld world;
    private final PartitionId partition;
    private final Thread thread = new Thread(this::run, "steady-load");
    private final AtomicInteger acknowledged = new AtomicInteger();
    private volatile boolean stopped;
    private volatile String failure = "";

    SteadyLoad(NodeWorld world, PartitionId partition) {
        this.world = world;
        this.partition = partition;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    private static String value(int number) {
        return "record " + number + " " + "x".repeat(200);
    }

    private void run() {
        try {
            while (!stopped) {
                int number = acknowledged.get();
                var batch = PartitionCluster.batchOf(PRODUCER_ID, number, value(number));
                var outcome = (AppendOutcome.Appended) await().atMost(NodeWorld.PATIENCE)
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> tryAppend(batch), AppendOutcome.Appended.class::isInstance);
                if (outcome.baseOffset() != number) {
                    throw new IllegalStateException("record " + number + " is at offset " + outcome.baseOffset());
                }
                acknowledged.incrementAndGet();
            }
        } catch (RuntimeException e) {
            failure = e.toString();
        }
    }

    private AppendOutcome tryAppend(RecordBatch batch) throws InterruptedException {
        var unknown = new AppendOutcome.TimedOut();
        try {
            var leader = world.running().stream()
                    .flatMap(node -> node.partition(partition).stream())
                    .filter(PartitionReplica::leads)
                    .findFirst();
            return leader.isEmpty()
                    ? unknown
                    : leader.get().append(AppendRequest.of(batch)).get(ATTEMPT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | IllegalStateException e) {
            return unknown; // the node is being stopped
        }
    }

    int leader() {
        return await().atMost(NodeWorld.PATIENCE)
                .until(
                        () -> world.running().stream()
                                .filter(node -> node.partition(partition)
                                        .filter(PartitionReplica::leads)
                                        .isPresent())
                                .map(RaftNode::nodeId)
                                .findFirst()
                                .orElse(0),
                        node -> node > 0);
    }

    int acknowledged() {
        return acknowledged.get();
    }

    void awaitRecords(int records) {
        world.await(records + " records, " + failure, () -> acknowledged.get() >= records || !failure.isEmpty());
        if (!failure.isEmpty()) {
            Assertions.fail(failure);
        }
    }

    void stop() throws InterruptedException {
        stopped = true;
        thread.join(NodeWorld.PATIENCE.toMillis());
        assertThat(failure).isEmpty();
    }

    /** Every acknowledged record, at its offset, and nothing else. */
    void assertHolds(PartitionReplica replica) throws IOException {
        var values = new ArrayList<String>();
        for (long offset = 0; offset < replica.highWatermark(); ) {
            var read = replica.read(offset, 1 << 20);
            var bytes = read.batches().duplicate();
            while (bytes.hasRemaining()) {
                int size = RecordBatch.sizeAt(bytes, bytes.position());
                try (var records =
                        RecordBatch.of(bytes.slice(bytes.position(), size)).records()) {
                    records.forEachRemaining(record -> values.add(
                            StandardCharsets.UTF_8.decode(record.value()).toString()));
                }
                bytes.position(bytes.position() + size);
            }
            offset = read.endOffset();
        }
        assertThat(values).hasSizeGreaterThanOrEqualTo(acknowledged.get());
        for (int i = 0; i < values.size(); i++) {
            assertThat(values.get(i)).isEqualTo(value(i));
        }
    }
}
