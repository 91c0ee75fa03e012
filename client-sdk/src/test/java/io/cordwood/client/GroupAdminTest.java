package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GroupAdminTest {
    private final ScriptedCluster cluster = ScriptedCluster.start(2);
    private CordwoodClient client;
    private GroupAdmin groups;

    @BeforeEach
    void start() {
        client = cluster.connect();
        groups = client.admin().groups();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void allPagesOfTheListAreRead() {
        assertThat(groups.list()).extracting(GroupSummary::name).containsExactly("group-0", "group-1", "group-2");
        assertThat(groups.listAsync().join().get(2))
                .isEqualTo(new GroupSummary("group-2", GroupDescription.State.STABLE, 2, GroupAssignor.STICKY, 0));
    }

    @Test
    void groupIsDescribedWithOffsetsAndTheirTexts() {
        synchronized (cluster) {
            cluster.group.offsets.put(new TopicPartition("orders", 1), new ScriptedGroup.Stored(42, 3, "half way"));
        }

        var group = groups.describe("billing");

        assertThat(group.name()).isEqualTo("billing");
        assertThat(group.state()).isEqualTo(GroupDescription.State.SETTLING);
        assertThat(group.outOfRange()).isEqualTo(OutOfRange.EARLIEST);
        assertThat(group.emptySince()).isEmpty();
        assertThat(group.partitions())
                .containsExactly(new GroupDescription.Partition(
                        new TopicPartition("orders", 1),
                        "",
                        false,
                        "",
                        OptionalLong.of(42),
                        "half way",
                        Optional.of(Instant.ofEpochSecond(1_700_000_000))));
    }

    @Test
    void unknownGroupIsTold() {
        cluster.answers.failNext("DescribeGroup", Refusals.of("UNKNOWN_GROUP", "no such group"));

        assertThat(Failures.thrownBy(() -> groups.describe("billing")).code()).isEqualTo(ErrorCode.UNKNOWN_GROUP);
    }

    @Test
    void deletionThatWasDoneByAnEarlierTryHasSucceeded() {
        cluster.answers.failNextAfterwards("DeleteGroup", Refusals.of("METADATA_UNAVAILABLE", "an election"));
        cluster.answers.failNext("DeleteGroup", Refusals.of("UNKNOWN_GROUP", "no such group"));

        groups.delete("billing");

        cluster.answers.failNext("DeleteGroup", Refusals.of("GROUP_ACTIVE", "it has members"));
        assertThat(Failures.thrownBy(() -> groups.delete("billing")).code()).isEqualTo(ErrorCode.GROUP_ACTIVE);
    }

    @Test
    void lagIsToldWithTimesAndRates() {
        var expected = new PartitionLag(
                new TopicPartition("orders", 1),
                OptionalLong.of(40),
                20,
                90,
                50,
                5_000,
                3,
                Optional.of(Duration.ofMillis(12_500)),
                Optional.of(Duration.ofHours(1)),
                OptionalDouble.of(7.5),
                OptionalDouble.of(2.5),
                Optional.of(Duration.ofSeconds(10)),
                Optional.empty());

        assertThat(groups.lag("billing")).containsExactly(expected);
        assertThat(groups.lagAsync("billing").join()).containsExactly(expected);
        synchronized (cluster) {
            assertThat(cluster.group.lagRequests.get(0).getGroup()).isEqualTo("billing");
        }
    }

    @Test
    void lagOfNamedPartitionsSaysWhatCouldNotBeMeasured() {
        var asked = List.of(new TopicPartition("orders", 2), new TopicPartition("orders", 0));

        var lag = groups.lag("billing", asked);

        assertThat(lag).extracting(PartitionLag::partition).isEqualTo(asked);
        assertThat(lag.get(0).error().orElseThrow().code()).isEqualTo(ErrorCode.LEADER_UNKNOWN);
        assertThat(lag.get(0).age()).isEmpty();
        assertThat(lag.get(0).offset()).isEmpty();
        assertThat(lag.get(0).committedPerSecond()).isEmpty();
        assertThat(Failures.thrownBy(() -> groups.lag("no group!")).code()).isEqualTo(ErrorCode.INVALID_NAME);
    }

    @Test
    void offsetsAreForgottenOneByOne() {
        var zero = new TopicPartition("orders", 0);
        var one = new TopicPartition("orders", 1);
        synchronized (cluster) {
            cluster.group.offsets.put(one, new ScriptedGroup.Stored(42, 3, ""));
        }

        var results = groups.deleteOffsets("billing", List.of(zero, one));

        assertThat(results).extracting(OffsetDeletion::partition).containsExactly(zero, one);
        assertThat(results.get(0).error().orElseThrow().code()).isEqualTo(ErrorCode.GROUP_ACTIVE);
        assertThat(results.get(1).error()).isEmpty();
        synchronized (cluster) {
            assertThat(cluster.group.offsets).isEmpty();
        }
    }

    @Test
    void groupThatWentWithItsOffsetsInAnEarlierTryIsNoFailure() {
        var one = new TopicPartition("orders", 1);
        cluster.answers.failNextAfterwards("DeleteOffsets", Refusals.of("METADATA_UNAVAILABLE", "an election"));
        cluster.answers.failNext("DeleteOffsets", Refusals.of("UNKNOWN_GROUP", "no such group"));

        assertThat(groups.deleteOffsets("billing", List.of(one)))
                .containsExactly(new OffsetDeletion(one, Optional.empty()));

        cluster.answers.failNext("DeleteOffsets", Refusals.of("UNKNOWN_GROUP", "no such group"));
        assertThat(Failures.thrownBy(() -> groups.deleteOffsets("billing", List.of(one)))
                        .code())
                .isEqualTo(ErrorCode.UNKNOWN_GROUP);
    }

    @Test
    void resetSaysWhereToAndWhetherItIsMeant() {
        var reset = GroupReset.of("billing")
                .to("orders", List.of(1, 2), StartPoint.last(10))
                .to("returns", StartPoint.earliest())
                .withForce(true);

        var shown = groups.previewReset(reset);
        groups.reset(reset.withForce(false).withCreate(true));

        assertThat(shown)
                .containsExactly(new ResetOffset(new TopicPartition("orders", 1), OptionalLong.of(9), 4, 2, 20));
        synchronized (cluster) {
            var dry = cluster.group.resets.get(0);
            assertThat(dry.getDryRun() && dry.getForce() && !dry.getCreate()).isTrue();
            assertThat(dry.getResets(0).getPartitionsList()).containsExactly(1, 2);
            assertThat(dry.getResets(0).getTo()).isEqualTo("last:10");
            assertThat(dry.getResets(1).getPartitionsList()).isEmpty();
            var real = cluster.group.resets.get(1);
            assertThat(real.getDryRun() || real.getForce()).isFalse();
            assertThat(real.getCreate()).isTrue();
        }
    }
}
