package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.LostConfirmations.Unconfirmed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.Test;

class LostConfirmationsTest {
    private static final long PATIENCE = LostConfirmations.PATIENCE.toNanos();

    private final RaftGroupId group = RaftGroupId.randomId();
    private final RaftGroupId other = RaftGroupId.randomId();
    private final Map<RaftGroupId, Unconfirmed> unconfirmed = new HashMap<>();
    private final Set<RaftGroupId> here = new HashSet<>(Set.of(group, other));
    private final List<RaftGroupId> elections = new ArrayList<>();
    private long nanos = Long.MAX_VALUE - PATIENCE; // as a clock may be
    private final LostConfirmations confirmations = new LostConfirmations(
            () -> Map.copyOf(unconfirmed), here::contains, elections::add, () -> nanos, LostConfirmations.PATIENCE);

    private void lookAfter(long passedNanos) {
        nanos += passedNanos;
        confirmations.look();
    }

    @Test
    void groupWhoseLeaderDoesNotGetOnElectsAgain() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        lookAfter(PATIENCE);
        assertThat(elections).isEmpty();

        lookAfter(1);

        assertThat(elections).containsExactly(group);
    }

    @Test
    void thatIsTriedAgainAfterTwiceTheTime() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        lookAfter(PATIENCE + 1);

        lookAfter(2 * PATIENCE);
        assertThat(elections).hasSize(1);
        lookAfter(1);

        assertThat(elections).containsExactly(group, group);
    }

    @Test
    void newLeaderOfAnOldStandstillHasTwiceTheTimeToo() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        lookAfter(PATIENCE + 1);
        unconfirmed.remove(group); // another one leads
        lookAfter(PATIENCE);
        unconfirmed.put(group, new Unconfirmed(5, 7));
        lookAfter(1);

        lookAfter(2 * PATIENCE);
        assertThat(elections).hasSize(1);
        lookAfter(1);

        assertThat(elections).containsExactly(group, group);
    }

    @Test
    void timesGrowToAMinuteAtMost() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        for (int i = 0; i < 10; i++) {
            lookAfter(LostConfirmations.PATIENCE_MAX.toNanos() + 1);
        }

        assertThat(elections).hasSize(10);
    }

    @Test
    void groupThatGotOnHasTheTimeOfTheBeginning() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        lookAfter(PATIENCE + 1);
        unconfirmed.put(group, new Unconfirmed(3, 8));
        lookAfter(1);

        lookAfter(PATIENCE + 1);

        assertThat(elections).containsExactly(group, group);
    }

    @Test
    void groupThatIsGoneIsForgotten() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        lookAfter(PATIENCE + 1);
        here.remove(group);
        unconfirmed.remove(group);
        lookAfter(1);
        here.add(group);
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(1);

        lookAfter(PATIENCE + 1);

        assertThat(elections).containsExactly(group, group);
    }

    @Test
    void leaderThatGetsOnHoweverSlowlyIsLeftAlone() {
        for (int committed = 0; committed < 10; committed++) {
            unconfirmed.put(group, new Unconfirmed(3, committed));
            lookAfter(PATIENCE);
        }

        assertThat(elections).isEmpty();
    }

    @Test
    void newTermHasTheWholeTime() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        unconfirmed.put(group, new Unconfirmed(4, 7));
        lookAfter(PATIENCE + 1);

        assertThat(elections).isEmpty();
    }

    @Test
    void groupThatWasWholeInBetweenHasTheWholeTime() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        unconfirmed.put(other, new Unconfirmed(1, 1));
        lookAfter(0);
        unconfirmed.remove(group);
        lookAfter(PATIENCE);
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(1);

        assertThat(elections).containsExactly(other);
    }
}
