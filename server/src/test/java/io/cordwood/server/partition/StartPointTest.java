package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StartPointTest {
    @ParameterizedTest
    @CsvSource({"'',10", "earliest,10", "latest,50", "42,42", "0,0", "last:10,40", "last:0,50", "last:1000,10"})
    void formsResolveWithinTheLog(String text, long offset) {
        assertThat(StartPoint.parse(text).resolve(10, 50)).isEqualTo(offset);
    }

    @ParameterizedTest
    @CsvSource({
        "@1700000000000, 1700000000000",
        "@2023-11-14T22:13:20Z, 1700000000000",
        "@2023-11-14T22:13Z, 1699999980000",
        "@2023-11-14T22:13:20.000000001Z, 1700000000001",
        "@2023-11-14T23:13:20+01:00, 1700000000000",
        "@2023-11-14, 1699920000000",
        "@1969-01-01, 0",
        "@0, 0",
        "-0s, 1700000000000",
        "-90s, 1699999910000",
        "-1h30m, 1699994600000",
        "-7d, 1699395200000",
        "-250ms, 1699999999750",
        "-1d2h3m4s5ms, 1699906215995",
        "-999999999d, 0"
    })
    void timesAndAgesAreTimestamps(String text, long timestampMs) {
        assertThat(StartPoint.parse(text).timestampMs(1_700_000_000_000L)).hasValue(timestampMs);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "first",
                "-1",
                "last:",
                "last:-5",
                "last:x",
                "1.5",
                "9999999999999999999",
                " 42",
                "LATEST",
                "@",
                "@yesterday",
                "@2026-11-20T10:00",
                "@2026-13-01",
                "@2026-02-30",
                "@2026-11-20 10:00Z",
                "@20261120T1000Z",
                "@-5",
                "-",
                "-h",
                "-1x",
                "-1m1h",
                "-1.5h",
                "1h",
                "-1h30",
                "- 1h",
                "@+12026-01-01"
            })
    void otherTextIsRefusedWithTheAcceptedForms(String text) {
        var refusal = catchThrowableOfType(RefusedException.class, () -> StartPoint.parse(text))
                .refusal();

        assertThat(refusal.reason()).isEqualTo(Reason.INVALID_ARGUMENT);
        assertThat(refusal.message())
                .contains(
                        "start",
                        text,
                        "earliest, latest, an offset such as 42, last:10, a time",
                        "@2026-11-20T10:00Z",
                        "-1h30m");
        assertThat(refusal.details())
                .containsEntry(Refusal.FIELD, "start")
                .containsEntry(Refusal.VALUE, text)
                .containsKey(Refusal.LIMIT);
    }

    @Test
    void offsetsOutsideTheLogAreNamedWithItsBounds() {
        assertThat(StartPoint.outOfRange(10, 10, 50)).isEmpty();
        assertThat(StartPoint.outOfRange(50, 10, 50)).isEmpty();

        var refusal = StartPoint.outOfRange(51, 10, 50).orElseThrow();

        assertThat(refusal.reason()).isEqualTo(Reason.OFFSET_OUT_OF_RANGE);
        assertThat(refusal.details())
                .containsEntry("value", "51")
                .containsEntry("log_start_offset", "10")
                .containsEntry("log_end_offset", "50");
        assertThat(StartPoint.outOfRange(9, 10, 50)).isPresent();
    }
}
