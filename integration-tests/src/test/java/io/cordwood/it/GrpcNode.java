package io.cordwood.it;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A node as a client without our SDK sees it.
 *
 * <p><b>Thread:</b> the test's.
 */
final class GrpcNode implements AutoCloseable {
    private static final int TIMEOUT_SECONDS = 30;

    private final ManagedChannel channel;

    GrpcNode(String address) {
        channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    }

    /** An error answer: canonical code, reason and metadata of its ErrorInfo. */
    record Refusal(Code code, String domain, String reason, Map<String, String> metadata, String message) {
        static Refusal of(Status status) {
            for (var detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    try {
                        var info = detail.unpack(ErrorInfo.class);
                        return new Refusal(
                                Code.forNumber(status.getCode()),
                                info.getDomain(),
                                info.getReason(),
                                info.getMetadataMap(),
                                status.getMessage());
                    } catch (InvalidProtocolBufferException e) {
                        throw new AssertionError(e);
                    }
                }
            }
            throw new AssertionError("no ErrorInfo in " + status);
        }
    }

    ManagedChannel channel() {
        return channel;
    }

    DataServiceGrpc.DataServiceBlockingStub data() {
        return DataServiceGrpc.newBlockingStub(channel).withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    TopicServiceGrpc.TopicServiceBlockingStub topics() {
        return TopicServiceGrpc.newBlockingStub(channel).withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** The refusal of a call that must not succeed. */
    static Refusal refusal(java.util.function.Supplier<?> call) {
        try {
            throw new AssertionError("not refused: " + call.get());
        } catch (StatusRuntimeException e) {
            return Refusal.of(Objects.requireNonNull(StatusProto.fromThrowable(e)));
        }
    }

    /** The first answer on a Publish stream to one batch. */
    PublishResponse publish(String topic, int partition, ByteBuffer batch) {
        var first = new FirstAnswer<PublishResponse>();
        var requests = DataServiceGrpc.newStub(channel).publish(first);
        requests.onNext(PublishRequest.newBuilder()
                .setCorrelationId(7)
                .setTopic(topic)
                .setPartition(partition)
                .setBatch(ByteString.copyFrom(batch))
                .build());
        var answer = first.await();
        requests.onCompleted();
        return answer;
    }

    /** The first answer on a Subscribe stream. */
    SubscribeResponse subscribe(SubscribeRequest request) {
        var first = new FirstAnswer<SubscribeResponse>();
        var requests = DataServiceGrpc.newStub(channel).subscribe(first);
        requests.onNext(request);
        var answer = first.await();
        requests.onCompleted();
        return answer;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static final class FirstAnswer<A> implements StreamObserver<A> {
        private final CompletableFuture<A> answer = new CompletableFuture<>();

        A await() {
            return answer.orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
        }

        @Override
        public void onNext(A value) {
            answer.complete(value);
        }

        @Override
        public void onError(Throwable problem) {
            answer.completeExceptionally(problem);
        }

        @Override
        public void onCompleted() {
            answer.completeExceptionally(new AssertionError("the stream ended without an answer"));
        }
    }
}
