package io.cordwood.server.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.proto.v1.SubscribedData;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.Chunk;
import io.cordwood.server.partition.Replica;
import io.cordwood.server.partition.StartPoint;
import io.cordwood.server.partition.Subscription;
import io.cordwood.server.partition.TopicPartition;
import io.cordwood.server.tracing.Tracing;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * One Subscribe call.
 *
 * <p>Invariants: responses are written by one thread at a time, those of {@link SharedObserver}; the next request is
 * read when the one before it is applied, so at most one waits, and while the call has room for answers, so that a
 * client that reads none is asked for no more; at any moment either a request was asked for, or the turn to ask is
 * kept in {@code turn}.
 *
 * <p><b>Thread:</b> requests come on an event loop, which only translates and enqueues; data on reader threads.
 */
final class SubscribeStream implements StreamObserver<SubscribeRequest>, OpenStream, Subscription.Sink {
    private static final int READY_BELOW_BYTES = 256 << 10;

    private final SharedObserver<SubscribeResponse> out;
    private final ServerCallStreamObserver<SubscribeResponse> call;
    private final Subscription subscription;
    private final ServerMeters meters;
    private final Tracing tracing;
    private final StreamEnd onEnd;
    private final AtomicBoolean turn = new AtomicBoolean(true);
    private volatile Encoding encoding = Encoding.ENCODING_UNSPECIFIED;
    private boolean first = true;

    SubscribeStream(
            ServerCallStreamObserver<SubscribeResponse> call,
            Function<Subscription.Sink, Subscription> subscriptions,
            ServerMeters meters,
            Tracing tracing,
            StreamEnd onEnd) {
        this.call = call;
        this.meters = meters;
        this.tracing = tracing;
        this.out = new SharedObserver<>(call);
        this.onEnd = onEnd;
        this.subscription = subscriptions.apply(this);
    }

    /** To be called before the call's handler returns. */
    void start() {
        call.disableAutoRequest();
        call.setOnReadyThreshold(READY_BELOW_BYTES);
        call.setOnReadyHandler(this::ready);
        call.setOnCancelHandler(this::close);
        maybeRequest();
    }

    private void ready() {
        subscription.wake();
        maybeRequest();
    }

    private void applied() {
        turn.set(true);
        maybeRequest();
    }

    private void maybeRequest() {
        if (turn.get() && call.isReady() && turn.compareAndSet(true, false)) {
            call.request(1);
        }
    }

    @Override
    public void onNext(SubscribeRequest request) {
        if (first) {
            first = false;
            encoding = request.getEncoding();
        }
        try {
            check(request);
        } catch (RefusedException e) {
            fail(e.refusal());
            return;
        }
        subscription.change(change(request), this::applied);
    }

    private void check(SubscribeRequest request) {
        RepeatedFields.requireFew("add", request.getAddCount());
        RepeatedFields.requireFew("remove", request.getRemoveCount());
        if (request.getEncoding() != Encoding.ENCODING_UNSPECIFIED && request.getEncoding() != encoding) {
            throw Refusal.field(
                            Reason.INVALID_ARGUMENT, "encoding", request.getEncoding(), "set in the first message only")
                    .exception();
        }
        var credit = request.getCredit();
        if (credit.getBytes() < 0 || credit.getRecords() < 0) {
            long negative = Math.min(credit.getBytes(), credit.getRecords());
            throw Refusal.field(Reason.INVALID_ARGUMENT, "credit", negative, "0 or more")
                    .exception();
        }
    }

    @Override
    public void onCompleted() {
        close();
        out.complete();
    }

    @Override
    public void onError(Throwable cause) {
        close();
    }

    @Override
    public void stop(Refusal refusal) {
        fail(refusal);
    }

    @Override
    public boolean isReady() {
        return call.isReady();
    }

    @Override
    public Subscription.Sent data(TopicPartition partition, Chunk chunk, Replica replica) throws IOException {
        var data = SubscribedData.newBuilder()
                .setHighWatermark(replica.highWatermark())
                .setLogStartOffset(replica.logStartOffset());
        var sent = encoding == Encoding.ENCODING_UNSPECIFIED ? addBatches(chunk, data) : addRecords(chunk, data);
        var delivery =
                tracing.delivery(partition.topic(), partition.partition(), chunk.startOffset(), sent.endOffset());
        out.send(response(partition)
                .setData(data.setNextOffset(sent.endOffset()))
                .build());
        delivery.sent();
        return sent;
    }

    private static Subscription.Sent addBatches(Chunk chunk, SubscribedData.Builder data) {
        // The buffer is never written to again, so it goes out without a copy.
        data.setBatches(UnsafeByteOperations.unsafeWrap(chunk.batches()));
        return new Subscription.Sent(chunk.endOffset(), chunk.sizeBytes(), chunk.recordCount());
    }

    private Subscription.Sent addRecords(Chunk chunk, SubscribedData.Builder data) throws IOException {
        var decoded = chunk.decoded(Long.MAX_VALUE);
        for (var record : decoded.records()) {
            data.addRecords(RecordContents.stored(record, encoding));
        }
        return new Subscription.Sent(
                decoded.endOffset(), decoded.endedBytes(), decoded.records().size());
    }

    @Override
    public void refused(TopicPartition partition, Refusal refusal) {
        meters.refused(ServerMeters.Refused.PARTITION, refusal.reason());
        out.send(response(partition).setError(Errors.status(refusal)).build());
    }

    @Override
    public void failed(Refusal refusal) {
        meters.refused(ServerMeters.Refused.CALL, refusal.reason());
        fail(refusal);
    }

    private Subscription.Change change(SubscribeRequest request) {
        var add = new ArrayList<Subscription.Start>();
        for (var start : request.getAddList()) {
            var partition = new TopicPartition(start.getTopic(), start.getPartition());
            try {
                var topicId = start.hasTopicId() ? start.getTopicId() : null;
                add.add(new Subscription.Start(partition, topicId, StartPoint.parse(start.getStart())));
            } catch (RefusedException e) {
                refused(partition, e.refusal());
            }
        }
        var remove = request.getRemoveList().stream()
                .map(partition -> new TopicPartition(partition.getTopic(), partition.getPartition()))
                .toList();
        var credit = request.getCredit();
        return new Subscription.Change(add, remove, credit.getBytes(), credit.getRecords());
    }

    private void fail(Refusal refusal) {
        close();
        out.fail(Errors.exception(refusal));
    }

    private void close() {
        subscription.close();
        onEnd.ended(this);
    }

    private static SubscribeResponse.Builder response(TopicPartition partition) {
        return SubscribeResponse.newBuilder().setTopic(partition.topic()).setPartition(partition.partition());
    }
}
