package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class LogChangesTest {
    private final LogChanges changes = new LogChanges();

    @Test
    void isStillUntilTheNextChange() {
        long before = changes.settled().orElseThrow();
        assertThat(changes.isStill(before)).isTrue();

        changes.during(() -> {});

        assertThat(changes.isStill(before)).isFalse();
        assertThat(changes.isStill(changes.settled().orElseThrow())).isTrue();
    }

    @Test
    void isNotSettledWhileAChangeIsMade() {
        long before = changes.settled().orElseThrow();

        changes.during(() -> {
            assertThat(changes.settled()).isEmpty();
            assertThat(changes.isStill(before)).isFalse();
        });

        assertThat(changes.settled()).isPresent();
    }

    @Test
    void changeThatFailsCountsAsOne() {
        long before = changes.settled().orElseThrow();

        assertThatIllegalStateException()
                .isThrownBy(() -> changes.during(() -> {
                    throw new IllegalStateException("its files are given up");
                }));

        assertThat(changes.settled()).isPresent();
        assertThat(changes.isStill(before)).isFalse();
    }
}
