package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.Followers.Follower;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LeaderBalancerTest {
    private static final long RESPONDING_MS = 500;

    @Test
    void leadershipGoesToWhomHoldsMostOfTheLog() {
        var followers = Map.of(1, new Follower(9, 0), 2, new Follower(2, 80), 3, new Follower(2, 100));

        assertThat(LeaderBalancer.successor(followers, RESPONDING_MS)).hasValue(2);
    }

    @Test
    void nobodyIsAskedWhoLagsOrIsSilent() {
        var followers =
                Map.of(1, new Follower(LeaderBalancer.MAX_LAG_ENTRIES + 1, 0), 2, new Follower(0, RESPONDING_MS));

        assertThat(LeaderBalancer.successor(followers, RESPONDING_MS)).isEmpty();
    }
}
