package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One node goes, by a crash or by intent: producers go on by themselves. */
class FailoverIT {
    private static final String TOPIC = "events";
    private static final int PARTITIONS = 6;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    void producersGoOnWhenTheLeaderIsKilled() {
        var cluster = clusters.of(3).start();
        cluster.createTopic(TOPIC, PARTITIONS);

        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(2_000);
            int killed = cluster.leaderOf(TOPIC, 0);
            cluster.kill(killed);
            assertThat(cluster.leadersOf(TOPIC).values()).doesNotContain(killed);
            load.awaitMore(2_000);
            cluster.restart(killed);
            load.awaitMore(1_000);

            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    @Test
    void stoppingNodeHandsItsLeadershipsOver() {
        var cluster = clusters.of(3).start();
        cluster.createTopic(TOPIC, PARTITIONS);

        try (var load = Load.start(cluster, TOPIC, 2)) {
            load.awaitMore(1_000);
            int stopped = cluster.leaderOf(TOPIC, 0);
            cluster.stop(stopped);
            load.awaitMore(1_000);

            assertThat(cluster.logOf(stopped)).containsPattern("handed over [1-9]\\d* of \\d+ leaderships");
            assertThat(cluster.leadersOf(TOPIC)).hasSize(PARTITIONS).doesNotContainValue(stopped);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
    }
}
