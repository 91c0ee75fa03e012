package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.AppendOutcome.Appended;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.statemachine.StateMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A leader, its own majority, has committed an entry that it does not come to apply. */
class CommittedEndTest {
    @TempDir
    Path directory;

    private final NodeTransport nobodyToAsk = new NodeTransport(1, id -> Optional.empty());
    private final AtomicBoolean holds = new AtomicBoolean();
    private final CountDownLatch committed = new CountDownLatch(1);
    private final CountDownLatch applies = new CountDownLatch(1);
    private PartitionCluster cluster;
    private PartitionNodeFixture leader;

    @BeforeEach
    void start() throws IOException {
        cluster = PartitionCluster.start(directory, 1, 2 << 10);
        leader = cluster.node(1);
        cluster.appendSurely(batch("a"));
        leader.stop();
        leader.stateMachines = this::held;
        leader.start();
        assertThat(cluster.leader()).isSameAs(leader);
        cluster.awaitHighWatermark(1);
    }

    @AfterEach
    void close() {
        applies.countDown();
        cluster.close();
    }

    private StateMachine held(StateMachine made) {
        return (StateMachine) Proxy.newProxyInstance(
                StateMachine.class.getClassLoader(),
                new Class<?>[] {StateMachine.class},
                (proxy, method, arguments) -> {
                    if (holds.get() && method.getName().equals("applyTransaction")) {
                        committed.countDown();
                        assertThat(applies.await(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS))
                                .isTrue();
                    }
                    try {
                        return method.invoke(made, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void leaderOfAPartitionIsConfirmedOnceItHasAppliedWhatOthersMayShow() throws Exception {
        holds.set(true);
        var appended = leader.replica().append(AppendRequest.of(batch("b")));
        assertThat(committed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(leader.replica().confirmLeadership(Duration.ofMillis(300)))
                .succeedsWithin(PATIENCE)
                .isEqualTo(Confirmation.UNANSWERED);
        var confirmed = leader.replica()
                .confirmLeadership(PATIENCE)
                .thenApply(
                        confirmation -> confirmation + " at " + leader.replica().highWatermark());
        assertThat(confirmed).isNotDone();
        applies.countDown();

        assertThat(confirmed).succeedsWithin(PATIENCE).isEqualTo("CONFIRMED at 2");
        assertThat(appended).succeedsWithin(PATIENCE).isInstanceOf(Appended.class);
    }

    @Test
    void leaderOfAnyGroupIsConfirmedOnceItHasAppliedWhatIsCommitted() throws Exception {
        var groups = new RaftGroups(leader.server(), new RatisClient(), nobodyToAsk.terms());
        var group = cluster.group.getGroupId();
        assertThat(groups.confirmLeadership(group, PATIENCE)).succeedsWithin(PATIENCE);
        holds.set(true);
        var appended = leader.replica().append(AppendRequest.of(batch("b")));
        assertThat(committed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        var late = groups.confirmLeadership(group, Duration.ofMillis(300));
        var inTime = groups.confirmLeadership(group, PATIENCE);
        assertThat(late).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(TimeoutException.class);
        assertThat(inTime).isNotDone();
        applies.countDown();

        assertThat(inTime).succeedsWithin(PATIENCE);
        assertThat(appended).succeedsWithin(PATIENCE).isInstanceOf(Appended.class);
    }
}
