package io.cordwood.server.http;

import com.google.protobuf.Duration;
import com.google.rpc.Status;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.FetchResponse;
import io.cordwood.server.rpc.Errors;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A partition that this node holds no replica of, read from its leader by one Fetch after the other, each
 * of which waits for records.
 *
 * <p>Invariant: at most one call is open, and the next is made only when what the last one brought was
 * taken.
 *
 * <p><b>Thread:</b> {@link #ask} by the tail's; answers come on any and are handed to it.
 */
final class FetchedPartition {
    private static final int WAIT_SECONDS = 10;
    /** Behind the wait an election, and the way to the leader and back. */
    private static final int DEADLINE_SECONDS = 25;

    private static final int RECORDS_MAX = 1_000;
    /** One batch comes, however large. */
    private static final int MAX_BYTES = 64 << 10;

    private static final long RETRY_MS = 1_000;

    private final Channel channel;
    private final FetchRequest request;
    private final Receiver receiver;

    /** Takes what comes; any thread. */
    interface Receiver {
        void fetched(FetchedPartition from, FetchResponse response);

        /** Nothing more comes: the partition's leader says so. */
        void refused(FetchedPartition from, Status error);

        /** Asks again. */
        void retry(FetchedPartition from);
    }

    /** @param request names partition and encoding */
    FetchedPartition(Channel channel, FetchRequest request, Receiver receiver) {
        this.channel = channel;
        this.receiver = receiver;
        this.request = request.toBuilder()
                .setMaxRecords(RECORDS_MAX)
                .setMaxBytes(MAX_BYTES)
                .setMaxWait(Duration.newBuilder().setSeconds(WAIT_SECONDS))
                .build();
    }

    int partition() {
        return request.getPartition();
    }

    void ask(String position) {
        DataServiceGrpc.newStub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .fetch(request.toBuilder().setStart(position).build(), new Answer());
    }

    private void failed(Status error) {
        if (isFinal(error)) {
            receiver.refused(this, error);
        } else {
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS).execute(() -> receiver.retry(this));
        }
    }

    /** What waiting may cure is not. */
    private static boolean isFinal(Status error) {
        return switch (Errors.refusal(error).reason()) {
            case LEADER_UNKNOWN,
                    NOT_LEADER,
                    NOT_REPLICA,
                    REQUEST_TIMED_OUT,
                    METADATA_UNAVAILABLE,
                    OVERLOADED,
                    NOT_JOINED,
                    RANGE_DAMAGED,
                    SHUTTING_DOWN -> false;
            default -> true;
        };
    }

    private final class Answer implements StreamObserver<FetchResponse> {
        private @Nullable FetchResponse response;

        @Override
        public void onNext(FetchResponse value) {
            response = value;
        }

        @Override
        public void onError(Throwable failure) {
            failed(JsonErrors.status((StatusRuntimeException) failure));
        }

        @Override
        public void onCompleted() {
            if (response != null) {
                receiver.fetched(FetchedPartition.this, response);
            }
        }
    }
}
