package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.chaos.faults.FaultKind.Effect;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompatibilityTest {
    private static final List<FaultKind> ALL = List.of(FaultKind.values());

    @Test
    void noKindGoesWithItselfAndTheOrderDoesNotCount() {
        for (var one : ALL) {
            assertThat(Compatibility.goTogether(one, one)).isFalse();
            for (var other : ALL) {
                assertThat(Compatibility.goTogether(one, other))
                        .as("%s and %s", one, other)
                        .isEqualTo(Compatibility.goTogether(other, one));
            }
        }
    }

    @Test
    void whileAReplicaLosesWhatItForcedNobodyElseIsAway() {
        var beside = ALL.stream()
                .filter(kind -> Compatibility.goTogether(FaultKind.FILE_DAMAGE, kind))
                .map(FaultKind::effect)
                .toList();

        assertThat(beside).isNotEmpty().containsOnly(Effect.SLOW, Effect.CHANGE, Effect.CLOCK);
        assertThat(Compatibility.goTogether(FaultKind.FILE_DAMAGE, FaultKind.REPLACE_NODE))
                .isFalse();
    }

    @Test
    void singleNodesThatAreAwayAreAMinority() {
        var down = ALL.stream()
                .filter(kind -> kind.effect() == Effect.ONE_DOWN || kind.effect() == Effect.FULL)
                .toList();

        assertThat(new Compatibility(3).accepts(down.subList(0, 1), down.get(1)))
                .isFalse();
        assertThat(new Compatibility(5).accepts(down.subList(0, 1), down.get(1)))
                .isTrue();
        assertThat(new Compatibility(5).accepts(down.subList(0, 2), down.get(2)))
                .isFalse();
    }

    @Test
    void replicasAreDamagedAndChangedOnlyInAClusterThatIsWhole() {
        var problems = List.of("node 2 is DEAD", "node 3 is DEAD");

        for (var kind : List.of(FaultKind.FILE_DAMAGE, FaultKind.REPLACE_NODE, FaultKind.DROP_REPLICA)) {
            assertThat(Compatibility.refusal(kind, problems))
                    .hasValueSatisfying(reason -> assertThat(reason).contains("node 2 is DEAD"));
            assertThat(Compatibility.refusal(kind, List.of())).isEmpty();
        }
        assertThat(Compatibility.refusal(FaultKind.KILL_ALL, problems)).isEmpty();
    }

    @Test
    void fiveNodesSplitAndHaveRoomForAnotherReplica() {
        assertThat(new Compatibility(3).possible(ALL, Equipment.NONE))
                .doesNotContain(FaultKind.SPLIT, FaultKind.MOVE_REPLICA);
        assertThat(new Compatibility(5).possible(ALL, Equipment.NONE))
                .contains(FaultKind.SPLIT, FaultKind.MOVE_REPLICA)
                .doesNotContain(FaultKind.CLOCK_STEP, FaultKind.DISK_FULL, FaultKind.POWER_LOSS_OF_ALL);
    }

    @Test
    void refusalsThatPassAreNobodysFault() {
        for (var code : List.of(ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NODE_UNREACHABLE, ErrorCode.NODE_STATE)) {
            assertThat(Refusals.isOfTheMoment(new CordwoodException(code, "now")))
                    .as("%s", code)
                    .isTrue();
        }
        for (var code : List.of(ErrorCode.INTERNAL, ErrorCode.INVALID_ARGUMENT, ErrorCode.UNKNOWN_NODE)) {
            assertThat(Refusals.isOfTheMoment(new CordwoodException(code, "ever")))
                    .as("%s", code)
                    .isFalse();
        }
    }

    @Test
    void profilesAndLabelsNameKinds() {
        assertThat(FaultKind.parse("all")).isEqualTo(EnumSet.allOf(FaultKind.class));
        assertThat(FaultKind.parse("disk, pause-leader")).containsExactly(FaultKind.PAUSE_LEADER, FaultKind.DISK_FULL);
        assertThat(Arrays.stream(FaultKind.values()).map(FaultKind::profile).distinct())
                .containsExactly("kill", "pause", "net", "power", "disk", "damage", "clock", "admin");
        for (var word : List.of("", "kil", "kill,,net")) {
            assertThatThrownBy(() -> FaultKind.parse(word))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("admin, clock");
        }
    }

    @Test
    void nodeIsClaimedByOneFaultAtATimeAndDamageByNoOther() {
        var claims = new Claims();

        assertThat(claims.with(List.of(1), () -> {
                    assertThat(claims.with(List.of(1, 2), () -> {})).isFalse();
                    assertThat(claims.with(List.of(2), () -> {})).isTrue();
                    assertThat(claims.alone(3, () -> {})).isFalse();
                }))
                .isTrue();
        assertThat(claims.alone(
                        3, () -> assertThat(claims.with(List.of(1), () -> {})).isFalse()))
                .isTrue();
        assertThat(claims.with(List.of(1, 2, 3), () -> {})).isTrue();
    }

    @Test
    void resourcesOfARunningProcessAreKnown() {
        assertThat(Resources.of(ProcessHandle.current().pid())).hasValueSatisfying(now -> {
            assertThat(now.residentKib()).isPositive();
            assertThat(now.threads()).isGreaterThan(1);
            assertThat(now.openFiles()).isGreaterThan(3);
        });
        assertThat(Resources.of(1_999_999_999)).isEmpty();
    }

    @Test
    void damagedFilesAreReadFromTheMetrics() {
        assertThat(Wholeness.damagedFiles(
                        "# HELP cordwood_scrub_unrepaired x\ncordwood_scrub_unrepaired 2.0\nother 3.0\n"))
                .isEqualTo(2);
        assertThat(Wholeness.damagedFiles("other 3.0\n")).isZero();
    }
}
