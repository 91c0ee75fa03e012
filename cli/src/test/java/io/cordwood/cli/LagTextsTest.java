package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.console.Json;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.PartitionLag;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class LagTextsTest {
    private static final TopicPartition ZERO = new TopicPartition("orders", 0);
    private static final TopicPartition ONE = new TopicPartition("orders", 1);
    private static final TopicPartition TWO = new TopicPartition("orders", 2);
    private static final Instant TIME = Instant.parse("2026-11-20T10:00:00Z");

    private static final PartitionLag SLOW = new PartitionLag(
            ZERO,
            OptionalLong.of(40),
            20,
            90,
            50,
            5_000,
            0,
            Optional.of(Duration.ofMillis(4_200)),
            Optional.of(Duration.ofHours(30)),
            OptionalDouble.of(7.5),
            OptionalDouble.of(2.5),
            Optional.of(Duration.ofSeconds(95)),
            Optional.empty());
    private static final PartitionLag FRESH = new PartitionLag(
            ONE,
            OptionalLong.empty(),
            20,
            20,
            0,
            0,
            12,
            Optional.empty(),
            Optional.empty(),
            OptionalDouble.empty(),
            OptionalDouble.of(1),
            Optional.empty(),
            Optional.empty());
    private static final PartitionLag UNMEASURED = new PartitionLag(
            TWO,
            OptionalLong.of(7),
            0,
            0,
            0,
            0,
            0,
            Optional.empty(),
            Optional.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            Optional.of(new CordwoodException(ErrorCode.LEADER_UNKNOWN, "an election goes on")));

    private static final PartitionLag UNREADABLE = new PartitionLag(
            TWO,
            OptionalLong.of(7),
            0,
            9,
            2,
            0,
            0,
            Optional.empty(),
            Optional.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            Optional.of(new CordwoodException(ErrorCode.RANGE_DAMAGED, "a file is damaged")));

    @Test
    void tableShowsEachPartitionAndTheirSums() {
        assertThat(LagTexts.table(sample(SLOW, FRESH)).lines())
                .containsExactly(
                        "TOPIC   PARTITION  OWNER  OFFSET  HIGH WATERMARK  RECORDS  BYTES    AGE  COMMITTED/S"
                                + "  APPENDED/S  CAUGHT UP IN  TRIMMED IN",
                        "orders          0  ann        40              90       50   5000  4.2 s          7.5"
                                + "         2.5          95 s        30 h",
                        "orders          1  -           -              20        0      0      -            -"
                                + "         1.0             -           -",
                        "total           -  -           -               -       50   5000  4.2 s            -"
                                + "         3.5          95 s        30 h");
    }

    @Test
    void onePartitionNeedsNoSum() {
        assertThat(LagTexts.table(sample(SLOW)).lines()).hasSize(2);
    }

    @Test
    void groupThatWillNotCatchUpSomewhereHasNoForecast() {
        var never = new PartitionLag(
                ONE,
                SLOW.offset(),
                20,
                90,
                50,
                5_000,
                0,
                Optional.of(Duration.ofSeconds(1)),
                Optional.of(Duration.ofMinutes(5)),
                OptionalDouble.of(1),
                OptionalDouble.of(2),
                Optional.empty(),
                Optional.empty());

        assertThat(LagTexts.table(sample(SLOW, never)).lines().get(3))
                .matches("total .* 100 +10000 +4\\.2 s +8\\.5 +4\\.5 +- +5 min");
    }

    @Test
    void whatCouldNotBeMeasuredOrWasTrimmedIsNoticed() {
        var sample = sample(SLOW, FRESH, UNMEASURED);

        assertThat(LagTexts.notices(sample))
                .containsExactly(
                        "orders-1: 12 offsets were trimmed before the group had processed them",
                        "orders-2 could not be measured: an election goes on [LEADER_UNKNOWN]");
        assertThat(LagTexts.table(sample).lines().get(3)).matches("orders +2 +- +7( +-){8}");
    }

    @Test
    void thereIsNoSumOfWhatAPartitionDoesNotKnow() {
        var soon = LagTexts.table(sample(SLOW, UNMEASURED)).lines().get(3);
        var none = Json.of(LagTexts.json(sample(UNMEASURED, UNMEASURED)));
        var damaged = LagTexts.json(sample(SLOW, UNREADABLE));

        assertThat(soon).matches("total( +-){11}");
        assertThat(none).contains("\"unmeasured\":2").doesNotContain("\"records\"", "\"bytes\"");
        assertThat(damaged)
                .containsEntry("records", 52L)
                .containsEntry("unmeasured", 1L)
                .doesNotContainKey("bytes");
    }

    @Test
    void partitionInWhichNothingHappensTakesNothingFromTheSums() {
        var idle = new PartitionLag(
                ONE,
                OptionalLong.empty(),
                20,
                20,
                0,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.of(0),
                Optional.empty(),
                Optional.empty());

        assertThat(LagTexts.table(sample(SLOW, idle)).lines().get(3))
                .matches("total .* 50 +5000 +4\\.2 s +7\\.5 +2\\.5 +95 s +30 h");
        assertThat(LagTexts.json(sample(SLOW, idle)))
                .containsEntry("records", 50L)
                .containsEntry("bytes", 5_000L)
                .containsEntry("unmeasured", 0L);
    }

    @Test
    void offsetsAreShownEvenWhereTheLogCannotBeRead() {
        assertThat(LagTexts.table(sample(UNREADABLE)).lines().get(1)).matches("orders +2 +- +7 +9 +2( +-){6}");
        assertThat(Json.of(LagTexts.json(sample(UNREADABLE))))
                .contains("\"error\":\"RANGE_DAMAGED\"", "\"records\":2,\"trimmedRecords\":0}");
    }

    @Test
    void jsonHasTheNamesOfTheApi() {
        assertThat(Json.of(LagTexts.json(sample(SLOW, UNMEASURED))))
                .isEqualTo(
                        "{\"group\":\"billing\",\"time\":\"2026-11-20T10:00:00Z\",\"unmeasured\":1,"
                                + "\"partitions\":[{\"topic\":\"orders\",\"partition\":0,\"owner\":\"ann\",\"offset\":40,"
                                + "\"logStartOffset\":20,\"highWatermark\":90,\"records\":50,\"trimmedRecords\":0,\"bytes\":5000,"
                                + "\"ageMs\":4200,\"untilTrimmedMs\":108000000,\"committedPerSecond\":7.5,"
                                + "\"appendedPerSecond\":2.5,\"untilCaughtUpMs\":95000},"
                                + "{\"topic\":\"orders\",\"partition\":2,\"owner\":\"\",\"offset\":7,\"error\":\"LEADER_UNKNOWN\"}]}");
    }

    private static LagTexts.Sample sample(PartitionLag... lag) {
        return new LagTexts.Sample("billing", TIME, List.of(lag), Map.of(ZERO, "ann"));
    }
}
