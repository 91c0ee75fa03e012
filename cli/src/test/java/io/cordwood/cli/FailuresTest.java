package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.console.ExitCode;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class FailuresTest {
    @ParameterizedTest
    @CsvSource({
        "UNKNOWN_TOPIC, NOT_FOUND",
        "PARTITION_OUT_OF_RANGE, NOT_FOUND",
        "TOPIC_EXISTS, FAILED",
        "INVALID_REPLICATION_FACTOR, FAILED",
        "RECORD_TOO_LARGE, FAILED",
        "OFFSET_OUT_OF_RANGE, FAILED",
        "NODE_UNREACHABLE, UNAVAILABLE",
        "REQUEST_TIMED_OUT, UNAVAILABLE",
        "LEADER_UNKNOWN, UNAVAILABLE",
        "METADATA_UNAVAILABLE, UNAVAILABLE",
        "INTERNAL, FAILED"
    })
    void exitCodeTellsKindOfFailure(ErrorCode code, ExitCode expected) {
        assertThat(Failures.exitCode(new CordwoodException(code, "what went wrong")))
                .isEqualTo(expected);
    }

    @Test
    void whatMayHaveBeenDoneIsNotCuredByARepetition() {
        var refused =
                new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election", Map.of("outcome", "unknown"));

        assertThat(Failures.exitCode(refused)).isEqualTo(ExitCode.FAILED);
        assertThat(Failures.explain(refused).hint()).contains("look whether it was done");
    }

    @ParameterizedTest
    @EnumSource
    void everyCodeOfTheClientHasTextHintAndReason(ErrorCode code) {
        var problem = Failures.explain(new CordwoodException(code, "what went wrong"));

        assertThat(problem.text()).isEqualTo("what went wrong");
        assertThat(problem.hint()).isNotBlank();
        assertThat(problem.reason()).isEqualTo(code.name());
    }

    @Test
    void wrappedFailureIsUnwrapped() {
        var wrapped = new CompletionException(new CordwoodException(ErrorCode.UNKNOWN_TOPIC, "no topic x"));

        assertThat(Failures.explain(wrapped).reason()).isEqualTo("UNKNOWN_TOPIC");
    }

    @Test
    void unexpectedFailureSaysThatItIsOurs() {
        var problem = Failures.explain(new IllegalStateException("impossible"));

        assertThat(problem.reason()).isEqualTo("BUG");
        assertThat(problem.exitCode()).isEqualTo(ExitCode.FAILED);
    }
}
