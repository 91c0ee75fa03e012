package io.cordwood.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.chaos.faults.Equipment;
import io.cordwood.chaos.faults.FaultKind;
import io.cordwood.chaos.faults.Schedule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScheduledTroubleTest {
    private static final Equipment NO_DISKS =
            new Equipment(false, Optional.of(Path.of("clock")), List.of("no full disks: only root may mount"));
    private static final Equipment DISKS = new Equipment(true, Optional.empty(), List.of());

    private static ScheduledTrouble.Windows windows(String faults, Equipment equipment) {
        var schedule = Schedule.of(1, Duration.ofMinutes(1), 3, FaultKind.parse(faults), equipment);
        return new ScheduledTrouble.Windows(schedule, 3, equipment);
    }

    @Test
    void whatCanBefallNobodyIsNoRun() {
        assertThatThrownBy(() -> windows("power,disk", NO_DISKS).requirePossible(false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only root may mount");
        assertThatThrownBy(() -> windows("move-replica", DISKS).requirePossible(false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it takes more nodes");
        assertThatCode(() -> windows("power,kill", NO_DISKS).requirePossible(false))
                .doesNotThrowAnyException();
    }

    @Test
    void whatBefallsGroupsIsInTheText() {
        var windows = windows("kill", DISKS);

        assertThat(windows.text()).contains("group handlers", "group pollers", "start of member 0");
        assertThat(windows.groups().keySet())
                .allSatisfy(group ->
                        assertThat(group.topics()).isEqualTo(windows.workload().topicNames()));
    }

    @Test
    void disksThatHaveToBeThereMayNotBeMissing() {
        assertThatThrownBy(() -> windows("all", NO_DISKS).requirePossible(true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DISKS_REQUIRED")
                .hasMessageContaining("only root may mount");
        assertThatCode(() -> windows("kill,clock", NO_DISKS).requirePossible(true))
                .doesNotThrowAnyException();
        assertThatCode(() -> windows("all", DISKS).requirePossible(true)).doesNotThrowAnyException();
    }
}
