package io.cordwood.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.FormCluster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariants of the state over long random histories; the seed is in the test's name. */
class MetadataHistoryTest {
    private static final int LENGTH = 400;

    static LongStream seeds() {
        return LongStream.range(0, 20);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void replayEqualsLive(long seed) {
        var commands = MetadataCommands.history(seed, LENGTH);
        var live = new MetadataState(MetadataImage.EMPTY);
        var replay = new MetadataState(MetadataImage.EMPTY);

        for (int i = 0; i < commands.size(); i++) {
            var result = live.apply(commands.get(i), i + 1);
            assertThat(replay.apply(commands.get(i), i + 1)).isEqualTo(result);
            assertThat(replay.image()).isEqualTo(live.image());
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void stateFromAnyImageOnEqualsLive(long seed) {
        var commands = MetadataCommands.history(seed, LENGTH);
        int cut = new Random(seed).nextInt(LENGTH);
        var live = new MetadataState(MetadataImage.EMPTY);
        IntStream.range(0, cut).forEach(i -> live.apply(commands.get(i), i + 1));
        var restored = new MetadataState(live.image());

        for (int i = cut; i < commands.size(); i++) {
            assertThat(restored.apply(commands.get(i), i + 1)).isEqualTo(live.apply(commands.get(i), i + 1));
        }
        assertThat(restored.image()).isEqualTo(live.image());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void refusedCommandsChangeNothingAndRepetitionsHold(long seed) {
        var commands = MetadataCommands.history(seed, LENGTH);
        var state = new MetadataState(MetadataImage.EMPTY);

        for (int i = 0; i < commands.size(); i++) {
            var before = state.image();
            var result = state.apply(commands.get(i), 2L * i + 1);
            if (result instanceof MetadataResult.Refused) {
                assertThat(state.image()).isEqualTo(before.withIndex(2L * i + 1));
            } else if (!(commands.get(i) instanceof MetadataCommand.AllocateProducerIds)) {
                var once = state.image();
                assertThat(state.apply(commands.get(i), 2L * i + 2)).isInstanceOf(MetadataResult.Done.class);
                assertThat(state.image()).isEqualTo(once.withIndex(2L * i + 2));
            }
            checkInvariants(before, state.image());
        }
    }

    /** Else all this would say nothing of what a metadata leader does by itself. */
    @Test
    void historiesHaveChangesThatNobodyOrdered() {
        var results = new ArrayList<MetadataResult>();
        seeds().forEach(seed -> {
            var commands = MetadataCommands.history(seed, LENGTH);
            var state = new MetadataState(MetadataImage.EMPTY);
            for (int i = 0; i < commands.size(); i++) {
                var result = state.apply(commands.get(i), i + 1);
                if (commands.get(i) instanceof AlterReplicas alter
                        && alter.seenIndex().isPresent()) {
                    results.add(result);
                }
            }
        });

        assertThat(results)
                .hasAtLeastOneElementOfType(MetadataResult.Done.class)
                .hasAtLeastOneElementOfType(MetadataResult.Refused.class);
    }

    private static void checkInvariants(MetadataImage before, MetadataImage after) {
        assertThat(after.index()).isGreaterThan(before.index());
        assertThat(after.nextProducerId()).isGreaterThanOrEqualTo(before.nextProducerId());
        var groups = new HashSet<>();
        for (TopicInfo topic : after.topics().values()) {
            for (PartitionInfo partition : topic.partitions()) {
                assertThat(groups.add(partition.raftGroupId()))
                        .as("group of its own")
                        .isTrue();
                assertThat(new HashSet<>(partition.replicas())).hasSameSizeAs(partition.replicas());
                assertThat(after.nodes().keySet()).containsAll(partition.replicas());
            }
            before.topic(topic.topicId()).ifPresent(old -> assertTermsRise(old.partitions(), topic.partitions()));
        }
    }

    private static void assertTermsRise(List<PartitionInfo> before, List<PartitionInfo> after) {
        for (int i = 0; i < before.size(); i++) {
            assertThat(after.get(i).leaderTerm())
                    .isGreaterThanOrEqualTo(before.get(i).leaderTerm());
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void replicasAndPreferredLeadersAreSpreadEvenly(long seed) {
        var random = new Random(seed);
        int nodes = 1 + random.nextInt(7);
        var state = new MetadataState(MetadataImage.EMPTY);
        var registrations =
                IntStream.rangeClosed(1, nodes).mapToObj(MetadataCommands::node).toList();
        state.apply(new FormCluster(MetadataCommands.CLUSTER, 1, registrations, List.of(1)), 1);
        for (int i = 0; i < 12; i++) {
            int partitions = 1 + random.nextInt(6);
            var create = MetadataCommands.topic("topic-" + i, partitions, 1 + random.nextInt(nodes), random);
            assertThat(state.apply(create, i + 2)).isInstanceOf(MetadataResult.Done.class);
        }

        var replicas = IntStream.rangeClosed(1, nodes)
                .map(node -> state.image().replicasOn(node).size())
                .summaryStatistics();
        var preferred = IntStream.rangeClosed(1, nodes)
                .map(node -> (int) state.image().replicasOn(node).stream()
                        .filter(replica -> replica.partition().preferredLeader() == node)
                        .count())
                .summaryStatistics();
        assertThat(replicas.getMax() - replicas.getMin()).isLessThanOrEqualTo(1);
        assertThat(preferred.getMax() - preferred.getMin()).isLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void replicasOfAPartitionAreOnDifferentRacks(long seed) {
        var state = new MetadataState(MetadataImage.EMPTY);
        var registrations = IntStream.rangeClosed(1, 6)
                .mapToObj(id -> MetadataCommands.node(id, "rack-" + id % 3, 300))
                .toList();
        state.apply(new FormCluster(MetadataCommands.CLUSTER, 1, registrations, List.of(1)), 1);
        state.apply(MetadataCommands.topic("orders", 1 + (int) seed, 3), 2);

        for (PartitionInfo partition :
                state.image().topic("orders").orElseThrow().partitions()) {
            var racks = partition.replicas().stream()
                    .map(id -> state.image().node(id).orElseThrow().rack())
                    .toList();
            assertThat(racks).doesNotHaveDuplicates();
        }
    }
}
