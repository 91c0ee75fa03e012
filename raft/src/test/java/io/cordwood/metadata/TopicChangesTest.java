package io.cordwood.metadata;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static io.cordwood.metadata.MetadataCommands.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand.AddPartitions;
import io.cordwood.metadata.MetadataCommand.AlterTopicConfig;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataCommand.SetPreferredLeader;
import io.cordwood.metadata.MetadataResult.Done;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicChangesTest {
    private static final CreateTopic ORDERS = topic("orders", 3, 2);

    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;

    @BeforeEach
    void createOrders() {
        apply(form(node(1), node(2), node(3)));
        assertThat(apply(ORDERS)).isInstanceOf(Done.class);
    }

    @Test
    void settingsAreSetReplacedAndResetByKey() {
        apply(alter(Map.of("segment.bytes", "4096", "segment.age.ms", "60000")));
        apply(alter(Map.of("segment.bytes", "8192"), "segment.age.ms"));

        assertThat(orders().config()).isEqualTo(Map.of("segment.bytes", "8192"));
        assertThat(orders().partitions()).hasSize(3);
        assertThat(orders().topicId()).isEqualTo(ORDERS.topicId());
    }

    @ParameterizedTest
    @CsvSource({
        "unknown.key,1,config",
        "segment.bytes,12,segment.bytes",
        "max.batch.bytes,1048577,max.batch.bytes",
        "message.timestamp.type,never,message.timestamp.type"
    })
    void alteredSettingsAreCheckedAgainstTheirRangesAndTheNodesLimits(String key, String value, String field) {
        apply(alter(Map.of("segment.age.ms", "60000")));

        var refused = (Refused) apply(alter(Map.of(key, value), "segment.age.ms"));

        assertThat(refused.reason()).isEqualTo(Reason.INVALID_CONFIG);
        assertThat(refused.field()).isEqualTo(field);
        assertThat(orders().config()).isEqualTo(Map.of("segment.age.ms", "60000"));
    }

    @Test
    void keysToResetAreKnownAndNotSetInTheSameBreath() {
        assertThat(refusal(alter(Map.of(), "no.such"))).isEqualTo(Reason.INVALID_CONFIG);
        assertThat(refusal(alter(Map.of("segment.bytes", "4096"), "segment.bytes")))
                .isEqualTo(Reason.INVALID_CONFIG);
    }

    @Test
    void newPartitionsContinueNumbersAndSpread() {
        var before = orders().partitions();

        assertThat(apply(grow(9))).isInstanceOf(Done.class);

        assertThat(orders().partitions().subList(0, 3)).isEqualTo(before);
        assertThat(orders().partitions()).hasSize(9);
        for (int id = 1; id <= 3; id++) {
            int node = id;
            assertThat(state.image().replicasOn(node)).hasSize(6);
            assertThat(orders().partitions().stream().filter(partition -> partition.preferredLeader() == node))
                    .hasSize(3);
        }
    }

    @Test
    void repeatedGrowthAddsNothing() {
        var grow = grow(5);
        apply(grow);
        var once = orders();

        assertThat(apply(grow)).isInstanceOf(Done.class);
        assertThat(orders()).isEqualTo(once);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 10_001})
    void partitionCountOnlyRisesAndNotBeyondTheLimit(int total) {
        var groups =
                Stream.generate(UUID::randomUUID).limit(Math.max(0, total - 3)).toList();

        assertThat(refusal(new AddPartitions(ORDERS.topicId(), total, groups)))
                .isEqualTo(Reason.INVALID_PARTITION_COUNT);
    }

    @Test
    void growthFromACountThatSomebodyElseChangedIsRefused() {
        var mine = grow(5);
        apply(grow(4));

        var refused = (Refused) apply(mine);

        assertThat(refused.message()).contains("partition_count is '5'").contains("more than 4, the present count");
        assertThat(orders().partitions()).hasSize(4);
    }

    @Test
    void growthNeedsGroupsOfItsOwnAndRoomOnTheNodes() {
        var taken = new AddPartitions(ORDERS.topicId(), 4, ORDERS.raftGroupIds().subList(0, 1));

        assertThat(refusal(taken)).isEqualTo(Reason.INVALID_ARGUMENT);
        assertThat(refusal(grow(900))).isEqualTo(Reason.LIMIT_REACHED);
        assertThat(refusal(new AddPartitions(new UUID(0, 0), 4, List.of(UUID.randomUUID()))))
                .isEqualTo(Reason.UNKNOWN_TOPIC);
    }

    @Test
    void nodesWithFullDisksAreGivenReplicasOnlyWhereTheOthersDoNotSuffice() {
        apply(new RaiseFeatureLevel(2));
        var full = new TreeSet<>(Set.of(1));
        var groups = Stream.generate(UUID::randomUUID).limit(4).toList();

        apply(new CreateTopic("two", new UUID(7, 1), groups.subList(0, 1), 2, new TreeMap<>(), full));
        apply(new CreateTopic("three", new UUID(7, 2), groups.subList(1, 2), 3, new TreeMap<>(), full));
        apply(new AddPartitions(ORDERS.topicId(), 5, groups.subList(2, 4), full));

        assertThat(replicas("two", 0)).containsExactlyInAnyOrder(2, 3);
        assertThat(replicas("three", 0)).hasSize(3).endsWith(1);
        assertThat(replicas("orders", 3)).containsExactlyInAnyOrder(2, 3);
        assertThat(replicas("orders", 4)).containsExactlyInAnyOrder(2, 3);
    }

    @Test
    void rackIsWorthAMinorityOnFullDisks() {
        var onRacks = new MetadataState(MetadataImage.EMPTY);
        onRacks.apply(form(node(1, "a", 9), node(2, "a", 9), node(3, "b", 9), node(4, "c", 9)), 1);
        onRacks.apply(new RaiseFeatureLevel(2), 2);

        assertThat(replicasOnRacks(onRacks, 3, 4)).containsOnlyOnce(3, 4).hasSize(3);
        assertThat(replicasOnRacks(onRacks, 3, 3, 4)).contains(1, 2).hasSize(3);
        assertThat(replicasOnRacks(onRacks, 2, 3, 4)).containsExactlyInAnyOrder(1, 2);
    }

    private static List<Integer> replicasOnRacks(MetadataState onRacks, int factor, Integer... full) {
        var create = new CreateTopic(
                "topic-" + factor + full.length,
                UUID.randomUUID(),
                List.of(UUID.randomUUID()),
                factor,
                new TreeMap<>(),
                new TreeSet<>(Set.of(full)));
        assertThat(onRacks.apply(create, onRacks.image().index() + 1)).isInstanceOf(Done.class);
        return onRacks.image().partition(create.name(), 0).orElseThrow().replicas();
    }

    private List<Integer> replicas(String topic, int partition) {
        return state.image().partition(topic, partition).orElseThrow().replicas();
    }

    @Test
    void programsBelowTheLevelCannotReadOfFullDisks() {
        var full = new TreeSet<>(Set.of(1));

        assertThat(refusal(new AddPartitions(ORDERS.topicId(), 4, List.of(UUID.randomUUID()), full)))
                .isEqualTo(Reason.FEATURE_NOT_ENABLED);
    }

    @Test
    void growthNeedsAsManyNodesAliveAsThereAreReplicas() {
        apply(new SetNodeState(2, "incarnation-2", NodeState.DEAD));
        apply(new SetNodeState(3, "incarnation-3", NodeState.DEAD));

        var refused = (Refused) apply(grow(4));

        assertThat(refused.reason()).isEqualTo(Reason.INVALID_REPLICATION_FACTOR);
        assertThat(refused.message())
                .contains("replication_factor is '2', must be from 1 to 1")
                .contains("node 2 is dead; node 3 is dead");
        assertThat(orders().partitions()).hasSize(3);
    }

    @Test
    void preferredLeaderIsAnotherReplicaAndTheReplicasStayTheSame() {
        var before = orders().partitions().get(1);
        int other = before.replicas().get(1);

        apply(new SetPreferredLeader(ORDERS.topicId(), 1, other));

        var after = orders().partitions().get(1);
        assertThat(after.preferredLeader()).isEqualTo(other);
        assertThat(after.replicas()).containsExactlyInAnyOrderElementsOf(before.replicas());
        assertThat(after.raftGroupId()).isEqualTo(before.raftGroupId());
    }

    @Test
    void onlyAReplicaOfAPartitionThatIsThereIsPreferred() {
        var replicas = orders().partitions().get(0).replicas();
        int stranger = IntStream.rangeClosed(1, 3)
                .filter(node -> !replicas.contains(node))
                .findFirst()
                .orElseThrow();

        assertThat(refusal(new SetPreferredLeader(ORDERS.topicId(), 0, stranger)))
                .isEqualTo(Reason.TARGET_NOT_REPLICA);
        assertThat(refusal(new SetPreferredLeader(ORDERS.topicId(), 3, 1))).isEqualTo(Reason.PARTITION_OUT_OF_RANGE);
        assertThat(refusal(new SetPreferredLeader(new UUID(0, 0), 0, 1))).isEqualTo(Reason.UNKNOWN_TOPIC);
    }

    @Test
    void everyKeyHasAValueThatIsTakenBack() {
        var values = TopicConfig.DEFAULTS.values();

        assertThat(values.keySet()).containsExactlyElementsOf(TopicConfig.KEYS);
        assertThat(TopicConfig.check(values, Integer.MAX_VALUE)).isEmpty();
        assertThat(TopicConfig.resolve(values, TopicConfig.DEFAULTS)).isEqualTo(TopicConfig.DEFAULTS);
    }

    private AddPartitions grow(int total) {
        var groups = Stream.generate(UUID::randomUUID)
                .limit(total - orders().partitions().size())
                .toList();
        return new AddPartitions(ORDERS.topicId(), total, groups);
    }

    private static AlterTopicConfig alter(Map<String, String> set, String... reset) {
        return new AlterTopicConfig(ORDERS.topicId(), new TreeMap<>(set), new TreeSet<>(Set.of(reset)));
    }

    private TopicInfo orders() {
        return state.image().topic("orders").orElseThrow();
    }

    private MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    private Reason refusal(MetadataCommand command) {
        return ((Refused) apply(command)).reason();
    }
}
