package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.faults.FaultEvent.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultCountsTest {
    private static final Schedule KILLS =
            Schedule.of(1, Duration.ofMinutes(2), 3, List.of(FaultKind.KILL_NODE), Equipment.NONE);

    private final FaultCounts counts = new FaultCounts(KILLS);

    @Test
    void eachKindHasALineWithWhatBecameOfIt() {
        tell(Phase.BEGIN, FaultKind.KILL_NODE);
        tell(Phase.END, FaultKind.KILL_NODE);
        tell(Phase.SKIPPED, FaultKind.KILL_NODE);
        tell(Phase.BEGIN, FaultKind.DROP_REPLICA);
        tell(Phase.REFUSED, FaultKind.DROP_REPLICA);

        var lines = counts.lines().stream()
                .map(line -> line.strip().replaceAll(" +", " "))
                .toList();

        assertThat(lines)
                .hasSize(1 + FaultKind.values().length)
                .startsWith("faults scheduled begun missed skipped refused failed")
                .contains("kill-node " + KILLS.faults().size() + " 1 0 1 0 0", "drop-replica 0 1 0 0 1 0");
        assertThat(counts.begun()).isEqualTo(2);
    }

    @Test
    void aRunInWhichNothingBeganIsIdleUnlessNothingWasScheduled() {
        assertThat(counts.isIdle()).isTrue();
        tell(Phase.SKIPPED, FaultKind.KILL_NODE);
        assertThat(counts.isIdle()).isTrue();
        tell(Phase.BEGIN, FaultKind.KILL_NODE);
        assertThat(counts.isIdle()).isFalse();

        assertThat(new FaultCounts(Schedule.of(1, Duration.ZERO, 3, List.of(), Equipment.NONE)).isIdle())
                .isFalse();
    }

    private void tell(Phase phase, FaultKind kind) {
        counts.add(new FaultEvent(phase, kind, "", "", Instant.EPOCH));
    }
}
