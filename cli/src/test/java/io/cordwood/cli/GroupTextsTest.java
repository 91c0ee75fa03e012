package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.console.Json;
import io.cordwood.client.GroupAssignor;
import io.cordwood.client.GroupDescription;
import io.cordwood.client.GroupSummary;
import io.cordwood.client.OutOfRange;
import io.cordwood.client.ResetOffset;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class GroupTextsTest {
    private static final String ANN = "a1111111-aaaa";
    private static final String BOB = "b2222222-bbbb";

    private static final GroupDescription GROUP = new GroupDescription(
            "billing",
            GroupDescription.State.SETTLING,
            7,
            GroupAssignor.STICKY,
            Duration.ofSeconds(10),
            OutOfRange.EARLIEST,
            List.of(
                    new GroupDescription.Member(ANN, "ann", "", "", "10.0.0.7", List.of("orders"), "", 41, 2),
                    new GroupDescription.Member(
                            BOB, "", "till-1", "r1", "10.0.0.8", List.of("orders"), "ret.*", 40, 0)),
            List.of(
                    new GroupDescription.Partition(
                            new TopicPartition("orders", 0),
                            ANN,
                            true,
                            BOB,
                            OptionalLong.of(120),
                            "half way",
                            Optional.of(Instant.parse("2026-11-20T10:00:00Z"))),
                    new GroupDescription.Partition(
                            new TopicPartition("orders", 1),
                            ANN,
                            false,
                            ANN,
                            OptionalLong.empty(),
                            "",
                            Optional.empty())),
            Optional.empty());

    @Test
    void partitionTableShowsWhoHasThemAndWhereTheyGo() {
        assertThat(GroupTexts.partitions(GROUP).lines())
                .containsExactly(
                        "TOPIC   PARTITION  OFFSET  COMMITTED             OWNER     GOES TO   METADATA",
                        "orders          0     120  2026-11-20T10:00:00Z  a1111111  b2222222  half way",
                        "orders          1       -  -                     a1111111  -         -");
    }

    @Test
    void ownersAreToldByPartition() {
        assertThat(GroupTexts.owners(GROUP))
                .isEqualTo(Map.of(
                        new TopicPartition("orders", 0), "a1111111", new TopicPartition("orders", 1), "a1111111"));
    }

    @Test
    void memberTableShowsWhatTheyWant() {
        assertThat(GroupTexts.members(GROUP).lines().get(2)).contains(BOB, "till-1", "r1", "orders /ret.*/");
    }

    @Test
    void jsonHasTheNamesOfTheApi() {
        assertThat(Json.of(GroupTexts.json(GROUP)))
                .contains(
                        "\"state\":\"settling\"", "\"sessionTimeoutMs\":10000", "\"memberEpoch\":41", "\"offset\":120")
                .doesNotContain("emptySince");
        assertThat(Json.of(GroupTexts.json(
                        new GroupSummary("billing", GroupDescription.State.EMPTY, 0, GroupAssignor.RANGE, 3))))
                .isEqualTo("{\"name\":\"billing\",\"state\":\"empty\",\"memberCount\":0,\"assignor\":\"range\","
                        + "\"offsetCount\":3}");
    }

    @Test
    void resetTableShowsTheChange() {
        var offsets = List.of(
                new ResetOffset(new TopicPartition("orders", 0), OptionalLong.of(120), 100, 0, 150),
                new ResetOffset(new TopicPartition("orders", 1), OptionalLong.empty(), 5, 5, 9));

        assertThat(GroupTexts.offsets(offsets).lines())
                .anyMatch(line -> line.contains("-20"))
                .anyMatch(line -> line.matches("orders +1 +- +5 +- +5 +9"));
    }
}
