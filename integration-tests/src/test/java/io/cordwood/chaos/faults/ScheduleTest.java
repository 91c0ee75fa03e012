package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
    private static final Duration MINUTES = Duration.ofMinutes(10);
    private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);
    private static final Equipment EVERYTHING = new Equipment(true, Optional.of(Path.of("clock")), List.of());
    private static final int SEEDS = 1_000;

    private static Schedule schedule(long seed, int nodes) {
        return Schedule.of(seed, MINUTES, nodes, ALL, EVERYTHING);
    }

    @Test
    void sameSeedMakesTheSameScheduleAndAnotherOneAnother() {
        assertThat(schedule(7, 5).text()).isEqualTo(schedule(7, 5).text());
        assertThat(schedule(8, 5).text()).isNotEqualTo(schedule(7, 5).text());
    }

    @Test
    void textNamesTheSeedAndEachFaultInALineOfItsOwn() {
        var schedule = schedule(7, 3);

        assertThat(schedule.text()).startsWith("seed 7, 3 nodes, faults kill-node,");
        assertThat(schedule.text().lines())
                .hasSize(1 + schedule.windows().size() + schedule.faults().size());
        assertThat(schedule.toString()).isEqualTo(schedule.text());
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void windowsFollowEachOtherAndFaultsStayWithin(int nodes) {
        LongStream.range(0, SEEDS).mapToObj(seed -> schedule(seed, nodes)).forEach(schedule -> {
            long at = 0;
            for (var window : schedule.windows()) {
                assertThat(window.startMillis()).isEqualTo(at);
                assertThat(window.lengthMillis()).isBetween(20_000L, 75_000L);
                assertThat(window.faults()).hasSizeLessThanOrEqualTo(3).allSatisfy(fault -> {
                    assertThat(fault.startMillis()).isGreaterThanOrEqualTo(window.startMillis());
                    assertThat(fault.endMillis()).isLessThan(window.endMillis());
                    assertThat(fault.nodes()).doesNotHaveDuplicates().allMatch(node -> node >= 1 && node <= nodes);
                });
                at = window.endMillis();
            }
            assertThat(schedule.length()).isBetween(MINUTES, MINUTES.plusSeconds(75));
        });
    }

    @Test
    void oneOfEachFourWindowsIsCalmAndNoOther() {
        LongStream.range(0, SEEDS).mapToObj(seed -> schedule(seed, 3)).forEach(schedule -> {
            var windows = schedule.windows();
            for (int i = 0; i + 4 <= windows.size(); i += 4) {
                assertThat(windows.subList(i, i + 4))
                        .filteredOn(window -> window.faults().isEmpty())
                        .hasSize(1);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void faultsOfAWindowGoTogether(int nodes) {
        LongStream.range(0, SEEDS).mapToObj(seed -> schedule(seed, nodes)).forEach(schedule -> {
            for (var window : schedule.windows()) {
                for (var fault : window.faults()) {
                    var others = window.faults().stream()
                            .map(Fault::kind)
                            .filter(kind -> kind != fault.kind())
                            .toList();
                    assertThat(others).hasSize(window.faults().size() - 1);
                    assertThat(new Compatibility(nodes).accepts(others, fault.kind()))
                            .as("%s beside %s", fault.kind(), others)
                            .isTrue();
                }
            }
        });
    }

    @Test
    void everyKindOccursAndNoneIsRare() {
        var counts = new EnumMap<FaultKind, Integer>(FaultKind.class);
        LongStream.range(0, SEEDS)
                .mapToObj(seed -> schedule(seed, 5))
                .flatMap(schedule -> schedule.faults().stream())
                .forEach(fault -> counts.merge(fault.kind(), 1, Integer::sum));

        int total = counts.values().stream().mapToInt(Integer::intValue).sum();
        assertThat(counts.keySet()).isEqualTo(ALL);
        assertThat(counts.values())
                .allMatch(count -> count > total / ALL.size() / 4)
                .allMatch(count -> count < total / ALL.size() * 3);
    }

    @Test
    void pausesLastFromOneSecondToAMinute() {
        var lengths = LongStream.range(0, SEEDS)
                .mapToObj(seed -> schedule(seed, 3))
                .flatMap(schedule -> schedule.faults().stream())
                .filter(fault -> fault.kind() == FaultKind.PAUSE_NODE)
                .map(Fault::lengthMillis)
                .toList();

        assertThat(lengths)
                .allMatch(length -> length >= 1_000 && length <= 60_000)
                .anyMatch(length -> length < 3_000)
                .anyMatch(length -> length > 50_000);
    }

    @Test
    void onlyTheKindsThatAreWantedAndPossibleOccur() {
        var kinds = FaultKind.parse("kill,net,power,clock");
        var occurred = EnumSet.noneOf(FaultKind.class);
        LongStream.range(0, SEEDS)
                .mapToObj(seed -> Schedule.of(seed, MINUTES, 3, kinds, Equipment.NONE))
                .forEach(schedule -> schedule.faults().forEach(fault -> occurred.add(fault.kind())));

        var expected = EnumSet.copyOf(FaultKind.parse("kill,net"));
        expected.remove(FaultKind.SPLIT);
        assertThat(occurred).isEqualTo(expected);
    }

    @Test
    void scheduleWithoutAnythingPossibleIsCalm() {
        var schedule = Schedule.of(1, MINUTES, 3, Set.of(FaultKind.CLOCK_STEP), Equipment.NONE);

        assertThat(schedule.faults()).isEmpty();
        assertThat(schedule.length()).isGreaterThanOrEqualTo(MINUTES);
    }

    @Test
    void aMachineLeavesFaultsOutAndChangesNoOther() {
        for (long seed = 0; seed < 100; seed++) {
            var everything = schedule(seed, 3);
            var nothing = Schedule.of(seed, MINUTES, 3, ALL, Equipment.NONE);

            assertThat(nothing.length()).isEqualTo(everything.length());
            assertThat(nothing.faults())
                    .isEqualTo(everything.faults().stream()
                            .filter(fault -> !fault.kind().needsDisk() && fault.kind() != FaultKind.CLOCK_STEP)
                            .toList());
        }
    }

    @Test
    void whereOthersTakeReplicasNodesAreAwayForLongEnough() {
        assertThat(longestKill(5)).isGreaterThan(20_000);
        assertThat(longestKill(3)).isLessThan(12_000);
    }

    private static long longestKill(int nodes) {
        return LongStream.range(0, SEEDS)
                .mapToObj(seed -> schedule(seed, nodes))
                .flatMap(schedule -> schedule.faults().stream())
                .filter(fault -> fault.kind() == FaultKind.KILL_NODE)
                .mapToLong(Fault::lengthMillis)
                .max()
                .orElseThrow();
    }

    @Test
    void onlyWhatTheFaultsNeedOfTheMachineIsUsed() {
        assertThat(needed("kill,net")).isEqualTo(Equipment.NONE);
        assertThat(needed("power")).isEqualTo(new Equipment(true, Optional.empty(), List.of()));
        assertThat(needed("disk")).isEqualTo(needed("power"));
        assertThat(needed("clock")).isEqualTo(new Equipment(false, EVERYTHING.clock(), List.of()));
    }

    private static Equipment needed(String kinds) {
        return EVERYTHING.neededFor(Schedule.of(1, MINUTES, 3, FaultKind.parse(kinds), EVERYTHING));
    }

    @Test
    void nodesThatAreStoppedDifferWithinAWindow() {
        var stopping = Map.of(
                FaultKind.KILL_NODE, true,
                FaultKind.KILL_DURING_START, true,
                FaultKind.PAUSE_NODE, true,
                FaultKind.POWER_LOSS_OF_ONE, true,
                FaultKind.DISK_FULL, true);
        LongStream.range(0, SEEDS)
                .mapToObj(seed -> schedule(seed, 5))
                .flatMap(schedule -> schedule.windows().stream())
                .forEach(window -> assertThat(window.faults().stream()
                                .filter(fault -> stopping.containsKey(fault.kind()))
                                .flatMap(fault -> fault.nodes().stream()))
                        .doesNotHaveDuplicates());
    }
}
