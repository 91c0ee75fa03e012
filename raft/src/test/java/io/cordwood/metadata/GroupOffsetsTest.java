package io.cordwood.metadata;

import static io.cordwood.metadata.GroupWorld.GROUP;
import static io.cordwood.metadata.GroupWorld.LIMITS;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.DeleteOffsets;
import io.cordwood.metadata.GroupCommand.ExpireGroups;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What members commit, and what operators do to it. */
class GroupOffsetsTest {
    private final GroupWorld world = new GroupWorld();
    private final UUID orders = world.create("orders", 4);
    private final PartitionId first = new PartitionId(orders, 0);
    private final PartitionId last = new PartitionId(orders, 3);

    private long joined;

    @BeforeEach
    void join() {
        world.join("a", "orders");
        joined = world.epoch("a");
    }

    @Test
    void committedOffsetIsKeptWithAllThatCameWithIt() {
        var command = world.committing("a", joined, new PartitionOffset(first, 5, 3, "text"));

        assertThat(world.refused(command)).isEmpty();

        assertThat(world.group().offset(first))
                .contains(new CommittedOffset(5, 3, "text", ((CommitOffsets) command).timeMillis()));
    }

    @Test
    void membershipIsTheVerySameAfterACommit() {
        var before = world.group().membership();

        world.commit("a", joined, first, 5);

        assertThat(world.group().membership()).isSameAs(before);
    }

    @Test
    void commandAboutOneGroupLeavesEverythingElseAsTheVerySameObjects() {
        var elsewhere = GroupCommands.join("shipping", "z", GroupSubscription.of("orders"));
        assertThat(world.refused(world.joining(elsewhere))).isEmpty();
        var before = world.image();

        world.commit("a", joined, first, 5);

        assertThat(world.image().topics()).isSameAs(before.topics());
        assertThat(world.image().nodes()).isSameAs(before.nodes());
        assertThat(world.image().groups().group("shipping").orElseThrow())
                .isSameAs(before.groups().group("shipping").orElseThrow());
        assertThat(world.image().groups()).isNotEqualTo(before.groups());
    }

    @Test
    void eachItemIsRefusedForItself() {
        var refused = world.refused(world.committing(
                "a",
                joined,
                new PartitionOffset(first, -1, 0, ""),
                new PartitionOffset(new PartitionId(orders, 1), 4, 0, "elevenbytes"),
                new PartitionOffset(new PartitionId(orders, 4), 4, 0, ""),
                new PartitionOffset(last, 4, 0, "tenbytes.."),
                new PartitionOffset(new PartitionId(new UUID(0, 0), 0), 4, 0, "")));

        assertThat(refused.values())
                .extracting(GroupRefusal::reason)
                .containsExactly(
                        GroupReason.OFFSET_OUT_OF_RANGE,
                        GroupReason.LIMIT_REACHED,
                        GroupReason.NOT_OWNED,
                        GroupReason.NOT_OWNED);
        assertThat(refused).containsOnlyKeys(0, 1, 2, 4);
        assertThat(Objects.requireNonNull(refused.get(1)).message())
                .contains("bytes of metadata is '11', must be at most 10");
        assertThat(world.group().offsets()).containsOnlyKeys(last);
    }

    @Test
    void bytesOfMetadataCountAndNotCharacters() {
        var text = "\u00e9".repeat(6);

        assertThat(world.reason(world.committing("a", joined, new PartitionOffset(first, 1, 0, text))))
                .contains(GroupReason.LIMIT_REACHED);
    }

    @Test
    void strangersCommitNothing() {
        assertThat(world.commit("x", 1, first, 5)).contains(GroupReason.UNKNOWN_MEMBER);
        var nowhere = new CommitOffsets(
                1,
                LIMITS,
                List.of(new GroupCommand.Commit("none", "a", 1, List.of(new PartitionOffset(first, 5, 0, "")))));
        assertThat(world.reason(nowhere)).contains(GroupReason.UNKNOWN_GROUP);
    }

    @Test
    void commitsNeverGoBack() {
        world.commit("a", joined, first, 5);

        assertThat(world.commit("a", joined, first, 4)).contains(GroupReason.OFFSET_BEHIND);
        assertThat(world.commit("a", joined, first, 5)).isEmpty();

        assertThat(world.committed(first)).contains(5L);
    }

    @Test
    void memberCommitsInAPartitionUntilItGivesItUp() {
        world.join("b", "orders");
        assertThat(world.assignment("a").revoked()).containsKey(last);

        assertThat(world.commit("a", joined, last, 5)).isEmpty();
        world.release("a", world.epoch("a"));

        assertThat(world.commit("a", world.epoch("a"), last, 6)).contains(GroupReason.NOT_OWNED);
        assertThat(world.commit("b", world.epoch("b"), last, 6)).isEmpty();
    }

    @Test
    void commitOfAnEarlierEpochHoldsWhereThePartitionStayed() {
        world.join("b", "orders");
        world.settle();
        assertThat(world.epoch("a")).isGreaterThan(joined);

        assertThat(world.commit("a", joined, first, 5)).isEmpty();
        assertThat(world.commit("a", world.epoch("a") + 1, first, 6)).contains(GroupReason.FENCED_MEMBER);
    }

    @Test
    void zombieOfAnEarlierTimeInThePartitionIsFenced() {
        world.join("b", "orders");
        world.settle();
        world.remove("b");
        long back = world.epoch("a");
        assertThat(world.assignment("a").assigned()).containsEntry(last, back);

        assertThat(world.commit("a", joined, last, 5)).contains(GroupReason.FENCED_MEMBER);
        assertThat(world.commit("a", back - 1, last, 5)).contains(GroupReason.FENCED_MEMBER);
        assertThat(world.commit("a", back, last, 5)).isEmpty();
    }

    private ResetOffsets reset(long offset, boolean force) {
        return new ResetOffsets(77, LIMITS, GROUP, List.of(new PartitionOffset(first, offset, -1, "")), force, false);
    }

    @Test
    void activeGroupIsNotResetUnlessForced() {
        world.commit("a", joined, first, 5);
        var before = world.group();

        assertThat(world.reason(reset(2, false))).contains(GroupReason.GROUP_ACTIVE);
        assertThat(world.group()).isEqualTo(before);
    }

    @Test
    void forcedResetFencesWhatIsUnderWay() {
        world.commit("a", joined, first, 5);

        assertThat(world.reason(reset(2, true))).isEmpty();

        assertThat(world.commit("a", joined, first, 6)).contains(GroupReason.FENCED_MEMBER);
        assertThat(world.committed(first)).contains(2L);
        assertThat(world.assignment("a").assigned())
                .containsEntry(first, world.epoch("a"))
                .containsEntry(last, joined);
        assertThat(world.commit("a", joined, last, 6)).isEmpty();
        assertThat(world.commit("a", world.epoch("a"), first, 3)).isEmpty();
    }

    @Test
    void whoIsGivingAPartitionUpIsToldOfItsReset() {
        world.join("b", "orders");
        assertThat(world.assignment("a").revoked()).containsEntry(last, joined);
        var offsets = List.of(new PartitionOffset(last, 2, -1, ""));

        assertThat(world.reason(new ResetOffsets(77, LIMITS, GROUP, offsets, true, false)))
                .isEmpty();

        assertThat(world.commit("a", joined, last, 6)).contains(GroupReason.FENCED_MEMBER);
        assertThat(world.assignment("a").revoked()).containsEntry(last, world.epoch("a"));
        world.settle();
        assertThat(world.commit("b", world.epoch("b"), last, 3)).isEmpty();
    }

    @Test
    void repeatedForcedResetChangesNothing() {
        world.reason(reset(2, true));
        var once = world.group();

        assertThat(world.reason(reset(2, true))).isEmpty();

        assertThat(world.group()).isEqualTo(once);
    }

    @Test
    void resetHoldsWhollyOrNotAtAll() {
        world.commit("a", joined, first, 5);
        world.remove("a");
        var offsets = List.of(
                new PartitionOffset(first, 2, -1, ""),
                new PartitionOffset(new PartitionId(orders, 9), 2, -1, ""),
                new PartitionOffset(last, -2, -1, ""));

        var refused = world.refused(new ResetOffsets(77, LIMITS, GROUP, offsets, false, false));

        assertThat(refused).containsOnlyKeys(1, 2);
        assertThat(Objects.requireNonNull(refused.get(1)).reason()).isEqualTo(GroupReason.UNKNOWN_PARTITION);
        assertThat(Objects.requireNonNull(refused.get(2)).reason()).isEqualTo(GroupReason.OFFSET_OUT_OF_RANGE);
        assertThat(world.committed(first)).contains(5L);
        assertThat(world.reason(reset(2, false))).isEmpty();
        assertThat(world.committed(first)).contains(2L);
        assertThat(world.group().emptySinceMillis()).isEqualTo(77);
    }

    @Test
    void textThatIsThereIsTakenAlsoWhereTheLimitIsLowerNow() {
        world.refused(world.committing("a", joined, new PartitionOffset(first, 5, 0, "0123456789")));
        var lower = new GroupLimits(3, 3, 5, 1 << 20, 1 << 20);

        var same = world.refused(committing(lower, new PartitionOffset(first, 6, 0, "0123456789")));
        var other = world.refused(committing(lower, new PartitionOffset(first, 7, 0, "01234567")));

        assertThat(same).isEmpty();
        assertThat(Objects.requireNonNull(other.get(0)).reason()).isEqualTo(GroupReason.LIMIT_REACHED);
        assertThat(world.committed(first)).contains(6L);
    }

    private CommitOffsets committing(GroupLimits limits, PartitionOffset... offsets) {
        return new CommitOffsets(77, limits, List.of(new GroupCommand.Commit(GROUP, "a", joined, List.of(offsets))));
    }

    @Test
    void offsetsAreRefusedThatMakeTheGroupOrAllOfThemTooLarge() {
        long bytes = world.image().groups().bytes();
        var room = new GroupLimits(3, 3, 10, bytes + 100, bytes + 100);
        var total = new GroupLimits(3, 3, 10, bytes + 100, bytes + 10);
        var offset = new PartitionOffset(first, 5, 0, "text");

        assertThat(Objects.requireNonNull(
                                world.refused(committing(total, offset)).get(0))
                        .field())
                .isEqualTo("bytes of all groups");
        var refused = world.refused(committing(room, offset, new PartitionOffset(last, 5, 0, "text")));
        assertThat(refused).containsOnlyKeys(1);
        assertThat(Objects.requireNonNull(refused.get(1)).field()).isEqualTo("bytes of group payments");
        assertThat(world.committed(first)).contains(5L);
        assertThat(world.committed(last)).isEmpty();
        assertThat(world.refused(committing(room, new PartitionOffset(first, 6, 0, "text"))))
                .isEmpty();
        assertThat(world.reason(
                        new ResetOffsets(77, room, GROUP, List.of(new PartitionOffset(last, 5, 0, "")), true, false)))
                .contains(GroupReason.LIMIT_REACHED);
    }

    @Test
    void bytesOfGroupsAreCountedAsTheyComeAndGo() {
        world.refused(world.committing("a", joined, new PartitionOffset(first, 5, 0, "text")));
        world.join("b", "orders");
        world.settle();

        var counted = world.image().groups();
        assertThat(counted).isEqualTo(GroupRegistry.of(counted.byName()));
        world.remove("a");
        world.remove("b");
        world.reason(new ExpireGroups(Long.MAX_VALUE, List.of(GROUP)));

        assertThat(world.image().groups().bytes()).isZero();
    }

    @Test
    void unknownGroupIsResetOnlyWhereItShallBeCreated() {
        var offsets = List.of(new PartitionOffset(first, 2, -1, ""));
        var few = new GroupLimits(1, 1, 1, 1 << 20, 1 << 20);

        assertThat(world.reason(new ResetOffsets(77, LIMITS, "new", offsets, false, false)))
                .contains(GroupReason.UNKNOWN_GROUP);
        assertThat(world.reason(new ResetOffsets(77, few, "new", offsets, false, true)))
                .contains(GroupReason.LIMIT_REACHED);
        assertThat(world.reason(new ResetOffsets(77, LIMITS, "..", offsets, false, true)))
                .contains(GroupReason.INVALID_NAME);
        assertThat(world.reason(new ResetOffsets(77, LIMITS, "new", offsets, false, true)))
                .isEmpty();

        assertThat(world.image().groups().group("new").orElseThrow().offsets()).containsOnlyKeys(first);
    }

    @Test
    void offsetOfAPartitionInUseIsNotDeleted() {
        world.commit("a", joined, first, 5);

        assertThat(world.reason(new DeleteOffsets(GROUP, List.of(first)))).contains(GroupReason.GROUP_ACTIVE);
        world.remove("a");
        assertThat(world.reason(new DeleteOffsets(GROUP, List.of(last, first)))).isEmpty();

        assertThat(world.image().groups().byName()).isEmpty();
        assertThat(world.reason(new DeleteOffsets(GROUP, List.of(first)))).isEmpty();
    }

    @Test
    void onlyGroupsThatWereEmptyForLongExpire() {
        world.commit("a", joined, first, 5);
        var groups = List.of(GROUP, "none");
        world.reason(new ExpireGroups(Long.MAX_VALUE, groups));
        assertThat(world.image().groups().byName()).hasSize(1);
        world.remove("a");
        long since = world.group().emptySinceMillis();

        world.reason(new ExpireGroups(since - 1, groups));
        assertThat(world.image().groups().byName()).hasSize(1);
        world.reason(new ExpireGroups(since, List.of("none")));
        assertThat(world.image().groups().byName()).hasSize(1);
        world.reason(new ExpireGroups(since, groups));

        assertThat(world.image().groups().byName()).isEmpty();
    }
}
