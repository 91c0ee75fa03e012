package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.HoldingDisk.Hold;
import io.cordwood.raft.HoldingDisk.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A leader that was cut off with entries that nobody else has. */
class PartitionConflictTest {
    private static final int SEGMENT_BYTES = 2 << 10;
    private static final int STALE_BATCHES = 30;

    @TempDir
    Path directory;

    private final Network network = new Network();
    private PartitionCluster cluster;
    private PartitionNodeFixture cutOff;
    private final List<CompletableFuture<AppendOutcome>> unacknowledged = new ArrayList<>();

    /** Where the cut-off node is killed while its log is mended. */
    enum CrashPoint {
        BEFORE_CUT(Operation.TRUNCATE, false),
        AFTER_CUT(Operation.TRUNCATE, true),
        BEFORE_WRITE(Operation.WRITE, false),
        AFTER_WRITE(Operation.WRITE, true),
        BEFORE_SEGMENT_FORCE(Operation.FORCE, false),
        BEFORE_HEADER_FORCE(Operation.FORCE, true);

        private final Operation operation;
        private final boolean after;

        CrashPoint(Operation operation, boolean after) {
            this.operation = operation;
            this.after = after;
        }

        Hold hold(HoldingDisk disk) {
            return after ? disk.holdAfter(operation, ".log") : disk.holdBefore(operation, ".log");
        }
    }

    @BeforeEach
    void cutOffALeaderWithEntriesOfItsOwn() throws Exception {
        cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES);
        cluster.appendSurely(batch("a"));
        cluster.awaitHighWatermark(1);
        cutOff = cluster.leader();
        network.isolate(cutOff);
        for (int i = 0; i < STALE_BATCHES; i++) {
            unacknowledged.add(cutOff.replica().append(AppendRequest.of(batch("stale" + i, "x".repeat(200)))));
        }
        await().atMost(PATIENCE).until(() -> cutOff.sizeBytes() > 1_000);
        var elected = cluster.leaderAmong(cluster.othersThan(cutOff));
        for (int i = 0; i < 7; i++) {
            assertThat(append(elected, batch("b" + i))).isInstanceOf(Appended.class);
        }
    }

    @AfterEach
    void close() {
        network.close();
        cluster.close();
    }

    @Test
    void staleEntriesAreGoneAfterTheHeal() throws Exception {
        network.heal();

        cluster.appendSurely(batch("c"));

        assertReplicasIdentical();
        for (var outcome : unacknowledged) {
            assertThat(outcome.get()).isNotInstanceOf(Appended.class);
        }
    }

    @ParameterizedTest
    @EnumSource(CrashPoint.class)
    void killWhileTheLogIsMendedHeals(CrashPoint point) throws Exception {
        var hold = point.hold(cutOff.disk);
        network.heal();
        await().atMost(PATIENCE).until(hold::isReached);
        var image = cutOff.image(point.name());
        cutOff.restartFrom(image);

        cluster.appendSurely(batch("c"));

        assertReplicasIdentical();
    }

    private void assertReplicasIdentical() throws IOException {
        cluster.awaitHighWatermark(9);
        var expected = cluster.leader().values();
        assertThat(expected).containsExactly("a", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "c");
        for (var node : cluster.nodes()) {
            assertThat(node.values()).isEqualTo(expected);
            assertThat(ReplicaBytes.of(node)).isEqualTo(ReplicaBytes.of(cluster.leader()));
            assertThat(node.halts).isEmpty();
            assertThat(node.replica().sizeBytes())
                    .isEqualTo(cluster.leader().replica().sizeBytes());
        }
    }
}
