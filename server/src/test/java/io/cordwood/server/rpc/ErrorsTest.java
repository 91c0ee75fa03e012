package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.cordwood.proto.v1.ErrorReason;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ErrorsTest {
    @Test
    void everyReasonOfTheProtocolHasOneHereAndBack() {
        var ofProtocol = EnumSet.allOf(ErrorReason.class);
        ofProtocol.remove(ErrorReason.UNRECOGNIZED);
        ofProtocol.remove(ErrorReason.ERROR_REASON_UNSPECIFIED);

        assertThat(Arrays.stream(Reason.values()).map(Errors::wireReason))
                .containsExactlyInAnyOrderElementsOf(ofProtocol);
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void refusalsSurviveTheWire(Reason reason) throws InvalidProtocolBufferException {
        var refusal = Refusal.field(reason, "field-name", 7, "at most 5").with(Refusal.SETTING, "a.b");

        var status = Errors.status(refusal);

        assertThat(status.getCode()).isNotEqualTo(Code.OK_VALUE).isNotEqualTo(Code.UNKNOWN_VALUE);
        assertThat(Errors.refusal(status)).isEqualTo(refusal);
        var info = status.getDetails(0).unpack(ErrorInfo.class);
        assertThat(info.getDomain()).isEqualTo("cordwood");
        assertThat(info.getReason()).isEqualTo(reason.name());
        assertThat(status.getDetailsList().stream().anyMatch(detail -> detail.is(RetryInfo.class)))
                .isEqualTo(reason.retryAfter().isPresent());
    }

    @Test
    void onlyWhatAPlainRetryCanHelpIsUnavailable() {
        assertThat(Arrays.stream(Reason.values()).filter(reason -> Errors.code(reason) == Code.UNAVAILABLE))
                .containsExactlyInAnyOrder(
                        Reason.LEADER_UNKNOWN,
                        Reason.SHUTTING_DOWN,
                        Reason.NOT_JOINED,
                        Reason.METADATA_UNAVAILABLE,
                        Reason.RANGE_DAMAGED);
        assertThat(Errors.code(Reason.NOT_LEADER)).isEqualTo(Code.FAILED_PRECONDITION);
        assertThat(Errors.code(Reason.OFFSET_OUT_OF_RANGE)).isEqualTo(Code.OUT_OF_RANGE);
        assertThat(Errors.code(Reason.END_OFFSET_MISMATCH)).isEqualTo(Code.ABORTED);
    }

    @Test
    void errorsAreBoundedHoweverLargeTheRequestWas() {
        var refusal = Refusal.field(Reason.INVALID_NAME, "name", "\u00e4".repeat(100_000), "shorter");

        assertThat(Errors.status(refusal).getSerializedSize()).isLessThan(4_000);
    }

    @Test
    void faultsTellNothingOfTheInside() {
        var status = Errors.status(new CompletionException(new IllegalStateException("secret path")));

        assertThat(status.getCode()).isEqualTo(Code.INTERNAL_VALUE);
        assertThat(status.toString()).doesNotContain("secret");
    }
}
