package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batchOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.HoldingDisk.Hold;
import io.cordwood.raft.HoldingDisk.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that are killed at random moments while producers write: one, two or all at once, between the write and the force of a
 * segment or between that and the force of the header; with checkpoints, and with an offset index that is new, old or missing.
 */
class RestartSimulationTest {
    private static final int SEGMENT_BYTES = 4 << 10;
    private static final int PRODUCERS = 4;
    private static final List<IndexFate> FATES = List.of(IndexFate.values());

    @TempDir
    Path directory;

    @Test
    @Timeout(300)
    void acknowledgedBatchesSurviveKills() throws Exception {
        new World(20_261_120, 5).run();
    }

    @Tag("nightly")
    @Test
    @Timeout(3_600)
    void acknowledgedBatchesSurviveManyKills() throws Exception {
        new World(System.nanoTime(), 200).run();
    }

    /** What a restarted node finds of its offset index, which is only a cache. */
    private enum IndexFate {
        MISSING,
        /** From before the kill. */
        AGED,
        /** Ahead of the other files. */
        NEWER
    }

    private final class World {
        private final long seed;
        private final int rounds;
        private final Random random;
        private final Network network = new Network();
        private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
        private final PartitionCluster cluster;
        private volatile boolean writing = true;
        private int kills;
        private int checkpoints;

        World(long seed, int rounds) throws IOException {
            this.seed = seed;
            this.rounds = rounds;
            random = new Random(seed);
            cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES);
        }

        void run() throws Exception {
            var threads = Executors.newFixedThreadPool(PRODUCERS);
            try (cluster;
                    network) {
                var producers = startProducers(threads);
                for (int round = 0; round < rounds; round++) {
                    round(round);
                }
                writing = false;
                for (var producer : producers) {
                    producer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                }
                check();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            } finally {
                threads.shutdownNow();
            }
            assertThat(kills).isGreaterThan(rounds / 2);
            assertThat(checkpoints).isPositive();
        }

        private List<CompletableFuture<Void>> startProducers(ExecutorService threads) {
            return IntStream.range(0, PRODUCERS)
                    .mapToObj(id -> CompletableFuture.runAsync(() -> produce(id), threads))
                    .toList();
        }

        private void produce(long id) {
            for (int sequence = 0; writing; sequence++) {
                var value = id + "-" + sequence;
                long offset = appendSurely(id, sequence, value);
                acknowledged.put(value, offset);
            }
        }

        private long appendSurely(long id, int sequence, String value) {
            while (true) {
                try {
                    var leader = cluster.leader();
                    var outcome = leader.replica()
                            .append(AppendRequest.of(batchOf(id, sequence, value)))
                            .get(2, TimeUnit.SECONDS);
                    if (outcome instanceof Appended appended) {
                        return appended.baseOffset();
                    }
                } catch (IllegalStateException | ConditionTimeoutException | TimeoutException e) {
                    // The node is gone, or nobody leads: try again where somebody does.
                } catch (InterruptedException | ExecutionException e) {
                    throw new IllegalStateException(e);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }

        private void round(int round) throws IOException {
            awaitProgress();
            maybeTakeCheckpoints();
            var victims = new ArrayList<>(cluster.nodes());
            Collections.shuffle(victims, random);
            var holds = new LinkedHashMap<PartitionNodeFixture, Hold>();
            for (var victim : victims.subList(0, 1 + random.nextInt(3))) {
                var hold = random.nextBoolean()
                        ? victim.disk.holdBefore(Operation.FORCE, ".log")
                        : victim.disk.holdAfter(Operation.FORCE, ".log");
                if (isReached(hold)) {
                    holds.put(victim, hold);
                } else {
                    victim.disk.releaseAll(); // nothing is written without a leader
                }
            }
            for (var victim : holds.keySet()) {
                kill(victim, round);
            }
            for (var victim : holds.keySet()) {
                victim.start();
                assertThat(victim.isQuarantined()).as("node %d", victim.id()).isFalse();
            }
            network.heal();
        }

        private void awaitProgress() {
            int before = acknowledged.size();
            int more = 20 + random.nextInt(40);
            await().atMost(PATIENCE).until(() -> acknowledged.size() >= before + more);
        }

        private void maybeTakeCheckpoints() throws IOException {
            for (var node : cluster.nodes()) {
                if (random.nextInt(3) == 0 && node.takeCheckpoint() >= 0) {
                    checkpoints++;
                }
            }
        }

        private boolean isReached(Hold hold) {
            try {
                await().atMost(PATIENCE.dividedBy(10)).until(hold::isReached);
                return true;
            } catch (ConditionTimeoutException e) {
                return false;
            }
        }

        /**
         * While the force is held, Ratis' log worker waits for it: nothing that comes later is acknowledged by the node, and
         * everything that it has acknowledged is in the image.
         */
        private void kill(PartitionNodeFixture victim, int round) throws IOException {
            kills++;
            network.isolate(victim);
            var old = victim.directory();
            var image = victim.image("r" + round);
            victim.kill();
            var fate = FATES.get(random.nextInt(FATES.size()));
            var aged = old.resolveSibling("aged-" + victim.id());
            if (fate == IndexFate.NEWER) {
                ReplicaFiles.copyTree(old.resolve("index"), image.resolve("index"));
            } else if (fate == IndexFate.AGED && Files.exists(aged)) {
                ReplicaFiles.copyTree(aged, image.resolve("index"));
            }
            if (!Files.exists(aged)) {
                ReplicaFiles.copyTree(old.resolve("index"), aged);
            }
            victim.moveTo(image);
        }

        private void check() throws IOException {
            long end = cluster.appendSurely(PartitionCluster.batch("the end")).endOffset();
            cluster.awaitHighWatermark(end);
            var leader = cluster.leader();
            var values = leader.values();
            assertThat(new HashSet<>(values)).as("doubled").hasSize(values.size());
            acknowledged.forEach((value, offset) ->
                    assertThat(values.get(Math.toIntExact(offset))).isEqualTo(value));
            var bytes = ReplicaBytes.of(leader);
            for (var node : cluster.nodes()) {
                assertThat(ReplicaBytes.of(node)).isEqualTo(bytes);
                assertThat(node.sizeBytes()).isEqualTo(leader.sizeBytes());
                assertThat(node.halts).isEmpty();
            }
            assertThat(acknowledged.size()).isGreaterThan(rounds * 20);
        }
    }
}
