package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.Followers.Follower;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LeaderBalancerTest {
    private static final long RESPONDING_MS = 500;

    @Test
    void leadershipGoesToWhomHoldsMostOfTheLog() {
        var followers = Map.of(1, follower(9, 0), 2, follower(2, 80), 3, follower(2, 100));

        assertThat(LeaderBalancer.successor(followers, RESPONDING_MS)).hasValue(2);
    }

    @Test
    void nobodyIsAskedWhoLagsOrIsSilent() {
        var followers = Map.of(1, follower(LeaderBalancer.MAX_LAG_ENTRIES + 1, 0), 2, follower(0, RESPONDING_MS));

        assertThat(LeaderBalancer.successor(followers, RESPONDING_MS)).isEmpty();
    }

    @Test
    void groupIsNewWhileItHasHadOneLeaderAndLittleElse() {
        assertThat(LeaderBalancer.isNew(2, 1)).isTrue();
        assertThat(LeaderBalancer.isNew(2, 2)).as("handed over before").isFalse();
        assertThat(LeaderBalancer.isNew(8, 1)).as("in use").isFalse();
    }

    private static Follower follower(long entriesBehind, long silentMs) {
        return new Follower(100 - entriesBehind, 101, entriesBehind, silentMs);
    }
}
