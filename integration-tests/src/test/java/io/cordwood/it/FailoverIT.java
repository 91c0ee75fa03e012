package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One node goes, by a crash or by intent: producers go on by themselves. */
class FailoverIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final int PARTITIONS = 6;
    private static @Nullable TestCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(3).start();
    }

    @Test
    void producersGoOnWhenTheLeaderIsKilled() {
        var topic = "killed";
        var cluster = cluster();
        cluster.createTopic(topic, PARTITIONS);

        try (var load = Load.start(cluster, topic, 3)) {
            load.awaitMore(2_000);
            int killed = cluster.leaderOf(topic, 0);
            cluster.kill(killed);
            assertThat(cluster.leadersOf(topic).values()).doesNotContain(killed);
            load.awaitMore(2_000);
            cluster.restart(killed);
            load.awaitMore(1_000);

            assertThat(load.finish().violations(cluster.readAll(topic))).isEmpty();
        }
        cluster.assertReplicasIdentical(topic);
    }

    @Test
    void stoppingNodeHandsItsLeadershipsOver() {
        var topic = "stopped";
        var cluster = cluster();
        cluster.createTopic(topic, PARTITIONS);

        try (var load = Load.start(cluster, topic, 2)) {
            load.awaitMore(1_000);
            int stopped = cluster.leaderOf(topic, 0);
            cluster.stop(stopped);
            load.awaitMore(1_000);

            assertThat(cluster.logOf(stopped)).containsPattern("handed over [1-9]\\d* of \\d+ leaderships");
            assertThat(cluster.leadersOf(topic)).hasSize(PARTITIONS).doesNotContainValue(stopped);
            assertThat(load.finish().violations(cluster.readAll(topic))).isEmpty();
            cluster.restart(stopped);
        }
    }

    /** Whole again after each test. */
    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }
}
