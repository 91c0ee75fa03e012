package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.NewTopic;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Nodes of an earlier commit become nodes of this one, one after the other and under load. As long as one
 * of them has not, the others can go back: the feature level has not risen.
 */
@Tag("containers")
@Tag("nightly")
@Timeout(value = 35, unit = TimeUnit.MINUTES)
class ContainerUpgradeIT {
    /**
     * An image of an earlier commit that was built before; without it one is built. The name does not begin
     * as settings do: a node refuses those that it does not know.
     */
    private static final String EARLIER_VARIABLE = "EARLIER_IMAGE";

    private static final String TOPIC = "events";
    private static final int PARTITIONS = 6;

    @RegisterExtension
    final ComposeNodes nodes = ComposeNodes.ofTest(DockerCompose::ofThreeNodes);

    @Test
    void nodesGoToThisImageAndBackAndThereWhileRecordsFlow() {
        var compose = nodes.compose();
        var earlier = earlierImage();
        compose.up(earlier, DockerCompose.NODES.toArray(String[]::new));
        compose.awaitHealthy();
        try (var client = CordwoodClient.connect(DockerCompose.BOOTSTRAP.split(","))) {
            client.admin()
                    .createTopic(NewTopic.of(TOPIC).withPartitions(PARTITIONS).withReplicas(3));
            var cluster = new ServedCluster(client);
            try (var load = Load.start(DockerCompose.BOOTSTRAP, TOPIC, 2)) {
                load.awaitMore(2_000);
                replace(DockerCompose.NODES.subList(0, 2), compose, cluster, load, DockerCompose.image());
                replace(DockerCompose.NODES.subList(0, 2), compose, cluster, load, earlier);
                replace(DockerCompose.NODES, compose, cluster, load, DockerCompose.image());

                assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
            }
            assertThat(cluster.awaitSettled(TOPIC)).hasSize(PARTITIONS);
        }
    }

    private static void replace(
            List<String> services, DockerCompose compose, ServedCluster cluster, Load load, String image) {
        for (var service : services) {
            cluster.awaitReplicasInStep();
            compose.up(image, service);
            compose.awaitHealthy();
            assertThat(compose.containers().inspect(service).getConfig().getImage())
                    .isEqualTo(image);
            load.awaitMore(1_000);
        }
        assertThat(load.ledger().violations(cluster.readAll(TOPIC))).isEmpty();
    }

    private static String earlierImage() {
        var given = System.getenv(EARLIER_VARIABLE);
        if (given != null) {
            return given;
        }
        var tag = "cordwood:earlier";
        var script = Command.repositoryRoot().resolve(".ci/earlier-image").toString();
        DockerCompose.succeed(
                Command.of(script, tag).withTimeout(DockerCompose.BUILD_TIMEOUT.plus(Duration.ofMinutes(1))));
        return tag;
    }
}
