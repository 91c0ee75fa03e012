package io.cordwood.server.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.PartitionId;
import io.cordwood.raft.AppendRequest;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.group.CommitEnds.Patience;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.cordwood.server.partition.FakeReplicas;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** When the leader of a partition is asked where it ends; the test answers for it. */
final class CommitEndsTest {
    private static final Duration FOREVER = Duration.ofHours(1);
    private static final Duration AT_ONCE = Duration.ZERO;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final FakeCluster cluster = FakeCluster.of(3);
    private final FakeReplicas replicas = new FakeReplicas(cluster);
    private final List<CompletableFuture<Long>> questions = new CopyOnWriteArrayList<>();
    private CommitEnds ends = withPatience(FOREVER, FOREVER);

    CommitEndsTest() {
        cluster.createTopic("orders", 1, 3);
    }

    private CommitEnds withPatience(Duration replica, Duration leader) {
        return new CommitEnds(
                replicas,
                partition -> {
                    var question = new CompletableFuture<Long>();
                    questions.add(question);
                    return question;
                },
                new Patience(replica, leader));
    }

    private PartitionId id() {
        return new PartitionId(cluster.topicId("orders"), 0);
    }

    private CompletableFuture<SortedMap<PartitionId, Long>> endsFor(long... offsets) {
        var commits = new ArrayList<CommitEnds.Commit>();
        for (long offset : offsets) {
            var name = new TopicPartition("orders", 0);
            commits.add(new CommitEnds.Commit(name, new PartitionOffset(id(), offset, -1, "")));
        }
        return ends.of(commits);
    }

    private static void append(FakeReplica replica) {
        assertThat(replica.append(AppendRequest.of(RecordBatch.of(Batches.of("value")))))
                .isDone();
    }

    @Test
    void whatTheReplicaHereKnowsIsNotAskedFor() {
        append(replicas.add("orders", 0));

        assertThat(endsFor(0, 1)).isCompletedWithValueMatching(Map::isEmpty);
        assertThat(questions).isEmpty();
    }

    @Test
    void followerThatLagsIsWaitedForAndItsLeaderIsNotAsked() {
        var follower = replicas.add("orders", 0).ledBy(2, 1);
        append(follower);

        var answer = endsFor(2);
        assertThat(answer).isNotDone();
        append(follower);

        assertThat(answer).isCompletedWithValueMatching(Map::isEmpty);
        assertThat(questions).isEmpty();
        assertThat(follower.listenerCount()).isZero();
    }

    @Test
    void leaderIsAskedWhereTheFollowerDoesNotGetThere() {
        ends = withPatience(AT_ONCE, FOREVER);
        replicas.add("orders", 0).ledBy(2, 1);

        var answer = endsFor(2);
        await().until(() -> questions.size() == 1);
        questions.get(0).complete(1L);

        assertThat(answer).succeedsWithin(SOON).isEqualTo(Map.of(id(), 1L));
    }

    @Test
    void endThatWasToldIsRememberedAndAskedForBeyondItOnly() {
        var first = endsFor(5);
        questions.get(0).complete(7L);

        assertThat(first).isCompleted();
        assertThat(endsFor(7)).isCompletedWithValueMatching(Map::isEmpty);
        assertThat(endsFor(8)).isNotDone();
        assertThat(questions).hasSize(2);
    }

    @Test
    void commitsThatComeWhileTheLeaderIsAskedShareTheNextQuestion() {
        var first = endsFor(5);
        var second = endsFor(6);
        var third = endsFor(7);
        assertThat(questions).hasSize(1);

        questions.get(0).complete(5L);
        assertThat(first).isCompleted();
        assertThat(second).isNotDone();
        assertThat(questions).hasSize(2);
        questions.get(1).complete(6L);

        assertThat(second).isCompletedWithValueMatching(found -> found.equals(Map.of(id(), 6L)));
        assertThat(third).isCompletedWithValueMatching(found -> found.equals(Map.of(id(), 6L)));
        assertThat(endsFor(8)).isNotDone();
        assertThat(questions).hasSize(3);
    }

    @Test
    void nothingIsToldWhereTheLeaderFailsOrIsSilent() {
        var failed = endsFor(5);
        questions.get(0).completeExceptionally(new IllegalStateException("no leader"));
        assertThat(failed).isCompletedWithValueMatching(Map::isEmpty);

        ends = withPatience(FOREVER, AT_ONCE);
        assertThat(endsFor(5)).succeedsWithin(SOON).matches(Map::isEmpty);
        assertThat(endsFor(6)).succeedsWithin(SOON).matches(Map::isEmpty);
        assertThat(questions).hasSize(3);
    }
}
