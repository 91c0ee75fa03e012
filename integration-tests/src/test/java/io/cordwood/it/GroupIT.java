package io.cordwood.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.client.ConsumerListener;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.GroupDescription;
import io.cordwood.client.GroupReset;
import io.cordwood.client.Ordering;
import io.cordwood.client.StartPoint;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Members of a group share partitions, and what one of them leaves others take over. */
class GroupIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final int PARTITIONS = 6;
    private static final int KEYS = 50;
    private static final String VALUE = "value-";
    private static @Nullable TestCluster cluster;

    private final List<GroupMember.Handle> processes = new ArrayList<>();

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(3).start();
    }

    @AfterEach
    void endProcesses() {
        processes.forEach(GroupMember.Handle::kill);
    }

    @Test
    void whatAKilledMemberHadIsTakenOverWhenItsSessionIsOverAndNothingIsUnprocessed() {
        var topic = "taken-over";
        cluster().createTopic(topic, PARTITIONS);
        var first = start("first", topic);
        var second = start("second", topic);
        awaitShared(topic, 2);
        var owners = owners(topic);
        assertThat(owners).hasSize(2);
        assertThat(group(topic).sessionTimeout()).isEqualTo(Duration.ofSeconds(10));

        publish(topic, 0, 500);
        TestCluster.soon().until(() -> first.handled().size() > 50);
        publish(topic, 500, 1_000);
        first.kill();
        publish(topic, 1_000, 1_500);

        TestCluster.soon().until(() -> owners(topic).size() == 1 && owners.containsAll(owners(topic)));
        awaitShared(topic, 1);
        TestCluster.soon().until(() -> union(first, second).size() == 1_500);
        awaitCommitted(topic, 1_500);
        assertThat(second.lost()).isEmpty();
    }

    @Test
    void recordsOfAKeyStayInOrderOnManyWorkersAndNoneIsUnprocessedAfterAKill() {
        var topic = "by-key";
        int records = 3_000;
        cluster().createTopic(topic, 1);
        publish(topic, 0, records);
        var first = start("first", topic, Ordering.PER_KEY);
        TestCluster.soon()
                .pollInterval(Duration.ofMillis(20))
                .until(() -> first.handled().size() > 300 && isBetween(committed(topic), 0, highest(first)));
        first.kill();
        long committed = committed(topic);
        assertThat(committed).isPositive().isLessThan(highest(first));
        assertThat(first.handled()).hasSizeLessThan(records);

        var second = start("second", topic, Ordering.PER_KEY);

        TestCluster.soon().until(() -> union(first, second).size() == records);
        awaitCommitted(topic, records);
        assertThat(numbers(second)).allMatch(number -> number >= committed);
        for (var member : List.of(first, second)) {
            assertThat(numbers(member)).isNotEmpty().isNotEqualTo(sorted(numbers(member)));
            for (int key = 0; key < KEYS; key++) {
                // Of a member that was killed the last one may have no end.
                assertThat(oneAfterTheOther(key, member)).startsWith(linesOf(key, member));
            }
        }
        assertThat(second.lost()).isEmpty();
    }

    private static boolean isBetween(long number, long low, long high) {
        return low < number && number < high;
    }

    /** In the order in which they were handled; of a topic with one partition they are the offsets. */
    private static List<Integer> numbers(GroupMember.Handle member) {
        return member.handled().stream().map(GroupIT::number).toList();
    }

    private static int number(String line) {
        return Integer.parseInt(line.substring(line.indexOf(VALUE) + VALUE.length()));
    }

    private static int highest(GroupMember.Handle member) {
        return numbers(member).stream().mapToInt(number -> number).max().orElse(-1);
    }

    /** What the member wrote down of a key: begins and ends, in their order. */
    private static String[] linesOf(int key, GroupMember.Handle member) {
        return member.journal().stream()
                .filter(line -> line.contains(VALUE) && number(line) % KEYS == key)
                .toArray(String[]::new);
    }

    /** What it has to write down of the records of that key that it has begun. */
    private static List<String> oneAfterTheOther(int key, GroupMember.Handle member) {
        var begun = Stream.of(linesOf(key, member))
                .filter(line -> line.startsWith(GroupMember.BEGUN))
                .map(GroupIT::number)
                .toList();
        return sorted(begun).stream()
                .flatMap(number -> Stream.of(GroupMember.BEGUN + VALUE + number, GroupMember.HANDLED + VALUE + number))
                .toList();
    }

    /** Each once. */
    private static List<Integer> sorted(List<Integer> numbers) {
        return numbers.stream().distinct().sorted().toList();
    }

    @Test
    void membersGoOnWhenTheNodeThatCoordinatesIsKilled() {
        var topic = "coordinated";
        cluster().createTopic(topic, PARTITIONS);
        Set<String> handled = ConcurrentHashMap.newKeySet();
        var lost = new AtomicInteger();
        try (var consumer = cluster()
                .client()
                .consumer(topic)
                .topics(topic)
                .listener(counting(lost))
                .handle(record -> handled.add(Objects.requireNonNull(record.valueText())))) {
            publish(topic, 0, 300);
            TestCluster.soon().until(() -> handled.size() == 300);
            int leader = cluster().admin().cluster().metadataLeader().orElseThrow();
            cluster().kill(leader);
            publish(topic, 300, 600);

            TestCluster.soon().until(() -> handled.size() == 600);
            awaitCommitted(topic, 600);
            assertThat(consumer.ended()).isNotDone();
            assertThat(lost).hasValue(0);
            cluster().restart(leader);
        }
        assertThat(group(topic).state()).isEqualTo(GroupDescription.State.EMPTY);
    }

    @Test
    void forcedResetHasMembersBeginAnewAndAnUnforcedOneIsRefused() {
        var topic = "reset";
        cluster().createTopic(topic, PARTITIONS);
        var handled = new ConcurrentHashMap<String, Integer>();
        var lost = new AtomicInteger();
        try (var consumer = cluster()
                .client()
                .consumer(topic)
                .topics(topic)
                .listener(counting(lost))
                .handle(record -> handled.merge(Objects.requireNonNull(record.valueText()), 1, Integer::sum))) {
            publish(topic, 0, 200);
            awaitCommitted(topic, 200);
            var groups = cluster().admin().groups();
            var reset = GroupReset.of(topic).to(topic, StartPoint.earliest());

            assertThatThrownBy(() -> groups.reset(reset))
                    .isInstanceOfSatisfying(
                            CordwoodException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.GROUP_ACTIVE));
            groups.reset(reset.withForce(true));

            TestCluster.soon().until(() -> handled.values().stream().allMatch(count -> count == 2));
            awaitCommitted(topic, 200);
            assertThat(lost).hasValue(PARTITIONS);
            assertThat(consumer.ended()).isNotDone();
        }
    }

    private static ConsumerListener counting(AtomicInteger lost) {
        return new ConsumerListener() {
            @Override
            public void onLost(Collection<TopicPartition> partitions) {
                lost.addAndGet(partitions.size());
            }
        };
    }

    private GroupMember.Handle start(String name, String topic) {
        return start(name, topic, Ordering.PER_PARTITION);
    }

    private GroupMember.Handle start(String name, String topic, Ordering ordering) {
        var started = GroupMember.start(cluster(), topic + "-" + name, topic, topic, ordering);
        processes.add(started);
        return started;
    }

    /** Until these members have all partitions, each its share. */
    private static void awaitShared(String group, int members) {
        var groups = cluster().admin().groups();
        // It is there once the first member has joined.
        TestCluster.soon()
                .until(() -> groups.list().stream()
                        .anyMatch(summary -> summary.name().equals(group)));
        TestCluster.soon().until(() -> {
            var found = group(group);
            return found.state() == GroupDescription.State.STABLE
                    && found.members().size() == members
                    && found.members().stream().allMatch(member -> member.partitionCount() == PARTITIONS / members);
        });
    }

    private static void awaitCommitted(String group, long records) {
        TestCluster.soon().until(() -> committed(group) == records);
    }

    /** The offsets of all partitions together. */
    private static long committed(String group) {
        return group(group).partitions().stream()
                .mapToLong(partition -> partition.offset().orElse(0))
                .sum();
    }

    /** Ids of the members that have partitions. */
    private static Set<String> owners(String group) {
        return group(group).partitions().stream()
                .map(GroupDescription.Partition::owner)
                .collect(Collectors.toSet());
    }

    private static GroupDescription group(String name) {
        return cluster().admin().groups().describe(name);
    }

    private static Set<String> union(GroupMember.Handle first, GroupMember.Handle second) {
        var all = new HashSet<>(first.handled());
        all.addAll(second.handled());
        return all;
    }

    private static void publish(String topic, int start, int end) {
        try (var producer = cluster().client().producer().open()) {
            for (int i = start; i < end; i++) {
                var unused = producer.send(topic, ("key-" + i % KEYS).getBytes(UTF_8), (VALUE + i).getBytes(UTF_8));
            }
        }
    }

    /** Whole again after each test. */
    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }
}
