package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.ratis.protocol.RaftGroupId;
import org.junit.jupiter.api.Test;

class CompactionWaitsTest {
    private final CompactionWaits waits = new CompactionWaits(CompactionWaits.PASS_MAX_NANOS);
    private final RaftGroupId group = RaftGroupId.randomId();

    private long failTimes(int times) {
        long nowNanos = Long.MAX_VALUE - 10; // such a clock may overflow
        for (int i = 0; i < times; i++) {
            waits.failed(group, nowNanos);
        }
        return nowNanos;
    }

    @Test
    void eachFailureDoublesTheWait() {
        long nowNanos = failTimes(3);

        assertThat(waits.isDue(group, nowNanos + 4 * CompactionWaits.FIRST_NANOS - 1))
                .isFalse();
        assertThat(waits.isDue(group, nowNanos + 4 * CompactionWaits.FIRST_NANOS))
                .isTrue();
    }

    @Test
    void noWaitIsLongerThanItsMaximum() {
        long nowNanos = failTimes(100);

        assertThat(waits.isDue(group, nowNanos + CompactionWaits.PASS_MAX_NANOS - 1))
                .isFalse();
        assertThat(waits.isDue(group, nowNanos + CompactionWaits.PASS_MAX_NANOS))
                .isTrue();
    }

    @Test
    void successAndRemovalEndTheWait() {
        long nowNanos = failTimes(1);
        assertThat(waits.isDue(group, nowNanos)).isFalse();
        assertThat(waits.isDue(RaftGroupId.randomId(), nowNanos)).isTrue();

        assertThat(waits.hasFailed(group)).isTrue();

        waits.succeeded(group);
        assertThat(waits.isDue(group, nowNanos)).isTrue();
        assertThat(waits.hasFailed(group)).isFalse();

        failTimes(1);
        waits.retain(List.of());
        assertThat(waits.isDue(group, nowNanos)).isTrue();
    }
}
