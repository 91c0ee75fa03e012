package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.PartitionDescription.Replica;
import io.cordwood.client.PartitionDescription.ReplicaState;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A topic is changed while producers go on. */
class TopicChangeIT {
    private static final String TOPIC = "events";

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    void producersGoOnWhileSettingsPartitionsAndLeadersChange() {
        var cluster = clusters.of(3).start();
        cluster.createTopic(TOPIC, 2);
        var admin = cluster.admin();

        try (var load = Load.start(cluster, TOPIC, 2)) {
            load.awaitMore(500);
            admin.alterTopicConfig(TOPIC, Map.of("segment.bytes", "1024"), Set.of());
            load.awaitMore(500);
            for (int node : cluster.nodeIds()) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> cluster.replica(node, TOPIC, 0).files().size() > 3);
            }
            var grown = admin.addPartitions(TOPIC, 4);
            assertThat(grown.partitions())
                    .hasSize(4)
                    .allMatch(partition -> partition.leader().isPresent());
            int target = cluster.leaderOf(TOPIC, 0) % 3 + 1;
            await().atMost(Duration.ofSeconds(30)).until(() -> transferred(cluster, target));
            load.awaitMore(500);

            assertThat(cluster.leaderOf(TOPIC, 0)).isEqualTo(target);
            assertThat(admin.topic(TOPIC).partitions().get(0).replicas().get(0)).isEqualTo(target);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.publish(TOPIC, 3, "in a new partition");
        cluster.assertReplicasIdentical(TOPIC);
        assertThat(admin.partitions(TOPIC).get(0).replicas())
                .allMatch(replica -> replica.lagRecords().orElseThrow() == 0)
                .extracting(Replica::state)
                .containsExactlyInAnyOrder(ReplicaState.LEADER, ReplicaState.FOLLOWER, ReplicaState.FOLLOWER);
        var refused =
                Assertions.catchThrowableOfType(CordwoodException.class, () -> admin.transferLeadership(TOPIC, 0, 9));
        assertThat(refused.code()).isEqualTo(ErrorCode.UNKNOWN_NODE);
    }

    /** A busy replica may be too far behind at one moment, or not take over in time. */
    private static boolean transferred(TestCluster cluster, int target) {
        try {
            return cluster.admin().transferLeadership(TOPIC, 0, target).leader().equals(OptionalInt.of(target));
        } catch (CordwoodException e) {
            assertThat(e.code()).isIn(ErrorCode.REPLICA_NOT_CAUGHT_UP, ErrorCode.TRANSFER_FAILED);
            return false;
        }
    }
}
