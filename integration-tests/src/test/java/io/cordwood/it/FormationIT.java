package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.NodeDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who may become, and stay, a member of a cluster. */
class FormationIT {
    private static final String TOPIC = "orders";

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    @Tag("nightly")
    void clusterFormsWhenAllAreUpAndStartsAgainWithMajority() {
        var cluster = clusters.of(3).begin(1, 2);
        TestCluster.soon()
                .until(() ->
                        cluster.logOf(1).contains("missing") && cluster.logOf(2).contains("missing"));
        assertThat(cluster.logOf(1)).doesNotContain("cordwood node 1 ready:");

        cluster.begin(3).awaitReady(1, 2, 3);
        cluster.createTopic(TOPIC, 1);
        cluster.publish(TOPIC, 0, "three");
        cluster.stopAll();
        cluster.restart(1, 2);
        cluster.publish(TOPIC, 0, "two");
        cluster.restart(3);

        cluster.assertReplicasIdentical(TOPIC);
        assertThat(cluster.readAll(TOPIC))
                .extracting(record -> record.valueText())
                .containsExactly("three", "two");
    }

    /** Wherever in its start that comes. */
    @Test
    void nodeThatHasNotJoinedLeavesInOrderWhenItIsTold() {
        var cluster = clusters.of(3);
        for (var said : List.of("starts in", "opens 0 partition groups", "missing")) {
            int before = timesSaid(cluster, said);
            cluster.begin(1);
            TestCluster.soon().until(() -> timesSaid(cluster, said) > before);

            cluster.stop(1);

            assertThat(cluster.logOf(1)).doesNotContain("cannot start", "died");
        }
    }

    private static int timesSaid(TestCluster cluster, String text) {
        return Files.exists(cluster.nodeDirectory(1)) ? cluster.logOf(1).split(text, -1).length : 0;
    }

    @Test
    @Tag("nightly")
    void directoriesThatAreNotTheNodesOwnAreRefused() throws IOException {
        var cluster = clusters.of(3).start();
        var other = clusters.of(1).start();
        cluster.stop(1);
        cluster.stop(2);
        other.stopAll();

        var wrongId = guest(cluster, "wrong-id", 1, cluster.dataDirectory(2));
        assertThat(wrongId.awaitExit()).isNotZero();
        assertThat(wrongId.output()).contains("cannot start: data directory", "belongs to node 2, and node.id is 1");

        var identity = cluster.dataDirectory(2).resolve("node.json");
        Files.writeString(
                identity,
                Files.readString(identity).replaceFirst("(\"clusterId\": \")[^\"]+", "$1wwwwwwwwwwwwwwwwwwwwww"));
        var damaged = guest(cluster, "damaged", 2, cluster.dataDirectory(2));
        assertThat(damaged.awaitExit()).isNotZero();
        assertThat(damaged.output()).contains("node.json is damaged");

        var foreign = guest(cluster, "foreign", 1, other.dataDirectory(1));
        assertThat(foreign.awaitExit()).isNotZero();
        assertThat(foreign.output())
                .contains(
                        "cannot start: data directory",
                        "belongs to cluster",
                        "set data.dir or cluster.initial-nodes right");
    }

    @Test
    @Tag("nightly")
    void fourthNodeWaitsUntilItIsAddedAndThenHoldsReplicas() {
        var cluster = clusters.of(3).start();
        var ports = TestCluster.freePorts(1).get(0);
        var address = "127.0.0.1:" + ports.nodePort();
        var data = cluster.directory().resolve("n4").resolve("data");
        var fourth = cluster.guest(
                "n4",
                "--node.id=4",
                "--data.dir=" + data,
                "--cluster.initial-nodes=" + cluster.initialNodes(),
                "--listeners.client.bind=127.0.0.1:" + ports.clientPort(),
                "--listeners.node.bind=" + address,
                "--http.bind=none");
        fourth.awaitOutput("cordwood cluster add-node 4 " + address);

        var added = Command.cordwood("cluster", "add-node", "4", address, "--bootstrap", cluster.bootstrap())
                .run();
        assertThat(added.exitCode()).as(added.toString()).isZero();
        fourth.awaitOutput("cordwood node 4 ready:");

        assertJoined(cluster);
        cluster.admin().createTopic(TOPIC, 2, 4, java.util.Map.of());
        cluster.publish(TOPIC, 1, "a", "b");
        var settled = cluster.awaitSettled(TOPIC).get(1);
        var topicId = cluster.admin().topic(TOPIC).topicId();
        assertThat(new SegmentFiles(data.resolve("partitions").resolve(topicId + "-1")).batches(settled))
                .isEqualTo(cluster.replica(1, TOPIC, 1).batches(settled));
    }

    private static void assertJoined(TestCluster cluster) {
        TestCluster.soon()
                .untilAsserted(() -> assertThat(cluster.admin().cluster().nodes())
                        .hasSize(4)
                        .allMatch(node -> node.state() == NodeDescription.State.ALIVE));
    }

    /** Starts a server as this node of the cluster, with some data directory. */
    private static NodeProcess guest(TestCluster cluster, String name, int node, Path dataDirectory) {
        return cluster.guest(
                name,
                "--node.id=" + node,
                "--data.dir=" + dataDirectory,
                "--cluster.initial-nodes=" + cluster.initialNodes(),
                "--listeners.client.bind=" + cluster.clientAddress(node),
                "--listeners.node.bind=" + cluster.nodeAddress(node),
                "--http.bind=none");
    }
}
