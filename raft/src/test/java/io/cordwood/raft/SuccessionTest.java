package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.Succession.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;

class SuccessionTest {
    private static final End END = end(3, 70);

    private final SplittableRandom random = new SplittableRandom(1);

    private List<UUID> groups(int count) {
        return Stream.generate(() -> new UUID(random.nextLong(), random.nextLong()))
                .limit(count)
                .toList();
    }

    private static End end(long term, long index) {
        return new End(TermIndex.valueOf(term, index), true);
    }

    private static int first(UUID group, int... nodes) {
        var ends = new TreeMap<Integer, End>();
        IntStream.of(nodes).forEach(node -> ends.put(node, END));
        return IntStream.of(nodes)
                .filter(node -> Succession.rank(group, node, ends).equals(OptionalInt.of(0)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void eachMemberHasAPlaceOfItsOwn() {
        var ends = Map.of(1, END, 2, END, 4, END, 7, END);
        for (UUID group : groups(100)) {
            var ranks = new ArrayList<Integer>();
            ends.keySet()
                    .forEach(
                            node -> ranks.add(Succession.rank(group, node, ends).orElseThrow()));

            assertThat(ranks).containsExactlyInAnyOrder(0, 1, 2, 3);
        }
    }

    @Test
    void groupsSpreadOverTheNodes() {
        var firsts = groups(3_000).stream().map(group -> first(group, 1, 2, 3)).toList();

        for (int node = 1; node <= 3; node++) {
            int id = node;
            assertThat(firsts.stream().filter(first -> first == id).count()).isBetween(900L, 1_100L);
        }
    }

    /** As they are drawn in some clusters: one after the other. */
    @Test
    void groupsWithSimilarIdsSpreadToo() {
        var firsts = IntStream.range(0, 3_000)
                .map(number -> first(new UUID(0, number), 1, 2))
                .filter(node -> node == 1)
                .count();

        assertThat(firsts).isBetween(1_350L, 1_650L);
    }

    @Test
    void whoseLogReachesFurthestIsFirstAndOthersDoNotStand() {
        for (UUID group : groups(20)) {
            var ends = Map.of(1, END, 2, end(3, 71), 3, end(2, 900));

            assertThat(Succession.rank(group, 2, ends)).hasValue(0);
            assertThat(Succession.rank(group, 1, ends)).isEmpty();
            assertThat(Succession.rank(group, 3, ends)).isEmpty();
        }
    }

    @Test
    void whoMayNotLeadHasNoPlace() {
        for (UUID group : groups(20)) {
            var ends = Map.of(1, new End(END.last(), false), 2, END);

            assertThat(Succession.rank(group, 1, ends)).isEmpty();
            assertThat(Succession.rank(group, 2, ends)).hasValue(0);
            assertThat(Succession.rank(group, 3, ends)).isEmpty();
        }
    }

    @Test
    void whoHasLessThanOneThatMayNotLeadDoesNotStand() {
        for (UUID group : groups(20)) {
            var ends = Map.of(1, new End(TermIndex.valueOf(3, 71), false), 2, END);

            assertThat(Succession.rank(group, 1, ends)).isEmpty();
            assertThat(Succession.rank(group, 2, ends)).isEmpty();
        }
    }
}
