package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.proto.v1.ErrorReason;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ErrorCodeTest {
    private static final List<ErrorCode> CLIENT_ONLY = List.of(
            ErrorCode.NODE_UNREACHABLE,
            ErrorCode.CLIENT_CLOSED,
            ErrorCode.INTERRUPTED,
            ErrorCode.OTHER_CLUSTER,
            ErrorCode.UNKNOWN);

    @Test
    void codesAreTheReasonsOfTheApiAndThoseOfTheClient() {
        var reasons = Arrays.stream(ErrorReason.values())
                .filter(reason -> reason != ErrorReason.UNRECOGNIZED && reason != ErrorReason.ERROR_REASON_UNSPECIFIED)
                .map(reason -> reason.name().substring("ERROR_REASON_".length()))
                .toList();

        assertThat(Arrays.stream(ErrorCode.values())
                        .filter(code -> !CLIENT_ONLY.contains(code))
                        .map(Enum::name))
                .containsExactlyElementsOf(reasons);
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyReasonIsReadFromAnAnswer(ErrorCode code) {
        var answer = Refusals.of(code.name(), "refused", Map.of("field", "f", "limit", "7", "value", "8"));

        var failure = StatusTranslation.of(Refusals.thrown(answer));

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.details()).containsOnlyKeys("field", "limit", "value");
        assertThat(failure.hint()).isNotBlank().doesNotEndWith(".");
        assertThat(failure).hasMessage("refused");
    }
}
