package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.PartitionDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Replicas and directories that processes have lost are built again from those of the others, while records
 * come in.
 */
class RebuildIT {
    private static final String TOPIC = "events";

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    private TestCluster start() {
        var cluster = clusters.of(3)
                .withSettings(
                        "--log.segment-max-bytes=256KiB",
                        "--batch.max-bytes=256KiB",
                        "--raft.checkpoint-bytes=256KiB",
                        "--raft.checkpoint-interval=1s",
                        "--raft.segment-max-bytes=4KiB",
                        "--raft.preserved-entries=16")
                .start();
        cluster.createTopic(TOPIC, 2);
        return cluster;
    }

    @Test
    void replicaThatLostASegmentIsRebuiltUnderLoad() throws IOException {
        var cluster = start();
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(3_000);
            int victim = followerOf(cluster);
            cluster.kill(victim);
            var segments = cluster.replica(victim, TOPIC, 0).files();
            Files.delete(segments.get(segments.size() / 2));
            load.awaitMore(500);

            cluster.begin(victim);

            awaitRebuilt(cluster, victim);
            load.awaitMore(500);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    @Test
    void nodeWithAnEmptiedDirectoryIsReplacedByCommandAndRebuildsWhatItHad() throws IOException {
        var cluster = start();
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(3_000);
            int victim = followerOf(cluster);
            cluster.kill(victim);
            empty(cluster.dataDirectory(victim));
            cluster.begin(victim);
            TestCluster.soon().until(() -> cluster.logOf(victim).contains("cordwood cluster replace-node " + victim));
            cluster.awaitDead(victim);

            cluster.admin().replaceNode(victim);

            cluster.awaitReady(victim);
            awaitRebuilt(cluster, victim);
            load.awaitMore(500);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    private static int followerOf(TestCluster cluster) {
        int leader = cluster.leaderOf(TOPIC, 0);
        return cluster.nodeIds().stream()
                .filter(node -> node != leader)
                .findFirst()
                .orElseThrow();
    }

    /** As an operator sees it. */
    private static void awaitRebuilt(TestCluster cluster, int node) {
        TestCluster.soon()
                .until(() -> replicasOn(cluster, node).stream()
                        .allMatch(replica -> replica.change().isEmpty()
                                && replica.highWatermark().isPresent()));
    }

    private static List<PartitionDescription.Replica> replicasOn(TestCluster cluster, int node) {
        return cluster.admin().partitions(TOPIC).stream()
                .flatMap(partition -> partition.replicas().stream())
                .filter(replica -> replica.nodeId() == node)
                .toList();
    }

    private static void empty(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(directory)) {
                    Files.delete(file);
                }
            }
        }
    }
}
