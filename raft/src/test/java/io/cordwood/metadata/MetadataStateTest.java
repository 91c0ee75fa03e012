package io.cordwood.metadata;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static io.cordwood.metadata.MetadataCommands.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.metadata.MetadataCommand.AddNode;
import io.cordwood.metadata.MetadataCommand.AllocateProducerIds;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.DeleteTopic;
import io.cordwood.metadata.MetadataCommand.FormCluster;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.RegisterNode;
import io.cordwood.metadata.MetadataCommand.ReportLeaders;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataResult.Done;
import io.cordwood.metadata.MetadataResult.ProducerIdBlock;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataStateTest {
    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;

    @Test
    void nothingHappensBeforeTheClusterIsFormed() {
        assertThat(refusal(topic("orders", 1, 1))).isEqualTo(Reason.NOT_FORMED);
        assertThat(state.image().topics()).isEmpty();
    }

    @Test
    void clusterIsFormedOnce() {
        formThree();

        assertThat(apply(form(node(1), node(2), node(3)))).isInstanceOf(Done.class);
        assertThat(refusal(new FormCluster("another", 1, List.of(node(1)), List.of(1))))
                .isEqualTo(Reason.ALREADY_FORMED);
        assertThat(state.image().nodes()).hasSize(3);
        assertThat(state.image().clusterId()).isEqualTo(MetadataCommands.CLUSTER);
    }

    @Test
    void repeatedCreationIsDoneAndAnotherTopicOfTheNameIsRefused() {
        formThree();
        var orders = topic("orders", 3, 2);

        assertThat(apply(orders)).isInstanceOf(Done.class);
        assertThat(apply(orders)).isInstanceOf(Done.class);
        var other = new CreateTopic("orders", new UUID(9, 9), List.of(new UUID(8, 8)), 1, new TreeMap<>());

        assertThat(refusal(other)).isEqualTo(Reason.TOPIC_EXISTS);
        assertThat(state.image().topics()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "ä", "a/b"})
    void namesKeepToTheRule(String name) {
        formThree();

        assertThat(refusal(topic(name, 1, 1))).isEqualTo(Reason.INVALID_NAME);
        assertThat(refusal(topic("x".repeat(250), 1, 1))).isEqualTo(Reason.INVALID_NAME);
        assertThat(apply(topic("x".repeat(249), 1, 1))).isInstanceOf(Done.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0,1,INVALID_PARTITION_COUNT",
        "1,0,INVALID_REPLICATION_FACTOR",
        "1,-1,INVALID_REPLICATION_FACTOR",
        "1,4,INVALID_REPLICATION_FACTOR"
    })
    void countsAreWithinTheirRanges(int partitions, int replicationFactor, Reason reason) {
        formThree();

        assertThat(refusal(topic("orders", partitions, replicationFactor))).isEqualTo(reason);
    }

    @Test
    void replicationFactorIsLimitedByTheNodesThatAreAlive() {
        formThree();
        apply(new SetNodeState(3, "incarnation-3", NodeState.DEAD));

        var refused = (Refused) apply(topic("orders", 1, 3));

        assertThat(refused.message()).contains("replication_factor is '3'").contains("from 1 to 2");
    }

    @Test
    void nodesTakeNoMoreReplicasThanTheyAreSetUpFor() {
        apply(form(node(1, "", 2), node(2, "", 2), node(3, "", 2)));

        assertThat(apply(topic("two", 2, 3))).isInstanceOf(Done.class);
        assertThat(refusal(topic("more", 1, 1))).isEqualTo(Reason.LIMIT_REACHED);
    }

    @ParameterizedTest
    @CsvSource({
        "unknown.key,1",
        "segment.bytes,12",
        "segment.bytes,+99999",
        "max.batch.bytes,1048577",
        "message.timestamp.type,never",
        "segment.age.ms,0"
    })
    void topicSettingsAreChecked(String key, String value) {
        formThree();
        var plain = topic("orders", 1, 1);
        var config = new TreeMap<>(Map.of(key, value));

        assertThat(refusal(new CreateTopic("orders", plain.topicId(), plain.raftGroupIds(), 1, config)))
                .isEqualTo(Reason.INVALID_CONFIG);
    }

    @Test
    void deletionIsDoneAlsoWhenRepeated() {
        formThree();
        var orders = topic("orders", 1, 1);
        apply(orders);

        assertThat(apply(new DeleteTopic(orders.topicId()))).isInstanceOf(Done.class);
        assertThat(apply(new DeleteTopic(orders.topicId()))).isInstanceOf(Done.class);
        assertThat(state.image().topics()).isEmpty();
        assertThat(apply(topic("orders", 1, 1))).isInstanceOf(Done.class);
    }

    @Test
    void leaderOfAnOlderTermIsIgnored() {
        formThree();
        var orders = topic("orders", 1, 3);
        apply(orders);

        apply(new ReportLeaders(2, List.of(new LeaderReport(orders.topicId(), 0, 5))));
        apply(new ReportLeaders(1, List.of(new LeaderReport(orders.topicId(), 0, 4))));
        apply(new ReportLeaders(3, List.of(new LeaderReport(orders.topicId(), 0, 5))));

        var partition = state.image().partition("orders", 0).orElseThrow();
        assertThat(partition.leader()).isEqualTo(OptionalInt.of(2));
        assertThat(partition.leaderEpoch()).isEqualTo(5);
    }

    @Test
    void deadNodeLeadsNothingUntilItSaysSoAgain() {
        formThree();
        var orders = topic("orders", 1, 3);
        apply(orders);
        var report = new ReportLeaders(2, List.of(new LeaderReport(orders.topicId(), 0, 5)));
        apply(report);

        apply(new SetNodeState(2, "incarnation-2", NodeState.DEAD));
        assertThat(state.image().partition("orders", 0).orElseThrow().leader()).isEmpty();
        apply(new SetNodeState(2, "incarnation-2", NodeState.ALIVE));
        apply(report);

        assertThat(state.image().partition("orders", 0).orElseThrow().leader()).isEqualTo(OptionalInt.of(2));
    }

    @Test
    void addedNodeIsExpectedUntilItRegisters() {
        formThree();

        assertThat(refusal(new RegisterNode(node(4)))).isEqualTo(Reason.UNKNOWN_NODE);
        apply(new AddNode(4, "node4:9091"));
        assertThat(apply(new AddNode(4, "node4:9091"))).isInstanceOf(Done.class);
        assertThat(state.image().nodesIn(NodeState.EXPECTED)).hasSize(1);
        apply(new RegisterNode(node(4)));

        assertThat(state.image().node(4).orElseThrow().state()).isEqualTo(NodeState.ALIVE);
        assertThat(state.image().node(4).orElseThrow().voter()).isFalse();
        assertThat(refusal(new AddNode(4, "node4:9091"))).isEqualTo(Reason.NODE_EXISTS);
        assertThat(refusal(new AddNode(5, "node4:9091"))).isEqualTo(Reason.NODE_EXISTS);
        assertThat(refusal(new AddNode(0, "node5:9091"))).isEqualTo(Reason.INVALID_ARGUMENT);
        assertThat(refusal(new AddNode(5, "node5"))).isEqualTo(Reason.INVALID_ARGUMENT);
    }

    @Test
    void knownNodeKeepsItsDirectoryAndAddress() {
        formThree();
        var known = node(2);
        var other = new NodeRegistration(
                2, "another", "node2:9091", known.clientAddresses(), "", known.limits(), known.features());
        var moved = new NodeRegistration(
                2, "incarnation-2", "moved:9091", known.clientAddresses(), "", known.limits(), known.features());

        assertThat(refusal(new RegisterNode(other))).isEqualTo(Reason.INCARNATION_MISMATCH);
        assertThat(refusal(new RegisterNode(moved))).isEqualTo(Reason.NODE_ADDRESS_CHANGED);
        assertThat(refusal(new SetNodeState(2, "another", NodeState.DEAD))).isEqualTo(Reason.INCARNATION_MISMATCH);
        apply(new RegisterNode(known.withClientAddresses(Map.of("client", "elsewhere:9090"))));
        assertThat(state.image().node(2).orElseThrow().clientAddresses()).containsEntry("client", "elsewhere:9090");
    }

    @Test
    void featureLevelRisesOnlyAsFarAsAllNodesGo() {
        formThree();

        assertThat(refusal(new RaiseFeatureLevel(3))).isEqualTo(Reason.FEATURE_LEVEL_UNSUPPORTED);
        apply(new RaiseFeatureLevel(2));
        apply(new RaiseFeatureLevel(1));

        assertThat(state.image().featureLevel()).isEqualTo(2);
    }

    @Test
    void producerIdBlocksFollowEachOther() {
        formThree();

        var first = (ProducerIdBlock) apply(new AllocateProducerIds(1));
        var second = (ProducerIdBlock) apply(new AllocateProducerIds(1));

        assertThat(first.end() - first.start()).isEqualTo(MetadataState.PRODUCER_ID_BLOCK);
        assertThat(second.start()).isEqualTo(first.end());
    }

    @Test
    void raftIndexNeverFalls() {
        formThree();

        assertThatThrownBy(() -> state.apply(new AllocateProducerIds(1), index))
                .isInstanceOf(IllegalStateException.class);
    }

    private void formThree() {
        assertThat(apply(form(node(1), node(2), node(3)))).isInstanceOf(Done.class);
    }

    private MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    private Reason refusal(MetadataCommand command) {
        return ((Refused) apply(command)).reason();
    }
}
