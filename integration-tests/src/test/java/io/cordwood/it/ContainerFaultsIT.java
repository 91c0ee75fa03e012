package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.NewTopic;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What befalls containers, under load: no acknowledged record is lost, none is there twice, and the caller
 * of the producers hears of no error.
 */
@Tag("containers")
@Tag("nightly")
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class ContainerFaultsIT {
    private static final String TOPIC = "events";
    private static final String TIMED_TOPIC = "timed";
    private static final int PARTITIONS = 6;
    private static final int PRODUCERS = 2;
    private static final int TIMED_PER_SECOND = 100;
    private static final Duration WARM_UP = Duration.ofSeconds(30);
    private static final int TIMED_BYTES = 200;

    @RegisterExtension
    final ComposeNodes nodes = ComposeNodes.ofTest(DockerCompose::withNetworkOfNodes);

    private DockerCompose compose;
    private CordwoodClient client;
    private ServedCluster cluster;

    @BeforeEach
    void startNodes() {
        compose = nodes.compose();
        var took = compose.up();
        System.out.printf("healthy after %.1f s%n", took.toMillis() / 1_000.0);
        client = CordwoodClient.connect(DockerCompose.BOOTSTRAP.split(","));
        cluster = new ServedCluster(client);
        createTopic(TOPIC);
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void pausedLeaderIsReplacedAndFollowsAfterwards() {
        try (var load = startLoad()) {
            int leader = cluster.leaderOf(TOPIC, 0);
            compose.containers().pause(service(leader));
            awaitNoLeadershipOf(leader);
            load.awaitMore(3_000);
            compose.containers().unpause(service(leader));
            compose.awaitHealthy();
            load.awaitMore(2_000);

            assertNothingLostNorTwice(load);
        }
    }

    /** Clients still reach it, and it can keep no promise. */
    @Test
    void leaderThatIsCutOffFromTheOtherNodesIsReplacedAndFollowsAfterwards() {
        try (var load = startLoad()) {
            int leader = cluster.leaderOf(TOPIC, 0);
            compose.cutOff(service(leader));
            awaitNoLeadershipOf(leader);
            load.awaitMore(3_000);
            compose.reconnect(service(leader));
            load.awaitMore(2_000);

            assertNothingLostNorTwice(load);
        }
    }

    @Test
    void killedLeaderIsReplacedAndComesBackWithItsData() {
        try (var load = startLoad()) {
            int leader = cluster.leaderOf(TOPIC, 0);
            compose.containers().kill(service(leader));
            awaitNoLeadershipOf(leader);
            load.awaitMore(3_000);
            compose.containers().start(service(leader));
            compose.awaitHealthy();
            load.awaitMore(2_000);

            assertNothingLostNorTwice(load);
        }
    }

    @Test
    void containerMadeAnewGoesOnWithTheVolumeOfTheOld() {
        try (var load = startLoad()) {
            int leader = cluster.leaderOf(TOPIC, 0);
            compose.containers().remove(service(leader));
            awaitNoLeadershipOf(leader);
            load.awaitMore(1_000);
            compose.up();
            load.awaitMore(2_000);

            assertNothingLostNorTwice(load);
        }
    }

    @Test
    void allNodesKilledAtOnceComeBackWithTheirData() {
        try (var load = startLoad()) {
            compose.containers().kill(DockerCompose.NODES.toArray(String[]::new));
            var acknowledged = load.ledger();
            compose.up();

            assertThat(acknowledged.violations(cluster.readAll(TOPIC))).isEmpty();
            load.awaitMore(2_000);
            assertNothingLostNorTwice(load);
        }
    }

    /** By the script that people use. At a pace that the processors of a small machine keep up with. */
    @Test
    void callersDoNotNoticeARollingRestart() {
        createTopic(TIMED_TOPIC);
        try (var load = Load.light(DockerCompose.BOOTSTRAP, TOPIC);
                var timed = OpenLoop.start(DockerCompose.BOOTSTRAP, TIMED_TOPIC, TIMED_PER_SECOND, TIMED_BYTES)) {
            timed.await(WARM_UP);
            timed.percentilesMs();
            timed.await(Duration.ofSeconds(20));
            var before = timed.percentilesMs(50, 99, 100);
            long begin = System.nanoTime();

            compose.rollingRestart();

            var during = timed.percentilesMs(50, 99, 100);
            System.out.printf(
                    "rolling restart of 3 nodes in %d s: acknowledged after %s, before it %s%n",
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin),
                    milliseconds(during),
                    milliseconds(before));
            load.awaitMore(1_000);
            assertThat(timed.finish()).isPositive();
            assertNothingLostNorTwice(load);
        }
    }

    private static String milliseconds(double[] percentiles) {
        return "p50 %.0f ms, p99 %.0f ms, at most %.0f ms".formatted(percentiles[0], percentiles[1], percentiles[2]);
    }

    private void createTopic(String name) {
        client.admin().createTopic(NewTopic.of(name).withPartitions(PARTITIONS).withReplicas(3));
    }

    private static Load startLoad() {
        var load = Load.start(DockerCompose.BOOTSTRAP, TOPIC, PRODUCERS);
        load.awaitMore(2_000);
        return load;
    }

    private void awaitNoLeadershipOf(int node) {
        TestCluster.soon().until(() -> !cluster.leadersOf(TOPIC).containsValue(node));
    }

    private void assertNothingLostNorTwice(Load load) {
        var ledger = load.finish();
        System.out.printf("%d records acknowledged%n", ledger.size());
        assertThat(ledger.violations(cluster.readAll(TOPIC))).isEmpty();
        assertThat(cluster.awaitSettled(TOPIC)).hasSize(PARTITIONS);
    }

    private static String service(int node) {
        return DockerCompose.NODES.get(node - 1);
    }
}
