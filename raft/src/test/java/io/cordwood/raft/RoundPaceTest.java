package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.RoundPace.Next;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundPaceTest {
    private static final long MIB = 1L << 20;

    private final RoundPace pace = new RoundPace();

    @Test
    void roundsThatShrinkGoOnThrottledToASmallOne() {
        assertThat(pace.after(1000 * MIB)).isEqualTo(Next.THROTTLED);
        assertThat(pace.after(400 * MIB)).isEqualTo(Next.THROTTLED);
        assertThat(pace.after(100 * MIB)).isEqualTo(Next.THROTTLED);
        assertThat(pace.after(RoundPace.LAST_ROUND_BYTES)).isEqualTo(Next.NONE);
    }

    @Test
    void roundThatDoesNotShrinkIsFollowedByUnthrottledOnes() {
        pace.after(1000 * MIB);

        assertThat(pace.after(900 * MIB)).isEqualTo(Next.UNTHROTTLED);
        assertThat(pace.after(300 * MIB)).isEqualTo(Next.UNTHROTTLED);
        assertThat(pace.after(290 * MIB)).isEqualTo(Next.NONE);
    }

    @Test
    void roundsEndWhateverTheyFetch() {
        var random = new Random(1);
        for (int world = 0; world < 1000; world++) {
            var each = new RoundPace();
            int rounds = 1;
            while (each.after(random.nextLong(Long.MAX_VALUE)) != Next.NONE) {
                rounds++;
            }
            assertThat(rounds).isLessThan(64);
        }
    }
}
