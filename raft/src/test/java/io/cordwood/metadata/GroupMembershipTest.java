package io.cordwood.metadata;

import static io.cordwood.metadata.GroupCommands.join;
import static io.cordwood.metadata.GroupCommands.names;
import static io.cordwood.metadata.GroupWorld.GROUP;
import static io.cordwood.metadata.GroupWorld.LIMITS;
import static io.cordwood.metadata.GroupWorld.fixed;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.GroupCommand.DeleteGroup;
import io.cordwood.metadata.GroupCommand.Join;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.Release;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How members of a group come, go, and hand partitions over. */
class GroupMembershipTest {
    private final GroupWorld world = new GroupWorld();
    private final UUID orders = world.create("orders", 4);

    @Test
    void firstMemberTakesEverythingAtOnce() {
        world.join("a", "orders");

        assertThat(world.assignment("a").assigned()).hasSize(4);
        assertThat(world.epoch("a")).isEqualTo(world.image().index());
        assertThat(world.group().membership().isStable()).isTrue();
        assertThat(world.group().emptySinceMillis()).isZero();
    }

    @Test
    void partitionHasItsOldOwnerUntilItIsGivenUp() {
        world.join("a", "orders");
        world.join("b", "orders");

        assertThat(world.assignment("a").revoked()).hasSize(2);
        assertThat(world.assignment("a").assigned()).hasSize(2);
        assertThat(world.assignment("b").assigned()).isEmpty();

        var moving = world.assignment("a").revoked().keySet();
        assertThat(world.release("a", world.epoch("a"))).isEmpty();
        assertThat(world.assignment("b").assigned().keySet()).isEqualTo(moving);
        assertThat(world.assignment("a").revoked()).isEmpty();
    }

    @Test
    void onlyTheEpochOfThoseRisesWhoseAssignmentChanges() {
        world.join("a", "orders");
        world.join("b", "orders");
        world.settle();
        long a = world.epoch("a");
        long b = world.epoch("b");

        world.join("c", "orders");

        assertThat(List.of(world.epoch("a") > a, world.epoch("b") > b)).containsExactlyInAnyOrder(true, false);
    }

    @Test
    void releaseOfAnEarlierEpochGivesNothingUp() {
        world.join("a", "orders");
        world.join("b", "orders");

        assertThat(world.release("a", world.epoch("a") - 1)).isEmpty();

        assertThat(world.assignment("a").revoked()).hasSize(2);
        assertThat(world.assignment("b").assigned()).isEmpty();
    }

    @Test
    void lateRepetitionOfAReleaseTakesNothingThatCameBack() {
        world.join("a", "orders");
        world.join("b", "orders");
        var late = world.releasing("a", world.epoch("a"));
        world.settle();
        world.remove("b");
        assertThat(world.assignment("a").assigned()).hasSize(4);

        assertThat(world.refused(late)).isEmpty();
        assertThat(world.assignment("a").assigned()).hasSize(4);

        world.join("c", "orders");
        assertThat(world.assignment("a").revoked()).hasSize(2);
        assertThat(world.refused(late)).isEmpty();
        assertThat(world.assignment("a").revoked()).hasSize(2);
    }

    @Test
    void nobodyGivesUpWhatIsAnothers() {
        world.join("a", "orders");
        world.join("b", "orders");
        var others = List.copyOf(world.assignment("a").revoked().keySet());

        var stolen = new ReleasePartitions(List.of(new Release(GROUP, "b", world.epoch("b"), others)));

        assertThat(world.refused(stolen)).isEmpty();
        assertThat(world.assignment("a").revoked()).hasSize(2);
    }

    @Test
    void releaseOfNobodyOrOfAnEpochThatIsNotYetIsRefused() {
        world.join("a", "orders");

        assertThat(world.release("x", 1)).contains(GroupReason.UNKNOWN_MEMBER);
        assertThat(world.release("a", world.epoch("a") + 1)).contains(GroupReason.FENCED_MEMBER);
        var nowhere = new ReleasePartitions(List.of(new Release("none", "a", 1, List.of())));
        assertThat(world.reason(nowhere)).contains(GroupReason.UNKNOWN_GROUP);
    }

    @Test
    void partitionsOfARemovedMemberPassOnAtOnce() {
        world.join("a", "orders");
        world.join("b", "orders");

        world.remove("a");

        assertThat(world.assignment("b").assigned()).hasSize(4);
        assertThat(world.group().membership().member("a")).isEmpty();
    }

    @Test
    void groupIsEmptySinceItsLastMemberWent() {
        world.join("a", "orders");
        world.commit("a", world.epoch("a"), world.partition("orders", 0), 5);

        world.remove("a");

        assertThat(world.group().isActive()).isFalse();
        assertThat(world.group().emptySinceMillis()).isGreaterThan(1000);
        assertThat(world.group().membership().partitions()).isEmpty();
        long since = world.group().emptySinceMillis();
        world.remove("a");
        assertThat(world.group().emptySinceMillis()).isEqualTo(since);
    }

    @Test
    void memberThatComesAgainHasAnEpochThatItNeverHad() {
        world.join("a", "orders");
        long before = world.epoch("a");
        var partition = world.partition("orders", 0);
        world.remove("a");

        world.join("a", "orders");

        assertThat(world.epoch("a")).isGreaterThan(before);
        assertThat(world.commit("a", before, partition, 3)).contains(GroupReason.FENCED_MEMBER);
    }

    @Test
    void groupThatNeverCommittedIsNotKept() {
        world.join("a", "orders");

        world.remove("a");

        assertThat(world.image().groups().byName()).isEmpty();
    }

    @Test
    void repeatedJoinChangesNothing() {
        world.join("a", "orders");
        world.join("b", "orders");
        var before = world.image().groups();

        world.join("b", "orders");

        assertThat(world.image().groups()).isEqualTo(before);
    }

    @Test
    void joinsOfOneCommandAreDealtOutOnce() {
        var joins = IntStream.range(0, 4)
                .mapToObj(i -> join(GROUP, "m" + i, GroupSubscription.of("orders")))
                .toArray(Join[]::new);

        assertThat(world.refused(world.joining(joins))).isEmpty();

        assertThat(world.group().membership().epoch()).isEqualTo(world.image().index());
        assertThat(world.group().membership().isStable()).isTrue();
        for (Join join : joins) {
            assertThat(world.assignment(join.memberId()).assigned()).hasSize(1);
        }
    }

    @Test
    void changedSubscriptionIsFollowed() {
        world.create("offers", 2);
        world.join("a", "orders");

        world.join("a", "offers");

        assertThat(world.assignment("a").revoked()).hasSize(4);
        assertThat(world.assignment("a").assigned()).hasSize(2);
        world.settle();
        assertThat(world.group().membership().partitions()).hasSize(2);
    }

    @Test
    void staticMemberThatRestartsKeepsItsPartitions() {
        assertThat(world.refused(world.joining(fixed("a1", "one", ""), fixed("b1", "two", ""))))
                .isEmpty();
        var before = world.assignment("a1").assigned().keySet();
        long epoch = world.epoch("a1");
        var others = world.assignment("b1");

        assertThat(world.refused(world.joining(fixed("a2", "one", "a1")))).isEmpty();

        assertThat(world.assignment("a2").assigned().keySet()).isEqualTo(before);
        assertThat(world.epoch("a2")).isGreaterThan(epoch);
        assertThat(world.assignment("b1")).isEqualTo(others);
        assertThat(world.commit("a1", epoch, before.iterator().next(), 3)).contains(GroupReason.UNKNOWN_MEMBER);
        assertThat(world.commit("a2", epoch, before.iterator().next(), 3)).contains(GroupReason.FENCED_MEMBER);
        assertThat(world.commit("a2", world.epoch("a2"), before.iterator().next(), 3))
                .isEmpty();
    }

    @Test
    void staticMemberThatRestartsKeepsItsRangeToo() {
        var ids = List.of("a", "b", "c", "d");
        var joins = ids.stream().map(id -> ranging(id, "instance-" + id, "")).toArray(Join[]::new);
        assertThat(world.refused(world.joining(joins))).isEmpty();
        var before = world.assignment("a").assigned().keySet();

        assertThat(world.refused(world.joining(ranging("z", "instance-a", "a"))))
                .isEmpty();

        assertThat(world.group().membership().isStable()).isTrue();
        assertThat(world.assignment("z").assigned().keySet()).isEqualTo(before);
    }

    private static Join ranging(String memberId, String instanceId, String replaces) {
        var settings = new GroupSettings(Assignor.RANGE, Duration.ofSeconds(10), TrimmedOffsets.EARLIEST);
        return new Join(
                GROUP,
                memberId,
                memberId,
                instanceId,
                replaces,
                "",
                "host",
                GroupSubscription.of("orders"),
                names(),
                settings);
    }

    @Test
    void sessionTimeoutIsEachMembersOwn() {
        assertThat(world.refused(world.joining(lasting("a", 300)))).isEmpty();
        assertThat(world.refused(world.joining(lasting("b", 10)))).isEmpty();

        var members = world.group().membership().members();
        assertThat(Objects.requireNonNull(members.get("a")).sessionTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(Objects.requireNonNull(members.get("b")).sessionTimeout()).isEqualTo(Duration.ofSeconds(10));
    }

    private static Join lasting(String memberId, long seconds) {
        var settings = GroupSettings.DEFAULT.withSessionTimeout(Duration.ofSeconds(seconds));
        return new Join(GROUP, memberId, "", "", "", "", "host", GroupSubscription.of("orders"), names(), settings);
    }

    @Test
    void joinIsRefusedThatMakesTheGroupOrAllOfThemTooLarge() {
        var topics = GroupSubscription.of("orders");
        var first = join(GROUP, "a", topics);
        var second = join("other", "b", topics);
        world.create("large", 1_000);
        var large = join(GROUP, "c", GroupSubscription.of("large"));

        var ofGroup = world.refused(new JoinGroups(new GroupLimits(9, 9, 0, 2_000, 9_000), List.of(first, large)));
        var ofAll = world.refused(new JoinGroups(new GroupLimits(9, 9, 0, 2_000, 500), List.of(second)));

        assertThat(ofGroup).containsOnlyKeys(1);
        assertThat(Objects.requireNonNull(ofGroup.get(1)).message())
                .startsWith("a limit is reached: bytes of group payments is '64")
                .endsWith("', must be at most 2000");
        assertThat(Objects.requireNonNull(ofAll.get(0)).field()).isEqualTo("bytes of all groups");
        assertThat(world.image().groups().byName()).containsOnlyKeys(GROUP);
        assertThat(world.group().membership().members()).containsOnlyKeys("a");
    }

    @Test
    void whatAStaticMemberWasAskedForItHasGivenUpByRestarting() {
        assertThat(world.refused(world.joining(fixed("a1", "one", "")))).isEmpty();
        world.join("b", "orders");
        assertThat(world.assignment("b").assigned()).isEmpty();

        assertThat(world.refused(world.joining(fixed("a2", "one", "a1")))).isEmpty();

        assertThat(world.assignment("b").assigned()).hasSize(2);
        assertThat(world.assignment("a2").assigned()).hasSize(2);
    }

    @Test
    void instanceIdIsNotTakenFromAMemberThatIsThere() {
        assertThat(world.refused(world.joining(fixed("a", "one", "")))).isEmpty();

        for (String replaces : List.of("", "x")) {
            assertThat(world.refused(world.joining(fixed("b", "one", replaces))).get(0))
                    .isEqualTo(new GroupRefusal(
                            GroupReason.DUPLICATE_INSTANCE_ID,
                            "instance_id",
                            "one",
                            "unlike that of member a on host"));
        }
        assertThat(world.group().membership().members()).containsOnlyKeys("a");
    }

    @Test
    void limitsNameWhatTheyAreAbout() {
        var few = new GroupLimits(1, 1, 0, 1 << 20, 1 << 20);
        var first = join(GROUP, "a", GroupSubscription.of("orders"));
        var second = join(GROUP, "b", GroupSubscription.of("orders"));
        var other = join("other", "c", GroupSubscription.of("orders"));

        var refused = world.refused(new JoinGroups(few, List.of(first, second, other)));

        assertThat(refused)
                .containsOnlyKeys(1, 2)
                .containsEntry(
                        1, new GroupRefusal(GroupReason.LIMIT_REACHED, "members of group payments", "2", "at most 1"))
                .containsEntry(2, new GroupRefusal(GroupReason.LIMIT_REACHED, "groups", "2", "at most 1"));
        assertThat(world.assignment("a").assigned()).hasSize(4);
    }

    @Test
    void badNamesAndEmptySubscriptionsAreRefused() {
        var badName = join("pay/ments", "a", GroupSubscription.of("orders"));
        var nothing = join(GROUP, "a", GroupSubscription.of());

        var refused = world.refused(world.joining(badName, nothing));

        assertThat(refused.values())
                .extracting(GroupRefusal::reason)
                .containsExactly(GroupReason.INVALID_NAME, GroupReason.INVALID_SUBSCRIPTION);
        assertThat(world.image().groups().byName()).isEmpty();
    }

    @Test
    void newPartitionsComeInWithTheNextRefresh() {
        world.join("a", "orders");
        world.apply(new MetadataCommand.AddPartitions(orders, 5, List.of(new UUID(8, 8))));
        assertThat(world.assignment("a").assigned()).hasSize(4);

        assertThat(world.refresh()).isEmpty();

        assertThat(world.assignment("a").assigned()).hasSize(5);
        var settled = world.image().groups();
        assertThat(world.refresh()).isEmpty();
        assertThat(world.image().groups()).isEqualTo(settled);
    }

    @Test
    void patternIsWhatItWasFoundToMatch() {
        world.create("offers", 1);
        var wanted = new GroupSubscription(names(), "o.*");
        var join = new Join(GROUP, "a", "a", "", "", "", "host", wanted, names("orders"), GroupSettings.DEFAULT);
        assertThat(world.refused(world.joining(join))).isEmpty();
        assertThat(world.assignment("a").assigned()).hasSize(4);

        world.refresh("o.*", names("offers"), names());
        world.refresh("unused", names("orders"), names());

        assertThat(world.assignment("a").assigned()).hasSize(5);
        assertThat(world.group().membership().patterns()).containsOnlyKeys("o.*");
    }

    @Test
    void whatAPatternMatchesIsToldInParts() {
        world.create("offers", 1);
        world.create("others", 2);
        var wanted = new GroupSubscription(names(), "o.*");
        var join = new Join(GROUP, "a", "a", "", "", "", "host", wanted, names("orders"), GroupSettings.DEFAULT);
        world.refused(world.joining(join));

        world.refresh("o.*", names("offers"), names());
        world.refresh("o.*", names("others"), names("orders"));
        assertThat(world.assignment("a").assigned()).hasSize(3);
        assertThat(world.assignment("a").revoked()).hasSize(4);
        var told = world.image().groups();
        world.refresh("o.*", names("others"), names("orders"));

        assertThat(world.image().groups()).isEqualTo(told);
        assertThat(world.group().membership().patterns()).containsEntry("o.*", names("offers", "others"));
    }

    @Test
    void whoComesWithAPatternOfTheGroupTakesWhatItMatchesAlready() {
        world.create("offers", 1);
        var wanted = new GroupSubscription(names(), "o.*");
        var all = names("orders", "offers");
        world.refused(world.joining(new Join(GROUP, "a", "a", "", "", "", "host", wanted, all, GroupSettings.DEFAULT)));

        world.refused(
                world.joining(new Join(GROUP, "b", "b", "", "", "", "host", wanted, names(), GroupSettings.DEFAULT)));
        world.settle();

        assertThat(world.group().membership().patterns()).containsEntry("o.*", all);
        assertThat(world.assignment("a").assigned()).hasSize(3);
        assertThat(world.assignment("b").assigned()).hasSize(2);
    }

    @Test
    void deletedTopicLeavesNothingBehind() {
        world.create("offers", 2);
        world.join("a", "orders", "offers");
        world.commit("a", world.epoch("a"), world.partition("orders", 0), 5);
        world.commit("a", world.epoch("a"), world.partition("offers", 0), 6);

        world.apply(new MetadataCommand.DeleteTopic(orders));

        assertThat(world.assignment("a").assigned())
                .containsOnlyKeys(world.partition("offers", 0), world.partition("offers", 1));
        assertThat(world.group().offsets()).containsOnlyKeys(world.partition("offers", 0));
        assertThat(world.epoch("a")).isEqualTo(world.image().index());
        assertThat(world.refresh()).isEmpty();
        assertThat(world.group().membership().topics()).hasSize(1);
    }

    @Test
    void whatADeletedTopicLeavesUnevenIsEvenAfterARefresh() {
        world.create("offers", 4);
        var settings = new GroupSettings(Assignor.STICKY, Duration.ofSeconds(9), TrimmedOffsets.FAIL);
        var joins = new ArrayList<Join>();
        for (String memberId : List.of("a", "b")) {
            var topic = memberId.equals("a") ? "orders" : "offers";
            joins.add(new Join(GROUP, memberId, "", "", "", "", "", GroupSubscription.of(topic), names(), settings));
        }
        world.refused(world.joining(joins.toArray(Join[]::new)));
        world.refused(world.joining(
                join(GROUP, "a", GroupSubscription.of("orders", "offers")),
                join(GROUP, "b", GroupSubscription.of("orders", "offers"))));
        world.apply(new MetadataCommand.DeleteTopic(orders));
        assertThat(world.assignment("b").assigned()).hasSize(4);

        world.refresh();
        world.settle();

        assertThat(world.assignment("a").assigned()).hasSize(2);
        // Members that come again have no say in it.
        assertThat(world.group().membership().settings()).isEqualTo(settings);
    }

    @Test
    void groupWithMembersIsNotDeleted() {
        world.join("a", "orders");
        world.commit("a", world.epoch("a"), world.partition("orders", 0), 5);

        assertThat(world.reason(new DeleteGroup(GROUP))).contains(GroupReason.GROUP_ACTIVE);
        world.remove("a");
        assertThat(world.reason(new DeleteGroup(GROUP))).isEmpty();

        assertThat(world.image().groups().byName()).isEmpty();
        assertThat(world.reason(new DeleteGroup(GROUP))).isEmpty();
    }

    @Test
    void fiveHundredMembersJoinOneAfterTheOtherAndSettle() {
        world.create("wide", 500);
        for (int i = 0; i < 500; i++) {
            world.join("m" + i, "wide");
            world.settle();
        }

        assertThat(LIMITS.maxMembersPerGroup()).isGreaterThanOrEqualTo(500);
        for (int i = 0; i < 500; i++) {
            assertThat(world.assignment("m" + i).assigned()).hasSize(1);
        }
    }
}
