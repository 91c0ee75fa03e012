package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.apache.ratis.retry.RetryPolicy;
import org.junit.jupiter.api.Test;

class RatisSettingsTest {
    private final RetryPolicy appendRetries = RetryPolicy.parse(RatisSettings.APPEND_RETRIES);

    @Test
    void followerWhoseLogDiffersIsAskedAgainAtOnce() {
        assertThat(pauseMs(1)).isLessThan(10);
        assertThat(pauseMs(8)).isLessThan(10);
        assertThat(pauseMs(16)).isLessThan(100);
    }

    @Test
    void followerThatIsAwayIsAskedAFewTimesOnlyWhileItsGroupsElect() {
        long passedMs = 0;
        int errors = 0;
        while (passedMs < 2000) {
            passedMs += pauseMs(++errors);
        }

        assertThat(errors).isLessThan(30);
    }

    @Test
    void followerThatIsAwayIsNotAskedAllTheTimeHoweverLongItIsAway() {
        assertThat(pauseMs(61)).isBetween(500L, 1500L);
        assertThat(pauseMs(20_000)).isBetween(500L, 1500L);
        assertThat(pauseMs(1_000_000_000)).isBetween(500L, 1500L);
    }

    private long pauseMs(int errors) {
        return appendRetries.handleAttemptFailure(() -> errors).getSleepTime().toLong(TimeUnit.MILLISECONDS);
    }
}
