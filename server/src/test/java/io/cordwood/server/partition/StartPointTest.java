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
    @ValueSource(strings = {"first", "-1", "last:", "last:-5", "last:x", "1.5", "9999999999999999999", " 42", "LATEST"})
    void otherTextIsRefusedWithTheAcceptedForms(String text) {
        var refusal = catchThrowableOfType(RefusedException.class, () -> StartPoint.parse(text))
                .refusal();

        assertThat(refusal.reason()).isEqualTo(Reason.INVALID_ARGUMENT);
        assertThat(refusal.message()).contains("start", text, "earliest, latest, an offset such as 42, or last:10");
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
