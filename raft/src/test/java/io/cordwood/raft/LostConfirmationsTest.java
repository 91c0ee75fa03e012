package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.LostConfirmations.Unconfirmed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.Test;

class LostConfirmationsTest {
    private static final long PATIENCE = LostConfirmations.PATIENCE.toNanos();

    private final RaftGroupId group = RaftGroupId.randomId();
    private final RaftGroupId other = RaftGroupId.randomId();
    private final Map<RaftGroupId, Unconfirmed> unconfirmed = new HashMap<>();
    private final List<RaftGroupId> elections = new ArrayList<>();
    private long nanos = Long.MAX_VALUE - PATIENCE; // as a clock may be
    private final LostConfirmations confirmations =
            new LostConfirmations(() -> Map.copyOf(unconfirmed), elections::add, () -> nanos);

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
    void thatIsTriedAgainAfterAsLongOnly() {
        unconfirmed.put(group, new Unconfirmed(3, 7));
        lookAfter(0);
        lookAfter(PATIENCE + 1);

        lookAfter(PATIENCE);
        assertThat(elections).hasSize(1);
        lookAfter(1);

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
