package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.PartitionInfo;
import io.cordwood.server.cluster.FakeCluster;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class KnownLeadersTest {
    private final FakeCluster cluster = FakeCluster.of(3);
    private final FakeReplicas replicas = new FakeReplicas(cluster);

    private List<PartitionInfo> known() {
        var topic = cluster.image().topic("orders").orElseThrow();
        return new KnownLeaders(replicas).in(topic).partitions();
    }

    @Test
    void replicaThatFollowsALaterLeaderNamesIt() {
        cluster.createTopic("orders", 2, 3);
        cluster.leads(3, "orders", 0, 4);
        cluster.leads(3, "orders", 1, 4);
        replicas.add("orders", 0).ledBy(2, 1); // in term 5

        var partitions = known();

        assertThat(partitions.get(0).leader()).hasValue(2);
        assertThat(partitions.get(0).leaderEpoch()).isEqualTo(5);
        assertThat(partitions.get(1).leader()).hasValue(3);
        assertThat(partitions.get(1).leaderEpoch()).isEqualTo(4);
    }

    @Test
    void replicaThatIsBehindNamesNobody() {
        cluster.createTopic("orders", 1, 3);
        cluster.leads(3, "orders", 0, 6);
        replicas.add("orders", 0).ledBy(2, 1);

        assertThat(known().get(0).leader()).hasValue(3);
        assertThat(known().get(0).leaderEpoch()).isEqualTo(6);
    }

    @Test
    void replicaWithoutALeaderLeavesWhatWasReported() {
        cluster.createTopic("orders", 1, 3);
        cluster.leads(3, "orders", 0, 4);
        replicas.add("orders", 0).leaderless();

        assertThat(known().get(0).leader()).hasValue(3);
    }

    @Test
    void leaderIsNamedBeforeItIsReported() {
        cluster.createTopic("orders", 1, 3);
        replicas.add("orders", 0).ledBy(2, 1);

        assertThat(known().get(0).leader()).isEqualTo(OptionalInt.of(2));
    }
}
