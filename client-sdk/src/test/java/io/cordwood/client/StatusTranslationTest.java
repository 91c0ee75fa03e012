package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatusTranslationTest {
    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE,NODE_UNREACHABLE,true",
        "DEADLINE_EXCEEDED,REQUEST_TIMED_OUT,true",
        "RESOURCE_EXHAUSTED,OVERLOADED,true",
        "INVALID_ARGUMENT,INVALID_ARGUMENT,false",
        "UNIMPLEMENTED,UNKNOWN,false"
    })
    void withoutDetailsTheCanonicalCodeDecides(Status.Code canonical, ErrorCode code, boolean retryable) {
        var failure = StatusTranslation.of(canonical.toStatus().asRuntimeException());

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.retryable()).isEqualTo(retryable);
    }

    @Test
    void messageThatTheTransportRefusesIsNotSentAgain() {
        var status = Status.RESOURCE_EXHAUSTED.withDescription("gRPC message exceeds maximum size 4194304: 4194311");

        var failure = StatusTranslation.of(status.asRuntimeException());

        assertThat(failure.code()).isEqualTo(ErrorCode.RECORD_TOO_LARGE);
        assertThat(failure.retryable()).isFalse();
    }

    @Test
    void retryInfoIsRead() {
        var status = Refusals.retryAfter(Refusals.of("OVERLOADED", "slow down"), Duration.ofMillis(1500));

        assertThat(StatusTranslation.of(status).retryAfter()).hasValue(Duration.ofMillis(1500));
    }

    @Test
    void detailsOfAnotherDomainAreNotOurs() {
        var info = ErrorInfo.newBuilder().setDomain("proxy.example").setReason("RECORD_TOO_LARGE");
        var status = com.google.rpc.Status.newBuilder().setCode(14).addDetails(Any.pack(info.build()));

        assertThat(StatusTranslation.of(status.build()).code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
    }

    @ParameterizedTest
    @CsvSource({
        "DISK_SPACE_LOW,true",
        "RANGE_DAMAGED,true",
        "OVERLOADED,true",
        "NOT_LEADER,true",
        "REPLICA_EXISTS,false",
        "NODE_STATE,false",
        "CHANGE_UNDER_WAY,false",
        "TOO_FEW_SOUND_REPLICAS,false",
        "KEY_REQUIRED,false",
        "FEATURE_NOT_ENABLED,false"
    })
    void reasonOfTheServerIsTheCode(ErrorCode code, boolean retryable) {
        var failure = StatusTranslation.of(Refusals.of(code.name(), "so it is"));

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.retryable()).isEqualTo(retryable);
    }

    @Test
    void reasonOfANewerServerIsUnknown() {
        assertThat(StatusTranslation.of(Refusals.of("MOON_TOO_FAR", "no")).code())
                .isEqualTo(ErrorCode.UNKNOWN);
    }

    @Test
    void damagedDetailIsAsGoodAsNone() {
        var broken = Any.newBuilder()
                .setTypeUrl("type.googleapis.com/google.rpc.ErrorInfo")
                .setValue(ByteString.copyFrom(new byte[] {-1, -1, -1}));
        var status = com.google.rpc.Status.newBuilder().setCode(4).addDetails(broken);

        assertThat(StatusTranslation.of(status.build()).code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    }

    @Test
    void callOnAConnectionThatWasJustClosedDidNotReachItsNode() {
        var closed = Status.UNKNOWN.withCause(new ClosedChannelException()).asRuntimeException();

        assertThat(StatusTranslation.of(closed).code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
        assertThat(StatusTranslation.of(Status.UNKNOWN.asRuntimeException()).code())
                .isEqualTo(ErrorCode.UNKNOWN);
    }

    @Test
    void wrappersOfFuturesAreTakenOff() {
        var inner = new CordwoodException(ErrorCode.TOPIC_EXISTS, "there");

        assertThat(StatusTranslation.of(new CompletionException(new ExecutionException(inner))))
                .isSameAs(inner);
    }
}
