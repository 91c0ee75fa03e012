package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.HoldingDisk.Moment;
import io.cordwood.raft.HoldingDisk.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
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
        BEFORE_CUT(Moment.before(Operation.TRUNCATE, ".log")),
        AFTER_CUT(Moment.after(Operation.TRUNCATE, ".log")),
        BEFORE_WRITE(Moment.before(Operation.WRITE, ".log")),
        AFTER_WRITE(Moment.after(Operation.WRITE, ".log")),
        BEFORE_SEGMENT_FORCE(Moment.before(Operation.FORCE, ".log")),
        BEFORE_HEADER_FORCE(Moment.after(Operation.FORCE, ".log"));

        @SuppressWarnings("ImmutableEnumChecker") // a record of values, which Error Prone does not see
        private final Moment moment;

        CrashPoint(Moment moment) {
            this.moment = moment;
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
    @EnumSource(
            value = CrashPoint.class,
            names = {"AFTER_CUT", "BEFORE_HEADER_FORCE"})
    void killWhileTheLogIsMendedHeals(CrashPoint point) throws Exception {
        killWhileTheLogIsMended(point);
    }

    @ParameterizedTest
    @EnumSource(
            value = CrashPoint.class,
            names = {"AFTER_CUT", "BEFORE_HEADER_FORCE"},
            mode = EnumSource.Mode.EXCLUDE)
    @Tag("nightly")
    void killAtAnotherStepWhileTheLogIsMendedHeals(CrashPoint point) throws Exception {
        killWhileTheLogIsMended(point);
    }

    private void killWhileTheLogIsMended(CrashPoint point) throws Exception {
        var hold = cutOff.disk.hold(point.moment);
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
