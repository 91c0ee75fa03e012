package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.it.LoopDisk.PowerLoss;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The end of a process leaves the page cache alone; the loss of power does not. Nodes on disks of their
 * own lose it under load: every acknowledged record is there afterwards, once, at its place, and
 * producers go on by themselves.
 */
class PowerLossIT {
    private static final String TOPIC = "events";
    private static final int PARTITIONS = 4;
    private static final int PRODUCERS = 2;
    private static final int NODES = 3;
    private static final int LOSSES = 4;

    @RegisterExtension
    @Order(1)
    final Clusters clusters = Clusters.ofTest();

    @RegisterExtension
    @Order(2)
    final LoopDisks disks = new LoopDisks();

    @Test
    void acknowledgedRecordsSurviveALossOfPowerOfOneNodeAndOfAll() {
        survive(List.of(1, NODES), PowerLoss.JOURNAL_LOST);
    }

    @ParameterizedTest
    @Tag("nightly")
    @CsvSource({
        "1, JOURNAL_LOST",
        "1, JOURNAL_WRITTEN",
        "2, JOURNAL_LOST",
        "2, JOURNAL_WRITTEN",
        "3, JOURNAL_LOST",
        "3, JOURNAL_WRITTEN"
    })
    void acknowledgedRecordsSurviveLossesOfPower(int nodes, PowerLoss how) {
        survive(Collections.nCopies(LOSSES, nodes), how);
    }

    /** @param losses so many nodes lose their power at once; which, changes from time to time */
    private void survive(List<Integer> losses, PowerLoss how) {
        var cluster = startedCluster();
        try (var load = Load.start(cluster, TOPIC, PRODUCERS)) {
            for (int loss = 0; loss < losses.size(); loss++) {
                load.awaitMore(1_000);
                losePower(cluster, load, victims(losses.get(loss), loss), how);
                assertThat(load.ledger().violations(cluster.readAll(TOPIC)))
                        .as("after loss %d", loss + 1)
                        .isEmpty();
            }
            load.awaitMore(500);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    /**
     * Small files, so that there are many to be made and forced: segments, checkpoints, raft logs that
     * are purged.
     */
    private TestCluster startedCluster() {
        var cluster = clusters.of(NODES)
                .withSettings(
                        "--log.segment-max-bytes=256KiB",
                        "--batch.max-bytes=256KiB",
                        "--raft.checkpoint-bytes=64KiB",
                        "--raft.segment-max-bytes=4KiB",
                        "--raft.preserved-entries=16");
        disks.mount(cluster, IntStream.rangeClosed(1, NODES).toArray());
        cluster.start();
        cluster.createTopic(TOPIC, PARTITIONS);
        return cluster;
    }

    private static int[] victims(int count, int loss) {
        return IntStream.range(0, count).map(i -> (loss + i) % NODES + 1).toArray();
    }

    private void losePower(TestCluster cluster, Load load, int[] victims, PowerLoss how) {
        disks.losePower(how, victims);
        for (int victim : victims) {
            TestCluster.soon().until(() -> !cluster.isRunning(victim));
            assertThat(cluster.logOf(victim)).contains("node " + victim + " stops: ");
        }
        if (victims.length <= NODES / 2) {
            load.awaitMore(500);
        }
        disks.restorePower(victims);
        Arrays.stream(victims).forEach(cluster::begin);
        cluster.awaitReady(victims);
    }
}
