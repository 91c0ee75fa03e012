package io.cordwood.chaos.follower;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.TopicDescription.Placement;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class HandoverTest {
    private static final List<Integer> TAKERS = List.of(1, 3);

    private static Placement placement(int partition, int leader, int... replicas) {
        return new Placement(
                partition,
                leader == 0 ? OptionalInt.empty() : OptionalInt.of(leader),
                OptionalInt.of(1),
                Arrays.stream(replicas).boxed().toList());
    }

    @Test
    void takersLeadInTurn() {
        var placements = List.of(
                placement(0, 2, 2, 1, 3), placement(1, 2, 2, 3, 1), placement(2, 2, 2, 1, 3), placement(3, 1, 1, 2, 3));

        assertThat(Handover.missing(placements, TAKERS))
                .containsExactly(new Handover(0, 1), new Handover(1, 3), new Handover(2, 1), new Handover(3, 3));
    }

    @Test
    void nothingIsMissingWhereTakersLeadAndArePreferred() {
        assertThat(Handover.missing(List.of(placement(0, 1, 1, 2, 3), placement(1, 3, 3, 1, 2)), TAKERS))
                .isEmpty();
    }

    @Test
    void takerThatIsNotPreferredIsMissing() {
        assertThat(Handover.missing(List.of(placement(0, 1, 2, 1, 3)), TAKERS)).containsExactly(new Handover(0, 1));
    }

    @Test
    void partitionWithoutALeaderIsMissing() {
        assertThat(Handover.missing(List.of(placement(1, 0, 3, 1, 2)), TAKERS)).containsExactly(new Handover(1, 3));
    }
}
