package io.cordwood.bench.groups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupTableTest {
    private static final GroupCost NONE =
            new GroupCost(0, List.of(new NodeCost(90, 200, 10, 30, 1.25)), List.of(), List.of());
    private static final GroupCost SOME = new GroupCost(
            50,
            List.of(
                    new NodeCost(400, 300, 60, 40, 5),
                    new NodeCost(420, 310, 60, 41, 6),
                    new NodeCost(410, 305, 60, 42, 5.5)),
            List.of(new GroupCost.Takeover(16, 2.5, 3), new GroupCost.Takeover(17, 3.5, 3)),
            List.of(new GroupCost.Times(4.25, 5, 6)));

    @Test
    void nodesAndKillsAreSummedUpAsMediansWithTheirEnds() {
        assertThat(new GroupTable(List.of(SOME)).markdown().lines().skip(2).findFirst())
                .hasValue("| 50 | 410 (400 - 420) | 305 (300 - 310) | 60 | 41 (40 - 42) | 5.5 (5.0 - 6.0) | 4.3"
                        + " | 3.0 (2.5 - 3.5) | 17 (16 - 17) | 3.0 | 5.0 | 6.0 |");
    }

    @Test
    void clusterAloneHasNoTimes() {
        assertThat(new GroupTable(List.of(NONE)).markdown().lines().skip(2).findFirst())
                .hasValue("| 0 | 90 | 200 | 10 | 30 | 1.3 |  |  |  |  |  |  |");
    }

    @Test
    void csvHasTheMediansInColumnsOfTheirOwn() {
        var lines = new GroupTable(List.of(NONE, SOME)).csv().lines().toList();

        assertThat(lines.get(1)).isEqualTo("0,90.00,200.00,10.00,30.00,1.25,,,,,,");
        assertThat(lines.get(2)).isEqualTo("50,410.00,305.00,60.00,41.00,5.50,4.25,3.00,16.50,3.00,5.00,6.00");
        assertThat(lines).allMatch(line -> line.split(",", -1).length == 12);
    }

    @Test
    void replicasAreCountedPerNode() {
        var plan = new GroupsRun.Plan(List.of(50), 3, 2, Duration.ZERO, Duration.ofSeconds(1));

        assertThat(plan.perNode(50)).isEqualTo(34);
        assertThatThrownBy(() -> new GroupsRun.Plan(List.of(50), 1, 3, Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
