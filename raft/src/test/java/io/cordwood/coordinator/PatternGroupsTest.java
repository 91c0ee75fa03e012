package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.cordwood.coordinator.CoordinatorOutput.Close;
import io.cordwood.coordinator.CoordinatorOutput.Propose;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.RefreshGroups;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What becomes of members that name their topics by a pattern; the log here takes every proposal at once. */
class PatternGroupsTest {
    private static final String GROUP = "payments";
    /** Nobody pings here. */
    private static final GroupSettings LIVING = GroupSettings.DEFAULT.withSessionTimeout(Duration.ofMinutes(30));

    /** There is time for some 200 long names in a second. */
    private static final String COSTLY = "t{2,200}.*";

    /** Looks ahead, which no pattern may do any more. */
    private static final String OLD = "(?=o).*";

    private final CoordinatorWorld world = new CoordinatorWorld(CoordinatorConfig.DEFAULT);
    private final MetadataState state = world.state;
    private final Coordinator coordinator = world.coordinator();
    private final List<GroupCommand> proposed = new ArrayList<>();
    private final List<GroupRefusal> closed = new ArrayList<>();

    private void write(MetadataCommand command) {
        world.write(command);
    }

    private void topics(String... names) {
        for (String name : names) {
            write(MetadataCommands.topic(name, 1, 1));
        }
        coordinator.applied(state.image());
    }

    private void note(List<CoordinatorOutput> outputs) {
        for (CoordinatorOutput output : outputs) {
            if (output instanceof Propose propose) {
                proposed.add(propose.command());
            } else if (output instanceof Close close) {
                closed.add(close.reason());
            }
        }
    }

    private void after(long millis) {
        note(world.after(millis));
    }

    private void connect(long stream, String memberId, String pattern) {
        connect(stream, GROUP, memberId, pattern);
    }

    private void connect(long stream, String group, String memberId, String pattern) {
        var wanted = new GroupSubscription(new TreeSet<>(), pattern);
        coordinator.connect(stream, new MemberHello(group, memberId, 0, "", "", "", "host", wanted, LIVING));
        after(100);
    }

    private GroupMembership membership() {
        return state.image().groups().group(GROUP).orElseThrow().membership();
    }

    /** What the newest join of a member named of topics. */
    private int namedByTheJoin() {
        var joins = proposed.stream().filter(JoinGroups.class::isInstance).toList();
        return ((JoinGroups) joins.get(joins.size() - 1))
                .joins()
                .get(0)
                .patternTopics()
                .size();
    }

    /** How many topics each refresh named, one entry a second, until there is nothing to refresh any more. */
    private List<Integer> refreshed() {
        var named = new ArrayList<Integer>();
        for (boolean more = true; more; ) {
            proposed.clear();
            after(1000);
            more = !proposed.isEmpty();
            for (GroupCommand command : proposed) {
                named.add(((RefreshGroups) command)
                        .groups().stream()
                                .mapToInt(refresh -> refresh.added().size()
                                        + refresh.removed().size())
                                .sum());
            }
        }
        return named;
    }

    private void seconds(int count) {
        for (int i = 0; i < count; i++) {
            after(1000);
        }
    }

    private SortedMap<String, SortedSet<String>> patterns(String group) {
        return state.image().groups().group(group).orElseThrow().membership().patterns();
    }

    private void createTopicsWithLongNames(int first, int end) {
        for (int i = first; i < end; i++) {
            write(MetadataCommands.topic("t".repeat(240) + i, 1, 1));
        }
        coordinator.applied(state.image());
    }

    private void deleteTopicsWithLongNames(int first, int end) {
        for (int i = first; i < end; i++) {
            var topic = state.image().topic("t".repeat(240) + i).orElseThrow();
            write(new MetadataCommand.DeleteTopic(topic.topicId()));
        }
        coordinator.applied(state.image());
    }

    @Test
    void whatOneEntryDoesNotHoldComesInSeveral() {
        createTopicsWithLongNames(1000, 3500);

        connect(1, "a", "t.*");

        // A name has 244 bytes, an entry 256 KiB.
        assertThat(namedByTheJoin()).isBetween(1000, 1074);
        assertThat(refreshed())
                .hasSize(2)
                .allMatch(named -> named <= 1074)
                .first()
                .matches(named -> named >= 1000);
        assertThat(membership().patterns().get("t.*")).hasSize(2500);
        assertThat(membership().assignment("a").assigned()).hasSize(2500);
        assertThat(closed).isEmpty();
    }

    @Test
    void patternsThatOneEntryDoesNotHoldTogetherComeInSeveral() {
        createTopicsWithLongNames(1000, 1001);
        connect(1, "a", "t.*");
        connect(2, "b", "t{2}.*");
        after(1000);

        createTopicsWithLongNames(1001, 1701);
        assertThat(refreshed()).containsExactly(700, 700);
        assertThat(membership().patterns().values())
                .hasSize(2)
                .allSatisfy(names -> assertThat(names).hasSize(701));
        deleteTopicsWithLongNames(1000, 1700);

        assertThat(refreshed()).containsExactly(700, 700);
        assertThat(membership().patterns().values())
                .hasSize(2)
                .allSatisfy(names -> assertThat(names).hasSize(1));
    }

    @Test
    void whoComesWithAPatternOfTheGroupNamesNothing() {
        connect(1, "a", "o.*");
        assertThat(namedByTheJoin()).isOne();

        connect(2, "b", "o.*");

        assertThat(namedByTheJoin()).isZero();
        assertThat(membership().patterns().get("o.*")).containsExactly("orders");
        assertThat(membership().members()).hasSize(2);
    }

    @Test
    void whatThereIsNoTimeForIsFoundLater() {
        createTopicsWithLongNames(1000, 1800);

        connect(1, "a", COSTLY);

        assertThat(namedByTheJoin()).isBetween(100, 300);
        assertThat(membership().patterns().get(COSTLY)).hasSizeBetween(100, 300);
        seconds(4);
        assertThat(membership().patterns().get(COSTLY)).hasSize(800);
        assertThat(membership().assignment("a").assigned()).hasSize(800);
    }

    @Test
    void groupsThatThereIsNoTimeForTakeTurnsWhileTopicsCome() {
        createTopicsWithLongNames(1000, 1800);
        var groups = List.of("one", "two", "three");
        for (String group : groups) {
            connect(groups.indexOf(group) + 1, group, "a", COSTLY + group.length() + "?.*");
            connect(groups.indexOf(group) + 11, group, "b", COSTLY + group.charAt(0) + "?.*");
        }
        for (int i = 0; i < 60; i++) {
            topics("later-" + i);
            seconds(1);
        }

        assertThat(groups)
                .allSatisfy(group -> assertThat(patterns(group).values())
                        .hasSize(2)
                        .allSatisfy(names -> assertThat(names).hasSize(800)));
    }

    @Test
    void topicThatCameBehindTheScanIsFoundByTheNext() {
        createTopicsWithLongNames(1000, 1800);
        connect(1, "a", COSTLY);
        seconds(10);
        topics("another");
        seconds(1);

        topics("tt");
        seconds(10);

        assertThat(membership().patterns().get(COSTLY)).hasSize(801).contains("tt");
    }

    @Test
    void groupWithACheapPatternDoesNotWaitForCostlyOnes() {
        createTopicsWithLongNames(1000, 1800);
        connect(1, "audit", "a", COSTLY);
        connect(2, "b", "o.*");
        topics("offers");

        seconds(10);

        assertThat(membership().patterns().get("o.*")).containsExactly("offers", "orders");
    }

    @Test
    void topicsOfAPatternThatIsNotTakenAnyMoreStayAsTheyAre() {
        storeOldPattern("orders");

        topics("others", "zebra");

        assertThat(refreshed()).isEmpty();
        assertThat(membership().patterns().get(OLD)).containsExactly("orders");
        assertThat(membership().assignment("a").assigned()).hasSize(4);
    }

    @Test
    void patternThatIsNotTakenAnyMoreThrowsNobodyOut() {
        storeOldPattern("orders");

        connect(1, "a", OLD);
        connect(2, "b", OLD);

        assertThat(closed).isEmpty();
        assertThat(membership().members()).containsOnlyKeys("a", "b");
        assertThat(membership().patterns().get(OLD)).containsExactly("orders");
        connect(3, "audit", "c", OLD);
        assertThat(closed).extracting(GroupRefusal::reason).containsExactly(GroupReason.INVALID_SUBSCRIPTION);
    }

    @Test
    void otherPatternsOfItsGroupAreFound() {
        storeOldPattern("orders");
        connect(1, "b", "z.*");

        topics("zebra");

        assertThat(refreshed()).containsExactly(1);
        assertThat(membership().patterns().get("z.*")).containsExactly("zebra");
    }

    @Test
    void patternThatIsNotTakenAnyMoreIsToldOfOnce() {
        storeOldPattern("orders");
        var told = new ListAppender<ILoggingEvent>();
        told.start();
        var logger = (Logger) LoggerFactory.getLogger(TopicWatch.class);
        logger.addAppender(told);
        try {
            for (String name : List.of("one", "two", "three")) {
                topics(name);
                after(1000);
            }
        } finally {
            logger.detachAppender(told);
        }

        assertThat(told.list).hasSize(1);
        assertThat(told.list.get(0).getFormattedMessage()).contains(GROUP, OLD);
    }

    /** As a version wrote it that took it. */
    private void storeOldPattern(String... names) {
        var wanted = new GroupSubscription(new TreeSet<>(), OLD);
        write(new JoinGroups(
                GroupLimits.DEFAULT,
                List.of(new GroupCommand.Join(
                        GROUP,
                        "a",
                        "",
                        "",
                        "",
                        "",
                        "",
                        wanted,
                        new TreeSet<>(List.of(names)),
                        GroupSettings.DEFAULT))));
        coordinator.applied(state.image());
    }
}
