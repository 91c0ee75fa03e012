package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

class ComebackTest {
    private long waitedSeconds;

    /** @param heldUp by the seconds that were waited */
    private boolean isReady(long readyAfterSeconds, LongPredicate heldUp) {
        return new Comeback(
                        (node, patience) -> {
                            waitedSeconds += patience.toSeconds();
                            return waitedSeconds > readyAfterSeconds;
                        },
                        node -> true,
                        nodes -> heldUp.test(waitedSeconds))
                .isReady(3, List.of(3));
    }

    @Test
    void nodeMayTakeItsTime() {
        assertThat(isReady(59, seconds -> false)).isTrue();
    }

    @Test
    void nodeThatTakesLongerIsLate() {
        assertThat(isReady(60, seconds -> false)).isFalse();
    }

    @Test
    void timeWithoutAMajorityDoesNotCount() {
        assertThat(isReady(60 + 29, seconds -> 10 < seconds && seconds <= 40)).isTrue();
        waitedSeconds = 0;
        assertThat(isReady(60 + 30, seconds -> 10 < seconds && seconds <= 40)).isFalse();
    }

    @Test
    void whoIsHeldUpForEverIsLate() {
        assertThat(isReady(Long.MAX_VALUE, seconds -> true)).isFalse();
        assertThat(Duration.ofSeconds(waitedSeconds)).isEqualTo(Comeback.READY_MAX.plus(Comeback.HELD_UP_MAX));
    }

    @Test
    void nodeThatEndsIsNotWaitedFor() {
        var comeback = new Comeback((node, patience) -> false, node -> false, nodes -> true);

        assertThat(comeback.isReady(3, List.of(3))).isFalse();
    }

    @Test
    void ownNodesHoldNobodyUp() {
        var claims = new Claims();

        claims.with(
                List.of(3),
                () -> claims.with(List.of(1, 2), () -> {
                    assertThat(claims.takenBesides(List.of(3))).isEqualTo(2);
                    assertThat(claims.takenBesides(List.of(1, 2))).isEqualTo(1);
                }));

        assertThat(claims.takenBesides(List.of())).isZero();
    }
}
