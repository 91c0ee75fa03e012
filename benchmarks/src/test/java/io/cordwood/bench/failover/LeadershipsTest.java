package io.cordwood.bench.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.TopicDescription.Placement;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LeadershipsTest {
    private static final Leaderships BALANCED = new Leaderships(List.of(led(0, 1, 5, 1, 2), led(1, 2, 5, 2, 1)));

    private static Placement led(int partition, int leader, int epoch, Integer... replicas) {
        return new Placement(partition, OptionalInt.of(leader), OptionalInt.of(epoch), List.of(replicas));
    }

    @Test
    void areBalancedWhereThePreferredNodesLead() {
        var nobody = new Placement(1, OptionalInt.empty(), OptionalInt.empty(), List.of(2, 1));

        assertThat(BALANCED.areBalanced(2)).isTrue();
        assertThat(new Leaderships(List.of(led(0, 1, 5, 1, 2), led(1, 1, 6, 2, 1))).areBalanced(2))
                .isFalse();
        assertThat(new Leaderships(List.of(led(0, 1, 5, 1, 2), nobody)).areBalanced(2))
                .isFalse();
    }

    @Test
    void nodeThatIsPreferredByTooFewIsNoBalance() {
        assertThat(new Leaderships(List.of(led(0, 1, 5, 1, 2), led(1, 1, 5, 1, 2))).areBalanced(2))
                .isFalse();
    }

    @Test
    void partitionsOfANodeAreThoseThatItLeads() {
        assertThat(BALANCED.ledBy(2)).containsExactly(1);
        assertThat(BALANCED.ledBy(3)).isEmpty();
    }

    @Test
    void leaderThatIsBackHasAnotherEpoch() {
        var back = new Leaderships(List.of(led(0, 1, 7, 1, 2), led(1, 2, 5, 2, 1)));

        assertThat(back.changedSince(BALANCED)).containsExactly(0);
        assertThat(BALANCED.changedSince(BALANCED)).isEmpty();
    }
}
