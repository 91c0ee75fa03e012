package io.cordwood.raft;

import java.util.List;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Keeps what would go to the caller: messages, then the status.
 *
 * <p><b>Thread:</b> the test's.
 */
final class RecordedCall<Q> extends ServerCall<Q, Object> {
    private final List<Object> sent;

    /** @param sent takes all, in order */
    RecordedCall(List<Object> sent) {
        this.sent = sent;
    }

    @Override
    public void request(int numMessages) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sendHeaders(Metadata headers) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sendMessage(Object message) {
        sent.add(message);
    }

    @Override
    public void close(Status status, Metadata trailers) {
        sent.add(status);
    }

    @Override
    public boolean isCancelled() {
        return false;
    }

    @Override
    public MethodDescriptor<Q, Object> getMethodDescriptor() {
        throw new UnsupportedOperationException();
    }
}
