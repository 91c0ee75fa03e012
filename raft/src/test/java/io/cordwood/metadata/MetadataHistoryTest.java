package io.cordwood.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.FormCluster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
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
                assertHolds(state.apply(commands.get(i), 2L * i + 2), result);
                assertThat(state.image()).isEqualTo(once.withIndex(2L * i + 2));
            }
            checkInvariants(before, state.image());
        }
    }

    private static void assertHolds(MetadataResult again, MetadataResult first) {
        if (first instanceof MetadataResult.GroupAnswer answer) {
            assertThat(again)
                    .isInstanceOfSatisfying(
                            MetadataResult.GroupAnswer.class,
                            repeated -> assertThat(withoutOvertaken(repeated)).isEqualTo(withoutOvertaken(answer)));
        } else {
            assertThat(again).isInstanceOf(MetadataResult.Done.class);
        }
    }

    private static Set<Integer> withoutOvertaken(MetadataResult.GroupAnswer answer) {
        return answer.refused().entrySet().stream()
                .filter(entry -> entry.getValue().reason() != GroupReason.OFFSET_BEHIND)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** Else all this would say nothing of them. */
    @Test
    void historiesHaveGroupsWithMembersAndOffsets() {
        var groups = new ArrayList<ConsumerGroup>();
        seeds().forEach(seed -> {
            var state = new MetadataState(MetadataImage.EMPTY);
            var commands = MetadataCommands.history(seed, LENGTH);
            for (int i = 0; i < LENGTH; i++) {
                state.apply(commands.get(i), i + 1);
                groups.addAll(state.image().groups().byName().values());
            }
        });

        assertThat(groups)
                .anyMatch(group -> group.membership().members().size() > 1
                        && !group.offsets().isEmpty())
                .anyMatch(group ->
                        group.membership().partitions().values().stream().anyMatch(GroupPartition::isRevoked))
                .anyMatch(group -> !group.isActive());
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
        after.groups().byName().values().forEach(group -> checkGroup(group, after));
    }

    private static void checkGroup(ConsumerGroup group, MetadataImage image) {
        var membership = group.membership();
        assertThat(group.isVoid()).isFalse();
        assertThat(group.emptySinceMillis() == 0).isEqualTo(group.isActive());
        assertThat(group.offsets().keySet())
                .allMatch(id -> image.topic(id.topicId()).isPresent());
        membership.partitions().forEach((id, partition) -> {
            assertThat(image.topic(id.topicId())).isPresent();
            assertThat(partition.isForgotten()).isFalse();
            for (String memberId : List.of(partition.owner(), partition.target())) {
                assertThat(memberId.isEmpty() || membership.members().containsKey(memberId))
                        .isTrue();
            }
            if (partition.isOwned()) {
                long epoch = membership.member(partition.owner()).orElseThrow().epoch();
                assertThat(epoch).isBetween(1L, image.index());
                assertThat(partition.since()).isBetween(1L, epoch);
                assertThat(partition.revokedAt()).isBetween(0L, epoch);
            } else {
                assertThat(partition.since() + partition.revokedAt()).isZero();
            }
        });
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
