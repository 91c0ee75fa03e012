package io.cordwood.client;

import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * One Publish stream to one node, shared by all partitions that it leads.
 *
 * <p>Invariants: each batch sent is answered at most once to its publisher; an answer that nobody waits for any more
 * (late, repeated, or forgotten by its publisher) is dropped; after the end nothing is sent.
 *
 * <p>What it holds is bounded by the producer's buffer: gRPC queues what the connection does not take.
 *
 * <p><b>Thread:</b> the sender thread; gRPC's threads only hand it tasks.
 */
final class PublishStream {
    private record Sent(PartitionPublisher publisher, ProducerBatch batch) {}

    private final HostPort address;
    private final Consumer<Runnable> owner;
    private final BiConsumer<PublishStream, CordwoodException> onEnd;
    private final LinkedHashMap<Long, Sent> unanswered = new LinkedHashMap<>();
    private final ClientCallStreamObserver<PublishRequest> requests;
    private long lastCorrelationId;
    private boolean ended;

    /**
     * @param owner runs a task on the sender thread
     * @param onEnd told once, on the sender thread; what was unanswered then has an unknown outcome
     */
    PublishStream(
            HostPort address,
            Channel channel,
            Consumer<Runnable> owner,
            BiConsumer<PublishStream, CordwoodException> onEnd) {
        this.address = address;
        this.owner = owner;
        this.onEnd = onEnd;
        this.requests = (ClientCallStreamObserver<PublishRequest>)
                DataServiceGrpc.newStub(channel).publish(answers());
    }

    HostPort address() {
        return address;
    }

    void send(PartitionPublisher publisher, ProducerBatch batch) {
        if (ended) {
            throw new IllegalStateException("the stream to " + address + " has ended");
        }
        long id = ++lastCorrelationId;
        unanswered.put(id, new Sent(publisher, batch));
        requests.onNext(PublishRequest.newBuilder()
                .setCorrelationId(id)
                .setTopic(publisher.partition().topic())
                .setTopicId(publisher.topicId())
                .setPartition(publisher.partition().partition())
                .setBatch(batch.encoded())
                .build());
    }

    /** Drops what is unanswered of this publisher. */
    void forget(PartitionPublisher publisher) {
        unanswered.values().removeIf(sent -> sent.publisher == publisher);
    }

    /** Gives the stream up. */
    void cancel(CordwoodException reason) {
        if (!ended) {
            requests.cancel(reason.getMessage(), reason);
            end(reason);
        }
    }

    /** Ends the stream in good order when nothing is unanswered. */
    void complete() {
        if (!ended) {
            ended = true;
            requests.onCompleted();
        }
    }

    private void answered(PublishResponse response) {
        var sent = unanswered.remove(response.getCorrelationId());
        if (sent == null) {
            return;
        }
        if (response.hasAck() && response.getAck().hasBaseOffset()) {
            sent.publisher.acknowledged(sent.batch, response.getAck());
        } else if (response.hasError()) {
            sent.publisher.refused(sent.batch, StatusTranslation.of(response.getError()));
        } else {
            sent.publisher.refused(
                    sent.batch, new CordwoodException(ErrorCode.UNKNOWN, address + " answered without an outcome"));
        }
    }

    private void end(CordwoodException reason) {
        if (!ended) {
            ended = true;
            unanswered.clear();
            onEnd.accept(this, reason);
        }
    }

    private StreamObserver<PublishResponse> answers() {
        return new StreamObserver<>() {
            @Override
            public void onNext(PublishResponse response) {
                owner.accept(() -> answered(response));
            }

            @Override
            public void onError(Throwable failure) {
                owner.accept(() -> end(StatusTranslation.of(failure)));
            }

            @Override
            public void onCompleted() {
                owner.accept(() ->
                        end(new CordwoodException(ErrorCode.NODE_UNREACHABLE, address + " has ended the stream")));
            }
        };
    }
}
