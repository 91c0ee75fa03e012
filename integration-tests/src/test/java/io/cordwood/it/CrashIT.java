package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** All nodes killed at once, under load: what was acknowledged is there, once, at its place. */
class CrashIT {
    private static final String TOPIC = "events";
    private static final int PARTITIONS = 4;
    private static final int PRODUCERS = 3;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    void acknowledgedRecordsSurviveACrashOfAllNodes() {
        surviveCrashes(1);
    }

    @Test
    @Tag("nightly")
    void acknowledgedRecordsSurviveTwentyCrashesOfAllNodes() {
        surviveCrashes(20);
    }

    private void surviveCrashes(int crashes) {
        var cluster = clusters.of(3)
                .withSettings("--log.segment-max-bytes=256KiB", "--batch.max-bytes=256KiB")
                .start();
        cluster.createTopic(TOPIC, PARTITIONS);

        try (var load = Load.start(cluster, TOPIC, PRODUCERS)) {
            for (int crash = 1; crash <= crashes; crash++) {
                load.awaitMore(2_000);
                cluster.killAll();
                var acknowledged = load.ledger();
                cluster.restartAll();
                assertThat(acknowledged.violations(cluster.readAll(TOPIC)))
                        .as("after crash %d", crash)
                        .isEmpty();
            }
            load.awaitMore(1_000);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }
}
