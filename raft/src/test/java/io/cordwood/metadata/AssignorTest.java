package io.cordwood.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.Assignment.Seat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the assignors promise, over many random groups; the seed is in the message. */
class AssignorTest {
    private static final int SEEDS = 500;
    private static final SortedMap<PartitionId, String> NOTHING = new TreeMap<>();

    private static Seat seat(String memberId, List<UUID> topics) {
        return new Seat(memberId, topics);
    }

    private static SortedMap<UUID, Integer> topics(Random random, int count) {
        var topics = new TreeMap<UUID, Integer>();
        IntStream.range(0, count).forEach(i -> topics.put(new UUID(0, i), 1 + random.nextInt(12)));
        return topics;
    }

    private static List<Seat> seats(int count, List<UUID> topics) {
        return IntStream.range(0, count).mapToObj(i -> seat("m" + i, topics)).toList();
    }

    private static SortedMap<PartitionId, String> assign(
            Assignor assignor, List<Seat> seats, SortedMap<UUID, Integer> topics, Map<PartitionId, String> before) {
        return new Assignment(seats, topics, id -> Optional.ofNullable(before.get(id))).compute(assignor);
    }

    private static Map<String, Integer> loads(List<Seat> seats, Map<PartitionId, String> targets) {
        var loads = new HashMap<String, Integer>();
        seats.forEach(seat -> loads.put(seat.memberId(), 0));
        targets.values().forEach(memberId -> loads.merge(memberId, 1, Integer::sum));
        return loads;
    }

    private static int spread(Map<String, Integer> loads) {
        var summary = loads.values().stream().mapToInt(Integer::intValue).summaryStatistics();
        return summary.getMax() - summary.getMin();
    }

    private static long moved(Map<PartitionId, String> before, Map<PartitionId, String> after) {
        return before.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(after.get(entry.getKey())))
                .count();
    }

    @Test
    void sharesAreEvenAndANewMemberTakesItsOwnShareOnly() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            var topics = topics(random, 1 + random.nextInt(4));
            int partitions =
                    topics.values().stream().mapToInt(Integer::intValue).sum();
            var ids = List.copyOf(topics.keySet());
            SortedMap<PartitionId, String> before = NOTHING;
            for (int members = 1; members <= 12; members++) {
                var after = assign(Assignor.STICKY, seats(members, ids), topics, before);

                assertThat(after).as("seed %d", seed).hasSize(partitions);
                assertThat(spread(loads(seats(members, ids), after)))
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(1);
                if (members > 1) {
                    int share = loads(seats(members, ids), after).getOrDefault("m" + (members - 1), 0);
                    assertThat(moved(before, after)).as("seed %d", seed).isEqualTo(share);
                    assertThat(share).isLessThanOrEqualTo((partitions + members - 1) / members);
                }
                before = after;
            }
        }
    }

    @Test
    void whoStaysKeepsWhatItHasWhenAnotherGoes() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            var topics = topics(random, 1 + random.nextInt(4));
            var seats = new ArrayList<>(seats(2 + random.nextInt(8), List.copyOf(topics.keySet())));
            var before = assign(Assignor.STICKY, seats, topics, NOTHING);
            var gone = seats.remove(random.nextInt(seats.size())).memberId();
            long orphans = before.values().stream().filter(gone::equals).count();

            var after = assign(Assignor.STICKY, seats, topics, before);

            assertThat(moved(before, after)).as("seed %d", seed).isEqualTo(orphans);
            assertThat(spread(loads(seats, after))).as("seed %d", seed).isLessThanOrEqualTo(1);
        }
    }

    /** Each wants other topics. */
    private static List<Seat> choosySeats(Random random, List<UUID> topics) {
        return IntStream.range(0, 1 + random.nextInt(7))
                .mapToObj(i -> seat(
                        "m" + i,
                        topics.stream().filter(topic -> random.nextInt(3) > 0).toList()))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Assignor.class)
    void everyPartitionThatSomebodyWantsGoesToOneWhoDoes(Assignor assignor) {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            var all = topics(random, 1 + random.nextInt(5));
            var seats = choosySeats(random, List.copyOf(all.keySet()));
            var wanted = new TreeMap<>(all);
            wanted.keySet()
                    .removeIf(topic ->
                            seats.stream().noneMatch(seat -> seat.topics().contains(topic)));
            var before = new TreeMap<PartitionId, String>();
            new Assignment(seats, all, id -> Optional.empty())
                    .partitions()
                    .forEach(id -> before.put(id, "m" + random.nextInt(9)));

            var after = assign(assignor, seats, wanted, before);

            int partitions =
                    wanted.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(after).as("seed %d", seed).hasSize(partitions);
            after.forEach((id, memberId) -> assertThat(seats)
                    .anyMatch(seat ->
                            seat.memberId().equals(memberId) && seat.topics().contains(id.topicId())));
            assertThat(assign(assignor, seats, wanted, before)).isEqualTo(after);
            assertThat(assign(assignor, seats, wanted, after))
                    .as("seed %d", seed)
                    .isEqualTo(after);
        }
    }

    @Test
    void noSingleMoveWouldMakeUnequalWishesMoreEven() {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            var topics = topics(random, 1 + random.nextInt(5));
            var seats = new ArrayList<>(choosySeats(random, List.copyOf(topics.keySet())));
            seats.add(seat("all", List.copyOf(topics.keySet())));

            var targets = assign(Assignor.STICKY, seats, topics, NOTHING);

            var loads = loads(seats, targets);
            for (var entry : targets.entrySet()) {
                assertThat(seats)
                        .as("seed %d", seed)
                        .noneMatch(seat -> seat.topics().contains(entry.getKey().topicId())
                                && loads.getOrDefault(seat.memberId(), 0) + 1
                                        < loads.getOrDefault(entry.getValue(), 0));
            }
        }
    }

    /** How members choose: nearly all, nearly nothing, neighbours, or one of two lists. */
    private static List<UUID> choice(Random random, int way, int seat, List<UUID> topics) {
        int left = random.nextInt(topics.size());
        return switch (way) {
            case 0 -> topics.stream().filter(topic -> random.nextInt(3) > 0).toList();
            case 1 -> topics.stream().filter(topic -> random.nextInt(4) == 0).toList();
            case 2 ->
                IntStream.range(0, topics.size())
                        .filter(i -> i == seat % topics.size() || i == (seat + 1) % topics.size())
                        .mapToObj(topics::get)
                        .toList();
            case 3 ->
                IntStream.range(0, topics.size())
                        .filter(i -> i != left)
                        .mapToObj(topics::get)
                        .toList();
            default -> random.nextBoolean() ? topics : topics.subList(0, left);
        };
    }

    /** Members with any choices, who come and go, and topics that grow. */
    private static Assignment next(
            Random random, int way, SortedMap<UUID, Integer> all, Map<PartitionId, String> before) {
        all.replaceAll((topic, count) -> count + (random.nextInt(4) == 0 ? 1 : 0));
        var topics = List.copyOf(all.keySet());
        var seats = IntStream.range(0, 1 + random.nextInt(15))
                .filter(seat -> random.nextInt(5) > 0)
                .mapToObj(seat -> seat("m" + seat, choice(random, way, seat, topics)))
                .toList();
        var wanted = new TreeMap<>(all);
        wanted.keySet()
                .removeIf(
                        topic -> seats.stream().noneMatch(seat -> seat.topics().contains(topic)));
        return new Assignment(seats, wanted, id -> Optional.ofNullable(before.get(id)));
    }

    @Test
    void sharesAreThoseOfThePlainWay() {
        for (int seed = 0; seed < 4 * SEEDS; seed++) {
            var random = new Random(seed);
            var all = new TreeMap<>(topics(random, 1 + random.nextInt(9)));
            var first = new Assignment(List.of(), all, id -> Optional.empty()).partitions();
            int heap = 1 + random.nextInt(15);
            SortedMap<PartitionId, String> before = new TreeMap<>();
            first.forEach(id -> before.put(id, "m" + random.nextInt(heap)));
            for (int step = 0; step < 5; step++) {
                var assignment = next(random, seed % 5, all, before);
                var after = assignment.compute(Assignor.STICKY);

                assertThat(after)
                        .as("seed %d, step %d", seed, step)
                        .isEqualTo(
                                assignment.seats().isEmpty() ? NOTHING : new PlainStickyAssignor(assignment).assign());
                before.clear();
                before.putAll(after);
            }
        }
    }

    /** All but one of the topics, another one for each seat. */
    private static List<Seat> nearlyAlike(int count, List<UUID> topics) {
        return IntStream.range(0, count)
                .mapToObj(i -> seat(
                        "m" + i,
                        topics.stream()
                                .filter(topic -> !topic.equals(topics.get(i % topics.size())))
                                .toList()))
                .toList();
    }

    /** The first ones and the others want lists that differ by a topic. */
    private static List<Seat> ofTwoKinds(int count, List<UUID> topics) {
        var seats = new ArrayList<>(seats(count / 2, topics));
        var fewer = topics.subList(0, topics.size() - 1);
        IntStream.range(count / 2, count).forEach(i -> seats.add(seat("m" + i, fewer)));
        return seats;
    }

    @ParameterizedTest
    @CsvSource({"false,500,4,100", "true,500,4,100", "false,1000,10,200", "true,1000,10,200", "true,100,100,500"})
    void costOfUnequalWishesIsThatOfThePartitionsTimesTheMembers(boolean choosy, int topics, int each, int members) {
        var all = new TreeMap<UUID, Integer>();
        IntStream.range(0, topics).forEach(i -> all.put(new UUID(0, i), each));
        var ids = List.copyOf(all.keySet());
        var many = choosy ? nearlyAlike(2 * members, ids) : ofTwoKinds(2 * members, ids);
        var before = assign(Assignor.STICKY, many.subList(0, members), all, NOTHING);

        var assignor = new StickyAssignor(new Assignment(many, all, id -> Optional.ofNullable(before.get(id))));
        var after = assignor.assign();

        assertThat(spread(loads(many, after))).isLessThanOrEqualTo(1);
        assertThat(moved(before, after)).isLessThanOrEqualTo((long) topics * each / 2);
        assertThat(assignor.steps()).isBetween(1L, 2L * topics * each * 2 * members);
    }

    @ParameterizedTest
    @CsvSource({"50,500,10", "499,500,1", "3,10,2", "1,7,3"})
    void newMemberMovesFew(int members, int partitions, int most) {
        var topics = new TreeMap<>(Map.of(new UUID(1, 1), partitions));
        var ids = List.copyOf(topics.keySet());
        var before = assign(Assignor.STICKY, seats(members, ids), topics, NOTHING);

        var after = assign(Assignor.STICKY, seats(members + 1, ids), topics, before);

        assertThat(moved(before, after)).isLessThanOrEqualTo(most);
    }

    @Test
    void partitionsOfATopicAreNotHeapedOnOneMember() {
        var topics = new TreeMap<>(Map.of(new UUID(0, 0), 3, new UUID(0, 1), 3));

        var targets = assign(Assignor.STICKY, seats(3, List.copyOf(topics.keySet())), topics, NOTHING);

        for (UUID topic : topics.keySet()) {
            assertThat(PartitionId.ofTopic(targets, topic).values()).doesNotHaveDuplicates();
        }
    }

    @Test
    void rangesAreOfNeighboursAndMeetInTopicsOfOneSize() {
        var one = new UUID(0, 0);
        var other = new UUID(0, 1);
        var topics = new TreeMap<>(Map.of(one, 5, other, 5));

        var targets = assign(Assignor.RANGE, seats(2, List.of(one, other)), topics, NOTHING);

        assertThat(PartitionId.ofTopic(targets, one).values()).containsExactly("m0", "m0", "m0", "m1", "m1");
        for (int partition = 0; partition < 5; partition++) {
            assertThat(targets.get(new PartitionId(one, partition)))
                    .isEqualTo(targets.get(new PartitionId(other, partition)));
        }
    }

    @ParameterizedTest
    @EnumSource(Assignor.class)
    void nobodyIsGivenNothing(Assignor assignor) {
        assertThat(assign(assignor, List.of(), new TreeMap<>(Map.of(new UUID(1, 1), 3)), NOTHING))
                .isEmpty();
        assertThat(assign(assignor, seats(3, List.of()), new TreeMap<>(), NOTHING))
                .isEmpty();
    }
}
