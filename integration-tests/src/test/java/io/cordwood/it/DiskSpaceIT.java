package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.NodeDescription;
import io.cordwood.client.StartPoint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Disks that somebody else fills under load, and frees: nothing acknowledged is lost, and nobody has to
 * start anything.
 */
class DiskSpaceIT {
    private static final String TOPIC = "events";
    private static final String OTHER_TOPIC = "others";
    private static final String MORE_TOPIC = "more";
    /** Takes what comes before a refusal does. */
    private static final String PROBED_TOPIC = "probed";

    private static final int PARTITIONS = 3;
    private static final int PRODUCERS = 2;
    private static final int DISK_MIB = 128;
    private static final long MIB = 1 << 20;
    /** Of the floor of 32 MiB that the tests set: below it, and below half of it. */
    private static final long LOW_BYTES = 24 * MIB;

    private static final long HALF_LOW_BYTES = 12 * MIB;

    /** Less than the load writes meanwhile. */
    private static final long FULL_BYTES = MIB;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    private final HttpClient http = HttpClient.newHttpClient();

    private TestCluster cluster(int nodes) {
        return clusters.of(nodes)
                .withSettings(
                        "--disk.floor-bytes=32MiB",
                        "--disk.floor-percent=0",
                        "--log.segment-max-bytes=256KiB",
                        "--batch.max-bytes=256KiB");
    }

    @Test
    void batchesAreRefusedBelowTheFloorAndTakenAgainAboveItAlsoAfterAStart() {
        var cluster = cluster(1);
        try (var disk = SmallDisk.mount(cluster.dataDirectory(1), DISK_MIB)) {
            cluster.start();
            cluster.createTopic(TOPIC, PARTITIONS);
            cluster.createTopic(OTHER_TOPIC, 1);
            cluster.createTopic(PROBED_TOPIC, 1);
            cluster.createTopic(MORE_TOPIC, 1);
            for (String topic : List.of(OTHER_TOPIC, MORE_TOPIC)) {
                cluster.publish(topic, 0, "a", "b", "c");
            }
            try (var load = Load.start(cluster, TOPIC, PRODUCERS)) {
                load.awaitMore(500);
                awaitBallast(cluster, 1);

                disk.fillUntil(LOW_BYTES);
                awaitRefusal(cluster, 1);
                assertReadsAndDeletionsGoOn(cluster, load, OTHER_TOPIC);
                disk.fillUntil(HALF_LOW_BYTES);
                TestCluster.soon()
                        .until(() ->
                                get(cluster, 1, "/metrics").contains("cordwood_disk_level{directory=\"data\"} 2.0"));
                assertReadsAndDeletionsGoOn(cluster, load, MORE_TOPIC);
                disk.free();
                load.awaitMore(500);

                cluster.kill(1);
                disk.fillUntil(0);
                cluster.restart(1);
                awaitRefusal(cluster, 1);
                assertThat(load.ledger().violations(cluster.readAll(TOPIC))).isEmpty();
                disk.free();
                load.awaitMore(500);
                assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
            }
        }
    }

    @Test
    @Tag("nightly")
    void oneFullDiskOfThreeHoldsNobodyUp() {
        var cluster = cluster(3);
        try (var disk = SmallDisk.mount(cluster.dataDirectory(2), DISK_MIB)) {
            cluster.start();
            cluster.createTopic(TOPIC, PARTITIONS);
            try (var load = Load.start(cluster, TOPIC, PRODUCERS)) {
                load.awaitMore(500);
                awaitBallast(cluster, 2);

                disk.fillUntil(FULL_BYTES);
                TestCluster.soon().until(() -> !cluster.leadersOf(TOPIC).containsValue(2));
                load.awaitMore(6_000);
                assertThat(cluster.isRunning(2)).isTrue();
                TestCluster.soon()
                        .until(() -> cluster.admin().cluster().nodes().get(1).disks().stream()
                                .anyMatch(each -> each.level() == NodeDescription.DiskLevel.FULL));

                cluster.kill(2);
                disk.fillUntil(0);
                cluster.restart(2);
                load.awaitMore(1_000);
                TestCluster.soon().until(() -> get(cluster, 2, "/readyz").contains("DISK_SPACE_LOW"));

                disk.free();
                TestCluster.soon().until(() -> !get(cluster, 2, "/readyz").contains("DISK_SPACE_LOW"));
                load.awaitMore(500);
                assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
            }
            cluster.assertReplicasIdentical(TOPIC);
        }
    }

    private static void awaitBallast(TestCluster cluster, int node) {
        TestCluster.soon().until(() -> Files.exists(cluster.dataDirectory(node).resolve("ballast")));
    }

    private void awaitRefusal(TestCluster cluster, int node) {
        TestCluster.soon().until(() -> produce(cluster, node).contains("DISK_SPACE_LOW"));
        assertThat(produce(cluster, node)).contains("bytes left, its floor is 33554432", "\"node_id\":\"1\"");
        TestCluster.soon() // it is looked after once a second
                .untilAsserted(() -> assertThat(get(cluster, node, "/readyz")).contains("\"ready\"", "DISK_SPACE_LOW"));
        assertThat(get(cluster, node, "/metrics"))
                .contains("cordwood_disk_floor_bytes{directory=\"data\"} 3.3554432E7")
                .contains("cordwood_disk_refusing_partitions ");
    }

    private static void assertReadsAndDeletionsGoOn(TestCluster cluster, Load load, String topic) {
        assertThat(load.ledger().violations(cluster.readAll(TOPIC))).isEmpty();
        assertThat(cluster.admin().trim(topic, 0, StartPoint.offset(2)).logStartOffset())
                .isEqualTo(2);
        assertThat(cluster.readAll(topic))
                .singleElement()
                .satisfies(record -> assertThat(record.valueText()).isEqualTo("c"));
        cluster.admin().deleteTopic(topic);
    }

    private String produce(TestCluster cluster, int node) {
        return send(HttpRequest.newBuilder(url(cluster, node, "/cordwood.v1.DataService/Produce"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"topic\": \"" + PROBED_TOPIC
                        + "\", \"partition\": 0, \"records\": [{\"value\": {\"text\": \"a\"}}]}"))
                .build());
    }

    private String get(TestCluster cluster, int node, String path) {
        return send(HttpRequest.newBuilder(url(cluster, node, path)).build());
    }

    private static URI url(TestCluster cluster, int node, String path) {
        return URI.create("http://" + cluster.httpAddress(node) + path);
    }

    private String send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
