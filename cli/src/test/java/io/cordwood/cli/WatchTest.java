package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class WatchTest {
    private final CapturedConsole captured = new CapturedConsole();
    private int looks;

    @Test
    void eachLookFollowsTheOneBeforeUntilTheEnd() {
        watch(3).run(() -> List.of("look " + looks, ""));

        assertThat(captured.out()).isEqualTo("look 0\n\nlook 1\n\nlook 2\n\n");
    }

    @Test
    void failureThatMayPassIsANoticeAndTheNextLookFollows() {
        watch(3).run(() -> {
            if (looks == 1) {
                throw new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election goes on");
            }
            return List.of("look " + looks);
        });

        assertThat(captured.out()).isEqualTo("look 0\nlook 2\n");
        assertThat(captured.errLines()).containsExactly("an election goes on [METADATA_UNAVAILABLE]");
    }

    @Test
    void firstLookAndOneThatFailsForGoodEndIt() {
        var passing = new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election goes on");
        assertThatThrownBy(() -> watch(3).run(() -> {
                    throw passing;
                }))
                .isSameAs(passing);

        var gone = new CordwoodException(ErrorCode.UNKNOWN_GROUP, "no such group", Map.of());
        assertThatThrownBy(() -> watch(3).run(() -> {
                    if (looks == 1) {
                        throw gone;
                    }
                    return List.of();
                }))
                .isSameAs(gone);
    }

    private Watch watch(int times) {
        looks = 0;
        return new Watch(captured.console(), () -> {
            looks++;
            return looks < times;
        });
    }
}
