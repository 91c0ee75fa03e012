package io.cordwood.client;

import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.function.BiConsumer;

/**
 * One Subscribe stream to one node, for all partitions of a reader that it leads.
 *
 * <p>Invariants: credit that the node still has, and data that is not consumed, are together at most the sum of the
 * shares of the attached partitions when credit is granted; a node may overrun it by one batch. A partition is never
 * moved within a stream: whoever wants another position opens a new stream, so that no late data is taken for new.
 *
 * <p><b>Thread:</b> the reader's; gRPC's threads only hand over tasks, as many as there is credit for.
 */
final class SubscribeStream {
    /** Records are bounded by their bytes; this only satisfies the rule that both credits are needed. */
    private static final long RECORD_CREDIT = Long.MAX_VALUE >> 8;

    private static final int GRANT_FRACTION = 4;

    private final HostPort address;
    private final BlockingQueue<Runnable> owner;
    private final BiConsumer<SubscribeStream, CordwoodException> onEnd;
    private final Map<Integer, PartitionReader> attached = new HashMap<>();
    private final ClientCallStreamObserver<SubscribeRequest> requests;
    private final long shareBytes;
    private long creditBytes;
    private boolean recordsGranted;
    private boolean ended;

    /** @param shareBytes what each attached partition may hold in buffers */
    SubscribeStream(
            HostPort address,
            Channel channel,
            BlockingQueue<Runnable> owner,
            BiConsumer<SubscribeStream, CordwoodException> onEnd,
            long shareBytes) {
        this.address = address;
        this.owner = owner;
        this.onEnd = onEnd;
        this.shareBytes = shareBytes;
        this.requests = (ClientCallStreamObserver<SubscribeRequest>)
                DataServiceGrpc.newStub(channel).subscribe(answers());
    }

    HostPort address() {
        return address;
    }

    /** Begins with a partition at an offset. */
    void attach(PartitionReader reader, long offset) {
        attached.put(reader.partition().partition(), reader);
        var request = SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder()
                        .setTopic(reader.partition().topic())
                        .setPartition(reader.partition().partition())
                        .setTopicId(reader.topicId())
                        .setStart(Long.toString(offset)));
        requests.onNext(request.setCredit(grant(wanted())).build());
    }

    /** Grants more when enough has been consumed to be worth a message. */
    void topUp() {
        long wanted = wanted();
        if (!ended && wanted > 0 && wanted >= targetBytes() / GRANT_FRACTION) {
            requests.onNext(
                    SubscribeRequest.newBuilder().setCredit(grant(wanted)).build());
        }
    }

    void cancel() {
        if (!ended) {
            ended = true;
            requests.cancel("the reader goes on elsewhere", null);
        }
    }

    private Credit grant(long bytes) {
        long granted = Math.max(0, bytes);
        creditBytes += granted;
        var credit = Credit.newBuilder().setBytes(granted);
        if (!recordsGranted) {
            recordsGranted = true;
            credit.setRecords(RECORD_CREDIT);
        }
        return credit.build();
    }

    private long wanted() {
        long buffered = 0;
        for (var reader : attached.values()) {
            buffered += reader.bufferedBytes();
        }
        return targetBytes() - creditBytes - buffered;
    }

    private long targetBytes() {
        return shareBytes * attached.size();
    }

    private void received(SubscribeResponse response) {
        if (ended) {
            return;
        }
        creditBytes -= response.getData().getBatches().size();
        var reader = attached.get(response.getPartition());
        if (reader == null) {
            return;
        }
        if (response.hasError()) {
            attached.remove(response.getPartition());
            reader.refused(StatusTranslation.of(response.getError()));
        } else {
            reader.received(response.getData());
        }
    }

    private void end(CordwoodException reason) {
        if (!ended) {
            ended = true;
            onEnd.accept(this, reason);
        }
    }

    private StreamObserver<SubscribeResponse> answers() {
        return new StreamObserver<>() {
            @Override
            public void onNext(SubscribeResponse response) {
                owner.add(() -> received(response));
            }

            @Override
            public void onError(Throwable failure) {
                var reason = StatusTranslation.of(failure);
                owner.add(() -> end(reason));
            }

            @Override
            public void onCompleted() {
                owner.add(() ->
                        end(new CordwoodException(ErrorCode.NODE_UNREACHABLE, address + " has ended the stream")));
            }
        };
    }
}
