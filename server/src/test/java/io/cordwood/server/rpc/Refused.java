package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.Status;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Reads refusals off the wire. */
final class Refused {
    private Refused() {}

    static Refusal by(ThrowingCallable call) {
        return of(catchThrowableOfType(StatusRuntimeException.class, call));
    }

    static Refusal of(Throwable failure) {
        var status = StatusProto.fromThrowable(failure);
        assertThat(status).as("status of " + failure).isNotNull();
        return of(status);
    }

    static Refusal of(Status status) {
        var refusal = Errors.refusal(status);
        assertThat(status.getCode()).isEqualTo(Errors.code(refusal.reason()).getNumber());
        return refusal;
    }

    static void assertReason(Refusal refusal, Reason reason, String... details) {
        assertThat(refusal.reason()).as(refusal.message()).isEqualTo(reason);
        assertThat(refusal.message()).isNotBlank();
        for (int i = 0; i < details.length; i += 2) {
            assertThat(refusal.details()).containsEntry(details[i], details[i + 1]);
        }
    }
}
