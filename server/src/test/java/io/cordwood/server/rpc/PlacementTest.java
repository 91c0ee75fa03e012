package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.proto.v1.AlterReplicasRequest;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DeadReplica;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.NodeState;
import io.cordwood.proto.v1.ReplaceNodeRequest;
import io.cordwood.proto.v1.ReplicaChange;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PlacementTest {
    private final FakeCluster cluster = FakeCluster.of(4, MetadataCommand.REPLICA_CHANGES);
    private TestNode node;

    @BeforeEach
    void openNode() throws IOException {
        node = TestNode.open(1, cluster, new FakePeers());
        cluster.createTopic("orders", 1, 3);
        cluster.leads(leader(), "orders", 0, 5);
    }

    @AfterEach
    void closeNode() throws InterruptedException {
        await().until(() -> cluster.listenerCount() == 0);
        node.close();
        assertThat(node.failures).isEmpty();
    }

    private int leader() {
        return cluster.image().partition("orders", 0).orElseThrow().preferredLeader();
    }

    private int without() {
        var replicas = cluster.image().partition("orders", 0).orElseThrow().replicas();
        return cluster.image().nodes().keySet().stream()
                .filter(id -> !replicas.contains(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void moveIsAnsweredWhenItHasBegunAndIsDescribed() {
        int from = leader();
        int to = without();
        var request = AlterReplicasRequest.newBuilder()
                .setTopic("orders")
                .setAddNodeId(to)
                .setRemoveNodeId(from)
                .build();

        var placed = node.topics().alterReplicas(request).getPartition();

        assertThat(placed.getReplicasList()).hasSize(4).contains(from, to);
        assertThat(change(to)).isEqualTo(ReplicaChange.REPLICA_CHANGE_JOINING);
        assertThat(change(from)).isEqualTo(ReplicaChange.REPLICA_CHANGE_LEAVING);
        var other = request.toBuilder().clearRemoveNodeId().setAddNodeId(9).build();
        assertReason(Refused.by(() -> node.topics().alterReplicas(other)), Reason.CHANGE_UNDER_WAY);
    }

    private ReplicaChange change(int id) {
        return replica(id).getChange();
    }

    private ReplicaDescription replica(int id) {
        return node
                .cluster()
                .describePartitions(DescribePartitionsRequest.getDefaultInstance())
                .getPartitions(0)
                .getReplicasList()
                .stream()
                .filter(replica -> replica.getNodeId() == id)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void refusalsNameFieldValueAndLimit() {
        var request = AlterReplicasRequest.newBuilder().setTopic("orders");

        assertReason(
                Refused.by(() -> node.topics()
                        .alterReplicas(request.setAddNodeId(leader()).build())),
                Reason.REPLICA_EXISTS,
                "value",
                Integer.toString(leader()));
        assertReason(
                Refused.by(() ->
                        node.topics().alterReplicas(request.setAddNodeId(9).build())),
                Reason.UNKNOWN_NODE,
                "value",
                "9");
        assertReason(
                Refused.by(() ->
                        node.topics().alterReplicas(request.setTopic("none").build())),
                Reason.UNKNOWN_TOPIC);
    }

    @Test
    void nodeWithoutRoomIsGivenNoReplicaAndNoNewTopic() {
        int full = without();
        cluster.tell(full, new NodeDisk("raft", 5, 7, Level.LOW));
        var request = AlterReplicasRequest.newBuilder().setTopic("orders").setAddNodeId(full);
        var topic = CreateTopicRequest.newBuilder()
                .setName("new")
                .setReplicationFactor(3)
                .setValidateOnly(true)
                .build();

        assertReason(
                Refused.by(() -> node.topics().alterReplicas(request.build())),
                Reason.DISK_SPACE_LOW,
                "node_id",
                Integer.toString(full),
                "value",
                "5",
                "limit",
                "7");
        assertThat(node.topics().createTopic(topic).getTopic().getPartitions(0).getReplicasList())
                .doesNotContain(full);
        cluster.tell(full, new NodeDisk("raft", 9, 7, Level.ROOM));
        node.topics().alterReplicas(request.build());
        cluster.tell(full, new NodeDisk("raft", 5, 7, Level.LOW));
        node.topics().alterReplicas(request.build()); // has begun
        assertThat(change(full)).isEqualTo(ReplicaChange.REPLICA_CHANGE_JOINING);
    }

    @Test
    void replicaOfADeadNodeIsDescribedWithWhatBecomesOfIt() {
        int victim = follower();
        kill(victim);
        assertThat(described(victim).getDeadReplicas().getWaiting()).isEqualTo(1);
        assertThat(described(leader()).hasDeadReplicas()).isFalse();
        assertThat(replica(victim).getDeadReplica()).isEqualTo(DeadReplica.DEAD_REPLICA_WAITING);
        assertThat(replica(victim).getDeadReplicaReason()).contains("feature level of the cluster is '2'");
        assertThat(replica(leader()).getDeadReplica()).isEqualTo(DeadReplica.DEAD_REPLICA_UNSPECIFIED);

        cluster.tell(without(), new NodeDisk("raft", 5, 7, Level.LOW));

        assertThat(described(victim).getDeadReplicas().getNoTaker()).isEqualTo(1);
        assertThat(replica(victim).getDeadReplica()).isEqualTo(DeadReplica.DEAD_REPLICA_NO_TAKER);
        assertThat(replica(victim).getDeadReplicaReason())
                .startsWith("no other node can take it: nodes ")
                .endsWith(", [" + without() + "] have no room");
        cluster.tell(without(), new NodeDisk("raft", 13, 7, Level.ROOM));
        assertThat(replica(victim).getDeadReplica()).isEqualTo(DeadReplica.DEAD_REPLICA_NO_TAKER);
        cluster.tell(without(), new NodeDisk("raft", 14, 7, Level.ROOM));
        assertThat(replica(victim).getDeadReplica()).isEqualTo(DeadReplica.DEAD_REPLICA_WAITING);
    }

    @Test
    void replicaThatTheMajorityNeedsIsNotRemoved() {
        kill(follower());
        var request = AlterReplicasRequest.newBuilder()
                .setTopic("orders")
                .setRemoveNodeId(leader())
                .build();

        assertReason(
                Refused.by(() -> node.topics().alterReplicas(request)),
                Reason.TOO_FEW_SOUND_REPLICAS,
                "value",
                "1 of 2",
                "limit",
                "at least 2");
    }

    private int follower() {
        return cluster.image().partition("orders", 0).orElseThrow().replicas().get(1);
    }

    private void kill(int id) {
        cluster.apply(new MetadataCommand.SetNodeState(id, "incarnation-" + id, io.cordwood.metadata.NodeState.DEAD));
    }

    private Node described(int id) {
        return node.cluster()
                .describeCluster(DescribeClusterRequest.getDefaultInstance())
                .getNodes(id - 1);
    }

    @Test
    void onlyADeadNodeIsReplaced() {
        int victim = without();
        var request = ReplaceNodeRequest.newBuilder().setNodeId(victim).build();
        assertReason(Refused.by(() -> node.cluster().replaceNode(request)), Reason.NODE_STATE, "value", "alive");
        cluster.apply(
                new MetadataCommand.SetNodeState(victim, "incarnation-" + victim, io.cordwood.metadata.NodeState.DEAD));

        var replaced = node.cluster().replaceNode(request).getNode();

        assertThat(replaced.getState()).isEqualTo(NodeState.NODE_STATE_REPLACED);
        assertThat(node.cluster().replaceNode(request).getNode().getState()).isEqualTo(NodeState.NODE_STATE_REPLACED);
    }

    @Test
    void replicasStayWhereTheyAreUntilAllNodesKnowHowToChangeThem() throws Exception {
        var old = FakeCluster.of(3);
        var olderNode = TestNode.open(1, old, new FakePeers());
        old.createTopic("orders", 1, 2);
        var request = AlterReplicasRequest.newBuilder().setTopic("orders").setAddNodeId(3);

        assertReason(Refused.by(() -> olderNode.topics().alterReplicas(request.build())), Reason.FEATURE_NOT_ENABLED);

        olderNode.close();
    }
}
