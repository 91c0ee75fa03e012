package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.PartitionDescription;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
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
        var cluster = start(3);
        cluster.createTopic(TOPIC, 2);
        return cluster;
    }

    private TestCluster start(int nodes) {
        return clusters.of(nodes)
                .withSettings(
                        "--log.segment-max-bytes=256KiB",
                        "--batch.max-bytes=256KiB",
                        "--raft.checkpoint-bytes=256KiB",
                        "--raft.checkpoint-interval=1s",
                        "--raft.segment-max-bytes=4KiB",
                        "--raft.preserved-entries=16")
                .start();
    }

    @Test
    @Tag("nightly")
    void replicaThatLostASegmentIsRebuiltUnderLoad() throws IOException {
        var cluster = start();
        int victim = followerOf(cluster);
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(3_000);
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
        assertThat(cluster.logOf(victim))
                .contains("set aside in", "node " + victim + " has no replica any more", "which this one joins");
        assertThat(logs(cluster))
                .contains("node " + victim + ", whose replica is LOST, is taken out of the raft group")
                .contains("node " + victim + " is fed, and becomes a member of the raft group then")
                .contains("node " + victim + " has caught up and is a member of the raft group");
        assertThat(metrics(cluster, victim))
                .contains("cordwood_node_replicas_lost 0.0")
                .doesNotContain("cordwood_catchup_installations_total 0.0");
    }

    @Test
    @Tag("nightly")
    void nodeWithAnEmptiedDirectoryIsReplacedByCommandAndRebuildsWhatItHad() {
        var cluster = start();
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(3_000);
            int victim = followerOf(cluster);
            cluster.kill(victim);
            cluster.files(victim).empty();
            cluster.begin(victim);
            TestCluster.soon().until(() -> cluster.logOf(victim).contains("cordwood cluster replace-node " + victim));
            cluster.awaitDead(victim);
            cluster.kill(victim);

            cordwood(cluster, "cluster", "replace-node", Integer.toString(victim), "--yes");
            TestCluster.soon()
                    .until(() -> replicasOn(cluster, victim).stream()
                            .allMatch(replica ->
                                    replica.change().equals(Optional.of(PartitionDescription.ReplicaChange.JOINING))));
            assertThat(cordwood(cluster, "topic", "describe", TOPIC)).contains("joining");
            assertThat(cordwood(cluster, "cluster")).contains("joining");
            cluster.begin(victim);

            cluster.awaitReady(victim);
            awaitRebuilt(cluster, victim);
            load.awaitMore(500);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    @Test
    @Tag("nightly")
    void replicaOfADeadNodeIsMovedByCommandAndMayComeBack() {
        var cluster = start(4);
        cluster.createTopic(TOPIC, 1, 3, Map.of());
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(3_000);
            int dead = followerOf(cluster);
            int taker = cluster.nodeIds().stream()
                    .filter(node -> !replicas(cluster).contains(node))
                    .findFirst()
                    .orElseThrow();
            cluster.kill(dead);

            cordwood(cluster, move(dead, taker));

            awaitMoved(cluster, dead, taker);
            load.awaitMore(500);
            cluster.restart(dead);
            TestCluster.soon()
                    .until(() -> command(cluster, move(taker, dead)).exitCode() == 0); // refused until it is alive
            awaitMoved(cluster, taker, dead);
            load.awaitMore(500);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
            var left = cluster.replica(taker, TOPIC, 0).directory();
            TestCluster.soon().until(() -> !Files.exists(left));
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    private static String[] move(int from, int to) {
        return new String[] {"partition", "move-replica", TOPIC, "0", Integer.toString(from), Integer.toString(to)};
    }

    private static void awaitMoved(TestCluster cluster, int from, int to) {
        TestCluster.soon()
                .until(() -> replicasOn(cluster, from).isEmpty()
                        && replicas(cluster).contains(to)
                        && replicasOn(cluster, to).get(0).change().isEmpty());
    }

    private static List<Integer> replicas(TestCluster cluster) {
        return cluster.admin().topic(TOPIC).partitions().get(0).replicas();
    }

    /** What an operator types; returns what is printed, with the notices. */
    private static String cordwood(TestCluster cluster, String... words) {
        var result = command(cluster, words);
        assertThat(result.exitCode()).as(result.toString()).isZero();
        return result.out() + result.err();
    }

    private static Command.Result command(TestCluster cluster, String... words) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--bootstrap", cluster.bootstrap()));
        return Command.cordwood(all.toArray(String[]::new)).run();
    }

    private static String logs(TestCluster cluster) {
        return cluster.nodeIds().stream().map(cluster::logOf).collect(Collectors.joining());
    }

    private static String metrics(TestCluster cluster, int node) {
        var request = HttpRequest.newBuilder(URI.create("http://" + cluster.httpAddress(node) + "/metrics"))
                .build();
        return HttpClient.newHttpClient()
                .sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .join()
                .body();
    }

    private static int followerOf(TestCluster cluster) {
        int leader = cluster.leaderOf(TOPIC, 0);
        return replicas(cluster).stream()
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
}
