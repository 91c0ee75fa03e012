package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.append;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.raft.AppendOutcome.Appended;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three replicas of a partition; the one that leads asks whether it still does. */
class LeaderConfirmationTest {
    private static final int SEGMENT_BYTES = 2 << 10;

    @TempDir
    Path directory;

    private final Network network = new Network();
    private PartitionCluster cluster;
    private PartitionNodeFixture leader;

    @BeforeEach
    void start() throws IOException {
        cluster = PartitionCluster.start(directory, 3, SEGMENT_BYTES);
        cluster.appendSurely(batch("a"));
        cluster.awaitHighWatermark(1);
        leader = cluster.leader();
    }

    @AfterEach
    void close() {
        network.close();
        cluster.close();
    }

    private static Confirmation confirm(PartitionNodeFixture node) throws Exception {
        return node.replica().confirmLeadership(PATIENCE).get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private void awaitConfirmation() {
        await().atMost(PATIENCE).until(() -> {
            leader = cluster.leader();
            return confirm(leader) == Confirmation.CONFIRMED;
        });
    }

    private PartitionNodeFixture electAnother() throws Exception {
        var elected = cluster.leaderAmong(cluster.othersThan(leader));
        assertThat(append(elected, batch("b"))).isInstanceOf(Appended.class);
        return elected;
    }

    @Test
    void leaderIsConfirmedAndAFollowerIsNot() throws Exception {
        awaitConfirmation();

        assertThat(leader.replica().highWatermark()).isEqualTo(1);
        assertThat(confirm(cluster.othersThan(leader).get(0))).isEqualTo(Confirmation.NOT_LEADER);
    }

    @Test
    void leaderOfAMajorityIsConfirmedWithoutTheThird() throws Exception {
        cluster.othersThan(leader).get(0).stop();

        awaitConfirmation();
    }

    @Test
    void leaderThatIsCutOffIsNotConfirmedAlthoughItWasBefore() throws Exception {
        network.cutsQuestionsIn(cluster);
        awaitConfirmation();

        network.isolate(leader);

        assertThat(confirm(leader)).isNotEqualTo(Confirmation.CONFIRMED);
        var elected = electAnother();
        assertThat(confirm(leader)).isNotEqualTo(Confirmation.CONFIRMED);
        assertThat(leader.replica().highWatermark()).isEqualTo(1);
        assertThat(confirm(elected)).isEqualTo(Confirmation.CONFIRMED);
        assertThat(elected.replica().highWatermark()).isEqualTo(2);
    }

    @Test
    void leaderThatWasCutOffFollowsAfterTheHealAndSaysSo() throws Exception {
        network.cutsQuestionsIn(cluster);
        network.isolate(leader);
        electAnother();

        network.heal();

        cluster.awaitHighWatermark(2);
        await().atMost(PATIENCE).until(() -> !leader.leads());
        assertThat(confirm(leader)).isEqualTo(Confirmation.NOT_LEADER);
        awaitConfirmation();
    }

    @Test
    void questionThatReachesVotersOfALaterTermTellsALeaderThatItIsDeposed() throws Exception {
        long term = leader.replica().leadership().term();
        network.isolate(leader);
        electAnother();
        var transport = new NodeTransport(leader.id(), cluster::addressOf);
        try {
            // As if it had not stepped down by now: Ratis does, without an answer from a majority.
            var asked = askOver(transport, term, CompletableFuture.failedFuture(new IOException("no majority")));

            assertThat(asked).succeedsWithin(PATIENCE).isEqualTo(Confirmation.NOT_LEADER);
        } finally {
            transport.close();
        }
    }

    @Test
    void leaderOfAnyGroupIsConfirmedByTerms() throws Exception {
        network.cutsQuestionsIn(cluster);
        awaitConfirmation();
        var transport = new NodeTransport(leader.id(), cluster::addressOf);
        try {
            var groups = new RaftGroups(leader.server(), new RatisClient(), transport.terms());
            await().atMost(PATIENCE)
                    .until(() -> groups.confirmLeadership(cluster.group.getGroupId(), PATIENCE)
                            .handle((reply, failure) -> failure == null)
                            .get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS));

            network.isolate(leader);

            // Ratis would confirm it: it was, and nothing has been appended since.
            assertThat(groups.confirmLeadership(cluster.group.getGroupId(), PATIENCE))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .withMessageContaining("no majority confirms");
        } finally {
            transport.close();
        }
    }

    @Test
    void membersWithAnEarlierProgramAreLeftToRatis() throws Exception {
        var earlier = serverWithoutMethods();
        var transport = new NodeTransport(leader.id(), id -> Optional.of("127.0.0.1:" + earlier.getPort()));
        long term = leader.replica().leadership().term();
        try {
            var confirmed = askOver(transport, term, CompletableFuture.completedFuture("yes"));
            var not = askOver(transport, term, CompletableFuture.failedFuture(new IOException("no majority")));

            assertThat(confirmed.get(60, TimeUnit.SECONDS)).isEqualTo(Confirmation.CONFIRMED);
            assertThat(not.get(60, TimeUnit.SECONDS)).isEqualTo(Confirmation.UNANSWERED);
        } finally {
            transport.close();
            earlier.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        }
    }

    private CompletableFuture<Confirmation> askOver(NodeTransport transport, long term, CompletableFuture<?> readIndex)
            throws IOException {
        var division = leader.server().getDivision(cluster.group.getGroupId());
        return LeaderConfirmation.of(
                division, term, new TermQuestions(transport), Duration.ofSeconds(30), () -> readIndex);
    }

    private static Server serverWithoutMethods() throws IOException {
        return new NodeTransport(0, id -> Optional.empty())
                .customize(
                        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        RaftTimings.DEFAULT)
                .build()
                .start();
    }
}
