package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static io.cordwood.raft.PartitionCluster.batchOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.TimestampType;
import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.HoldingDisk.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionGroupTest {
    private static final int SEGMENT_BYTES = 16 << 10;

    @TempDir
    Path directory;

    @Test
    void appendedBatchIsReadOnEveryReplica() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var first = append(cluster.leader(), batch("a", "b"));
            var second = append(cluster.leader(), batch("c"));

            assertThat(first).isInstanceOfSatisfying(Appended.class, appended -> {
                assertThat(appended.baseOffset()).isZero();
                assertThat(appended.endOffset()).isEqualTo(2);
                assertThat(appended.leaderEpoch()).isGreaterThan(7);
            });
            assertThat(second)
                    .isInstanceOfSatisfying(
                            Appended.class,
                            appended -> assertThat(appended.baseOffset()).isEqualTo(2));
            cluster.awaitHighWatermark(3);
            for (var node : cluster.nodes()) {
                assertThat(node.values()).containsExactly("a", "b", "c");
            }
        }
    }

    /** Whoever looks after all groups meets such a one: it still says that it leads. */
    @Test
    void groupThatIsClosedBesideALookHasNoNewestEntry() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 1, SEGMENT_BYTES)) {
            var leader = cluster.leader();
            append(leader, batch("a"));
            var division = leader.server().getDivision(cluster.group.getGroupId());
            assertThat(RaftGroups.lastEntry(division)).isPresent();

            leader.stop();

            assertThat(division.getInfo().isLeader()).isTrue();
            assertThat(RaftGroups.lastEntry(division)).isEmpty();
            assertThat(Followers.of(division)).isEmpty();
        }
    }

    @Test
    void followerRefusesBatches() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var leader = cluster.leader();
            var follower = cluster.othersThan(leader).get(0);

            assertThat(append(follower, batch("a"))).isInstanceOf(AppendOutcome.NotLeader.class);
        }
    }

    @Test
    void duplicateBatchAnswersOriginalOffset() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var leader = cluster.leader();
            append(leader, batchOf(9, 0, "a"));
            append(leader, batchOf(9, 1, "b"));

            assertThat(append(leader, batchOf(9, 0, "a"))).isInstanceOfSatisfying(Appended.class, appended -> {
                assertThat(appended.duplicate()).isTrue();
                assertThat(appended.baseOffset()).isZero();
            });
            assertThat(append(leader, batchOf(9, 5, "f"))).isEqualTo(new AppendOutcome.OutOfOrderSequence(9, 2, 5));
            assertThat(leader.values()).containsExactly("a", "b");
        }
    }

    @Test
    void producerStateSurvivesRestartOfAllAndChangeOfLeader() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            cluster.appendSurely(batchOf(9, 0, "a"));
            cluster.appendSurely(batchOf(9, 1, "b"));
            cluster.stopAll();
            for (var node : cluster.nodes()) {
                node.start();
            }

            assertThat(cluster.appendSurely(batchOf(9, 1, "b")).duplicate()).isTrue();
            assertThat(cluster.appendSurely(batchOf(9, 2, "c")).baseOffset()).isEqualTo(2);
            cluster.awaitHighWatermark(3);
            assertThat(cluster.leader().values()).containsExactly("a", "b", "c");
        }
    }

    @Test
    void conditionalAppendComparesWithTheTail() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var replica = cluster.leader().replica();
            append(cluster.leader(), batch("a"));

            var late = replica.append(new AppendRequest(batch("b"), TimestampType.CREATE_TIME, OptionalLong.of(0)))
                    .get();
            var fitting = replica.append(new AppendRequest(batch("c"), TimestampType.CREATE_TIME, OptionalLong.of(1)))
                    .get();

            assertThat(late).isEqualTo(new AppendOutcome.EndOffsetMismatch(0, 1));
            assertThat(fitting).isInstanceOf(Appended.class);
        }
    }

    @Test
    void noAckBeforeTheSegmentsOfAMajorityAreForced() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var leader = cluster.leader();
            append(leader, batch("a"));
            var followers = cluster.othersThan(leader);
            var holds = followers.stream()
                    .map(node -> node.disk.holdBefore(Operation.FORCE, ".log"))
                    .toList();

            var waiting = leader.replica().append(AppendRequest.of(batch("b")));
            await().atMost(PATIENCE).until(() -> holds.stream().allMatch(HoldingDisk.Hold::isReached));
            await().during(Duration.ofMillis(500)).until(() -> !waiting.isDone());
            followers.get(0).disk.releaseAll();

            assertThat(waiting.get()).isInstanceOf(Appended.class);
        }
    }

    @Test
    void noAckBeforeTheLeadersOwnSegmentIsForced() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var leader = cluster.leader();
            append(leader, batch("a"));
            var hold = leader.disk.holdBefore(Operation.FORCE, ".log");

            var waiting = leader.replica().append(AppendRequest.of(batch("b")));
            await().atMost(PATIENCE).until(hold::isReached);
            await().during(Duration.ofMillis(500)).until(() -> !waiting.isDone());
            leader.disk.releaseAll();

            assertThat(waiting.get()).isInstanceOf(Appended.class);
        }
    }

    @Test
    void laggingFollowerIsFedFromSegmentFiles() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var leader = cluster.leader();
            var follower = cluster.othersThan(leader).get(0);
            append(leader, batch("a"));
            follower.stop();
            var large = "x".repeat(8 << 10);
            for (int i = 0; i < 32; i++) {
                append(leader, batch(large + i)); // four times the window in memory
            }
            follower.start();

            cluster.awaitHighWatermark(33);
            assertThat(follower.values()).isEqualTo(leader.values());
            assertThat(ReplicaBytes.of(follower)).isEqualTo(ReplicaBytes.of(leader));
            assertThat(follower.halts).isEmpty();
        }
    }

    @Test
    void restartedLeaderFeedsFollowersFromSegmentFiles() throws Exception {
        try (var cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES)) {
            var late = cluster.othersThan(cluster.leader()).get(0);
            cluster.appendSurely(batch("a"));
            late.stop();
            for (int i = 0; i < 20; i++) {
                cluster.appendSurely(batch("b" + i));
            }
            cluster.stopAll();
            for (var node : cluster.nodes()) {
                node.start();
            }

            cluster.appendSurely(batch("c"));
            cluster.awaitHighWatermark(22);
            assertThat(late.values()).hasSize(22).startsWith("a", "b0").endsWith("c");
        }
    }
}
