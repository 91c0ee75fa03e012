package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.proto.v1.ErrorReason;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.net.ConnectException;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UNKNOWN_TOPIC",
                "PARTITION_OUT_OF_RANGE",
                "END_OFFSET_MISMATCH",
                "NOT_REPLICA",
                "LEADER_UNKNOWN",
                "OVERLOADED",
                "NOT_JOINED",
                "METADATA_UNAVAILABLE",
                "DISK_SPACE_LOW"
            })
    void whatIsRefusedBeforeTheAppendIsCertain(String reason) {
        assertThat(Outcome.ofCall(refusal(reason, Map.of())).isCertain()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"NOT_LEADER", "REQUEST_TIMED_OUT", "INTERNAL", "SHUTTING_DOWN", "RANGE_DAMAGED", "A_NEWER_REASON"
            })
    void whatMayComeBehindTheAppendIsNot(String reason) {
        assertThat(Outcome.ofCall(refusal(reason, Map.of())).isCertain()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorReason.class,
            names = {"UNRECOGNIZED", "ERROR_REASON_UNSPECIFIED"},
            mode = EnumSource.Mode.EXCLUDE)
    void everyReasonIsShown(ErrorReason reason) {
        var name = reason.name().substring("ERROR_REASON_".length());

        assertThat(Outcome.ofCall(refusal(name, Map.of())).why()).startsWith(name + ": ");
    }

    @Test
    void aNodeThatDoesNotLeadMaySayThatItDidNothing() {
        var outcome = Outcome.ofCall(refusal("NOT_LEADER", Map.of("outcome", "nothing_done")));

        assertThat(outcome.isCertain()).isTrue();
    }

    @Test
    void aRefusalTellsTheEndThatWasFound() {
        var mismatch = Outcome.ofCall(refusal("END_OFFSET_MISMATCH", Map.of("value", "7", "end_offset", "9")));
        var other = Outcome.ofCall(refusal("OVERLOADED", Map.of("end_offset", "9")));

        assertThat(mismatch.foundEnd()).hasValue(9);
        assertThat(other.foundEnd()).isEmpty();
    }

    @Test
    void anOffsetBelowTheLogStartIsToldFromOneBehindTheEnd() {
        var refused = Outcome.ofCall(
                refusal("OFFSET_OUT_OF_RANGE", Map.of("log_start_offset", "100", "log_end_offset", "200")));

        assertThat(refused.logStartAbove(99)).hasValue(100);
        assertThat(refused.logStartAbove(201)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.Code.class,
            names = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL", "RESOURCE_EXHAUSTED"})
    void withoutAnAnswerOfTheNodeNobodyKnows(Status.Code code) {
        var lost = code.toStatus()
                .withCause(new IOException("Connection reset by peer"))
                .asRuntimeException();

        assertThat(Outcome.ofCall(lost).isCertain()).isFalse();
    }

    @Test
    void whatFoundNoConnectionWasNeverSent() {
        var refused = Status.UNAVAILABLE
                .withCause(new ConnectException("Connection refused"))
                .asRuntimeException();

        assertThat(Outcome.ofCall(refused).isCertain()).isTrue();
    }

    @Test
    void anAnswerOfSomebodyElseDecidesNothing() {
        var foreign = ErrorInfo.newBuilder()
                .setDomain("a-proxy")
                .setReason("OVERLOADED")
                .build();

        assertThat(Outcome.ofCall(failure(foreign)).isCertain()).isFalse();
    }

    @Test
    void aProducerThatGivesUpSaysWhetherItHadSent() {
        var sent = timedOut("unknown");
        var unsent = timedOut("not written");

        assertThat(Outcome.ofSend(new CompletionException(sent)).isCertain()).isFalse();
        assertThat(Outcome.ofSend(new CompletionException(unsent)).isCertain()).isTrue();
    }

    @Test
    void whatHadNoRoomInTheBufferWasNeverSent() {
        var full = new CordwoodException(ErrorCode.OVERLOADED, "full", Map.of("setting", "bufferBytes"));
        var unknownTopic = new CordwoodException(
                ErrorCode.METADATA_UNAVAILABLE, "partitions not known", Map.of("setting", "maxBlock"));

        assertThat(Outcome.ofSend(full).isCertain()).isTrue();
        assertThat(Outcome.ofSend(unknownTopic).isCertain()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void aRefusalOfAProducersLastTrySaysNothingOfThoseBefore(ErrorCode code) {
        assertThat(Outcome.ofSend(new CordwoodException(code, "refused")).isCertain())
                .isFalse();
    }

    @Test
    void afterAFaultOfOursNobodyKnows() {
        assertThat(Outcome.ofSend(new IllegalStateException("a bug")).isCertain())
                .isFalse();
    }

    private static CordwoodException timedOut(String outcome) {
        return new CordwoodException(
                ErrorCode.REQUEST_TIMED_OUT, "given up", Map.of("setting", "deliveryTimeout", "outcome", outcome));
    }

    private static Throwable refusal(String reason, Map<String, String> details) {
        return failure(ErrorInfo.newBuilder()
                .setDomain("cordwood")
                .setReason(reason)
                .putAllMetadata(details)
                .build());
    }

    private static Throwable failure(ErrorInfo info) {
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.UNAVAILABLE.value())
                .setMessage("refused")
                .addDetails(Any.pack(info))
                .build());
    }
}
