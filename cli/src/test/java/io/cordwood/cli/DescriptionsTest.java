package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.console.Json;
import io.cordwood.client.ClusterDescription;
import io.cordwood.client.ConfigChange;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.PartitionDescription.Replica;
import io.cordwood.client.PartitionDescription.ReplicaState;
import io.cordwood.client.TopicPartition;
import io.cordwood.client.TopicSetting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class DescriptionsTest {
    private static final PartitionDescription HEALTHY = new PartitionDescription(
            new TopicPartition("orders", 0),
            OptionalInt.of(2),
            OptionalInt.of(5),
            OptionalLong.of(4),
            OptionalLong.of(100),
            OptionalLong.of(0),
            OptionalLong.of(7),
            List.of(
                    replica(2, 100, ReplicaState.LEADER),
                    replica(1, 90, ReplicaState.CATCHING_UP),
                    new Replica(
                            3,
                            OptionalLong.empty(),
                            OptionalLong.empty(),
                            OptionalLong.empty(),
                            OptionalLong.of(70),
                            ReplicaState.SILENT,
                            Optional.empty())),
            Optional.empty());

    private static final PartitionDescription LEADERLESS = new PartitionDescription(
            new TopicPartition("orders", 1),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            List.of(),
            Optional.of(new CordwoodException(ErrorCode.LEADER_UNKNOWN, "no leader")));

    @Test
    void partitionTableShowsLeaderTermEndAndWhoIsBehind() {
        var lines = Descriptions.table(List.of(HEALTHY, LEADERLESS)).lines();

        assertThat(lines.get(0))
                .isEqualTo(
                        "TOPIC   PARTITION  LEADER  REPLICAS  TERM  EPOCH  LOG START  HIGH WATERMARK  BYTES  BEHIND");
        assertThat(lines.get(1))
                .isEqualTo(
                        "orders          0       2  2,1,3        4      5          0             100      7  node1:10 node3:?");
        assertThat(lines.get(2)).startsWith("orders          1       -").endsWith("-");
    }

    @Test
    void partitionJsonLeavesOutWhatIsUnknown() {
        assertThat(Json.of(Descriptions.json(LEADERLESS)))
                .isEqualTo("{\"topic\":\"orders\",\"partition\":1,\"replicas\":[],\"error\":\"LEADER_UNKNOWN\"}");
        assertThat(Json.of(Descriptions.json(HEALTHY)))
                .contains(
                        "\"highWatermark\":100",
                        "{\"nodeId\":1,\"highWatermark\":90,\"sizeBytes\":7,\"lagRecords\":10,\"state\":\"catching_up\"}",
                        "{\"nodeId\":3,\"lagEntries\":70,\"state\":\"silent\"}");
    }

    @Test
    void errorsNameThePartition() {
        assertThat(Descriptions.errors(List.of(HEALTHY, LEADERLESS)))
                .containsExactly("orders-1: no leader [LEADER_UNKNOWN]");
    }

    @Test
    void metadataRoleTellsLeaderVoterAndListener() {
        var voter = node(1, true);
        var cluster = new ClusterDescription("id", List.of(voter), OptionalInt.of(2), 1, 1);

        assertThat(Descriptions.metadataRole(cluster, node(2, true))).isEqualTo("leader");
        assertThat(Descriptions.metadataRole(cluster, voter)).isEqualTo("voter");
        assertThat(Descriptions.metadataRole(cluster, node(4, false))).isEqualTo("listener");
    }

    @Test
    void disksShowWhatIsLeftAndWhichIsBelowItsFloor() {
        assertThat(Descriptions.disks(node(1, true))).isEqualTo("data 5 MiB, raft 3 MiB full");
        assertThat(Json.of(Descriptions.json(node(1, true))))
                .contains("{\"directory\":\"raft\",\"freeBytes\":3145728,\"floorBytes\":8388608,\"level\":\"full\"}");
    }

    @Test
    void replicasOfDeadNodesAreTold() {
        var dead = withDeadReplicas(node(3, true), new NodeDescription.DeadReplicas(2, 3, 0, 1));
        var without = withDeadReplicas(node(2, true), new NodeDescription.DeadReplicas(0, 0, 0, 0));
        var cluster = new ClusterDescription("id", List.of(node(1, true), without, dead), OptionalInt.of(1), 1, 3);

        assertThat(Descriptions.deadNodes(cluster))
                .containsExactly("node 3 is dead; of its replicas 2 go to other nodes now, 3 wait for it, or for their"
                        + " turn to be given to others, 1 stay: too few replicas are sound without them");
        assertThat(Json.of(Descriptions.json(dead)))
                .contains("\"deadReplicas\":{\"moving\":2,\"waiting\":3,\"noTaker\":0,\"noMajority\":1}");
    }

    @Test
    void replicaThatStaysOnADeadNodeIsToldWithTheReason() {
        var stays = new Replica(
                3,
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                ReplicaState.SILENT,
                Optional.empty(),
                Optional.empty(),
                Optional.of(new PartitionDescription.DeadReplica(
                        PartitionDescription.Standing.NO_TAKER, "no other node can take it")));
        var partition = new PartitionDescription(
                new TopicPartition("orders", 0),
                OptionalInt.of(1),
                OptionalInt.of(5),
                OptionalLong.of(4),
                OptionalLong.of(100),
                OptionalLong.of(0),
                OptionalLong.of(7),
                List.of(replica(1, 100, ReplicaState.LEADER), stays),
                Optional.empty());

        assertThat(Descriptions.onDeadNodes(List.of(partition)))
                .containsExactly("orders-0: the replica on node 3, which is dead, stays: no other node can take it");
        assertThat(Descriptions.errors(List.of(partition))).isEmpty();
        assertThat(Json.of(Descriptions.json(partition)))
                .contains("\"deadReplica\":\"no_taker\",\"deadReplicaReason\":\"no other node can take it\"");
    }

    private static NodeDescription withDeadReplicas(NodeDescription node, NodeDescription.DeadReplicas dead) {
        return new NodeDescription(
                node.nodeId(),
                node.address(),
                node.nodeAddress(),
                node.rack(),
                NodeDescription.State.DEAD,
                node.voter(),
                node.minFeatureLevel(),
                node.maxFeatureLevel(),
                node.disks(),
                Optional.of(dead));
    }

    @Test
    void configIsSortedAndADashWhereEmpty() {
        assertThat(Descriptions.config(Map.of("b", "2", "a", "1"))).isEqualTo("a=1,b=2");
        assertThat(Descriptions.config(Map.of())).isEqualTo("-");
    }

    @Test
    void everyReplicaHasALineWithStateLagAndSize() {
        var lines = Descriptions.replicas(List.of(HEALTHY)).lines();

        assertThat(lines.get(0)).isEqualTo("PARTITION  NODE  STATE        HIGH WATERMARK  LAG  LAG ENTRIES  BYTES");
        assertThat(lines.get(2)).isEqualTo("        0     1  catching up              90   10            -      7");
        assertThat(lines.get(3)).startsWith("        0     3  silent");
    }

    @Test
    void compactionShowsHowFarItHasComeAndWhyItFailed() {
        var running = new PartitionDescription.Compaction(40, 60, true, 7, 9, "", Optional.empty(), Optional.empty());
        var failed = new PartitionDescription.Compaction(
                20, 60, false, 7, 9, "no space", Optional.empty(), Optional.of(Duration.ofSeconds(30)));
        var waiting = new PartitionDescription.Compaction(
                20, 60, false, 7, 9, "", Optional.of(Duration.ofMinutes(11)), Optional.empty());
        var partition = new PartitionDescription(
                new TopicPartition("orders", 0),
                OptionalInt.of(1),
                OptionalInt.of(5),
                OptionalLong.of(4),
                OptionalLong.of(100),
                OptionalLong.of(0),
                OptionalLong.of(7),
                List.of(
                        compacted(1, running),
                        compacted(2, failed),
                        compacted(4, waiting),
                        replica(3, 90, ReplicaState.FOLLOWER)),
                Optional.empty());

        var lines = Descriptions.replicas(List.of(partition)).lines();

        assertThat(lines.get(0)).endsWith("BYTES  COMPACTED");
        assertThat(lines.get(1)).endsWith("40/60 running");
        assertThat(lines.get(2)).endsWith("20/60 failed");
        assertThat(lines.get(3)).endsWith("20/60 waiting");
        assertThat(lines.get(4)).endsWith("-");
        assertThat(Descriptions.errors(List.of(partition)))
                .containsExactly(
                        "orders-0: compaction on node 2 failed: no space; next try in 30 s",
                        "orders-0: compaction on node 4 has waited for its files for 660 s: no checkpoint is taken"
                                + " meanwhile, and the raft log grows");
        assertThat(Json.of(Descriptions.json(partition)))
                .contains("\"compaction\":{\"compactedEndOffset\":40,", "\"pendingMs\":660000", "\"retryMs\":30000");
    }

    private static Replica compacted(int nodeId, PartitionDescription.Compaction compaction) {
        return new Replica(
                nodeId,
                OptionalLong.of(100),
                OptionalLong.of(7),
                OptionalLong.of(0),
                OptionalLong.empty(),
                ReplicaState.FOLLOWER,
                Optional.of(compaction));
    }

    @Test
    void changeShowsOnlyWhatIsNotWhatItWas() {
        var same = new TopicSetting("a", "1", "1", false);
        var before = new TopicSetting("b", "1", "1", false);
        var after = new TopicSetting("b", "2", "1", true);

        var lines = Descriptions.table(new ConfigChange(List.of(same, before), List.of(same, after)))
                .lines();

        assertThat(lines).hasSize(2);
        assertThat(lines.get(1)).matches("b +1 +2 +topic");
        assertThat(Json.of(Descriptions.json(same)))
                .isEqualTo("{\"key\":\"a\",\"value\":\"1\",\"defaultValue\":\"1\",\"source\":\"node default\"}");
    }

    private static Replica replica(int nodeId, long highWatermark, ReplicaState state) {
        return new Replica(
                nodeId,
                OptionalLong.of(highWatermark),
                OptionalLong.of(7),
                OptionalLong.of(100 - highWatermark),
                OptionalLong.empty(),
                state,
                Optional.empty());
    }

    private static NodeDescription node(int nodeId, boolean voter) {
        return new NodeDescription(
                nodeId,
                "h:1",
                "h:2",
                "",
                NodeDescription.State.ALIVE,
                voter,
                OptionalInt.of(1),
                OptionalInt.of(2),
                List.of(
                        new NodeDescription.Disk("data", 5 << 20, 1 << 20, NodeDescription.DiskLevel.ROOM),
                        new NodeDescription.Disk("raft", 3 << 20, 8 << 20, NodeDescription.DiskLevel.FULL)));
    }
}
