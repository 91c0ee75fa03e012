package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CompactionWatchTest {
    private final List<String> warnings = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may overflow
    private final CompactionWatch watch = new CompactionWatch(warnings::add, nanos::get);

    private void look(OptionalLong pendingMs, String lastError) {
        watch.look(Map.of(
                "orders 3", new CompactionStatus(1, 2, false, 0, 0, lastError, pendingMs, OptionalLong.empty())));
    }

    @Test
    void longWaitIsSpokenOfWithItsReasonAgainAndAgainButNotAlways() {
        look(OptionalLong.of(Duration.ofMinutes(9).toMillis()), "no space");
        assertThat(warnings).isEmpty();

        look(OptionalLong.of(Duration.ofMinutes(12).toMillis()), "no space");
        look(OptionalLong.of(Duration.ofMinutes(13).toMillis()), "no space");
        assertThat(warnings).singleElement().asString().contains("orders 3", "12 min", "no checkpoint", "no space");

        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        look(OptionalLong.of(Duration.ofMinutes(22).toMillis()), "");
        assertThat(warnings).hasSize(2).last().asString().contains("another pass");
    }

    @Test
    void replicaThatWaitsForNothingIsNotSpokenOf() {
        look(OptionalLong.empty(), "the pass was void");
        watch.look(Map.of());

        assertThat(warnings).isEmpty();
    }
}
