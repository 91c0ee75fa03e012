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
import java.util.List;
import java.util.Map;

/**
 * One Subscribe stream to one node, for all partitions of a reader that it leads.
 *
 * <p>Invariants: credit that the node still has, and data that is not consumed, are together at most the sum
 * of the shares of the attached partitions when credit is granted; a node may overrun it by one batch. What is
 * still on its way of a partition that was detached is left out. Where it is attached again, late data
 * comes before that of the new place, and begins within the credit that the node had been granted by then:
 * behind that nothing is late. Two topics of one name are never read on the same stream. An ended stream
 * knows of no partition.
 *
 * <p><b>Thread:</b> the reader's; gRPC's threads only hand over tasks, as many as there is credit for.
 */
final class SubscribeStream {
    /** Records are bounded by their bytes; this only satisfies the rule that both credits are needed. */
    private static final long RECORD_CREDIT = Long.MAX_VALUE >> 8;

    private static final int GRANT_FRACTION = 4;

    private final HostPort address;
    private final SubscribeStreams streams;
    private final Map<TopicPartition, PartitionReader> attached = new HashMap<>();
    /** Of topics that were read on it, the ids: data names its topic only. */
    private final Map<String, String> topicIds = new HashMap<>();
    /** Of partitions that were attached at any time, up to where data may be late, in bytes granted. */
    private final Map<TopicPartition, Long> lateBelow = new HashMap<>();

    private final ClientCallStreamObserver<SubscribeRequest> requests;
    private long grantedBytes;
    private long receivedBytes;
    /** Consumed or left out since credit was last counted: before it is worth a message none is counted. */
    private long consumedBytes;

    /** The node has no credit left, since then. */
    private boolean dry;

    private long drySinceNanos;

    private boolean recount;
    private boolean recordsGranted;
    private boolean ended;

    SubscribeStream(HostPort address, Channel channel, SubscribeStreams streams) {
        this.address = address;
        this.streams = streams;
        this.requests = (ClientCallStreamObserver<SubscribeRequest>)
                DataServiceGrpc.newStub(channel).subscribe(answers());
    }

    HostPort address() {
        return address;
    }

    /** Whether data of another topic, of the same name, may come for it. */
    boolean mayMistake(PartitionReader reader) {
        var known = topicIds.get(reader.partition().topic());
        return known != null && !known.equals(reader.topicId());
    }

    /** Begins with a partition at an offset. */
    void attach(PartitionReader reader, long offset) {
        if (ended || mayMistake(reader)) {
            throw new IllegalStateException(reader.partition() + " cannot be read on this stream to " + address);
        }
        attached.put(reader.partition(), reader);
        topicIds.put(reader.partition().topic(), reader.topicId());
        lateBelow.merge(reader.partition(), 0L, (first, again) -> grantedBytes);
        var request = SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder()
                        .setTopic(reader.partition().topic())
                        .setPartition(reader.partition().partition())
                        .setTopicId(reader.topicId())
                        .setStart(Long.toString(offset)));
        requests.onNext(request.setCredit(grant(wanted())).build());
    }

    /** Goes on without a partition. */
    void detach(PartitionReader reader) {
        var partition = reader.partition();
        if (attached.remove(partition, reader) && !ended) {
            recount = true;
            requests.onNext(SubscribeRequest.newBuilder()
                    .addRemove(io.cordwood.proto.v1.TopicPartition.newBuilder()
                            .setTopic(partition.topic())
                            .setPartition(partition.partition()))
                    .build());
        }
    }

    /** The partitions that it reads. */
    List<PartitionReader> readers() {
        return List.copyOf(attached.values());
    }

    void consumed(long bytes) {
        consumedBytes += bytes;
    }

    /** For how long the node was without credit. */
    long dryNanos(long now) {
        return dry ? now - drySinceNanos : 0;
    }

    void recount() {
        recount = true;
    }

    /**
     * Whether so much is buffered that others may come to stand still; or, of one that is left alone with the
     * credit of others, more than it should have had.
     */
    boolean isCrowded() {
        long limit = attached.size() > 1 ? targetBytes() / 2 : targetBytes() + targetBytes() / 2;
        return bufferedBytes() > limit;
    }

    /** Grants more when enough has been consumed to be worth a message. */
    void topUp() {
        if (ended || (!recount && consumedBytes < targetBytes() / GRANT_FRACTION)) {
            return;
        }
        recount = false;
        consumedBytes = 0;
        long wanted = wanted();
        if (wanted > 0 && wanted >= targetBytes() / GRANT_FRACTION) {
            requests.onNext(
                    SubscribeRequest.newBuilder().setCredit(grant(wanted)).build());
        }
    }

    void cancel() {
        if (!ended) {
            ended = true;
            attached.clear();
            requests.cancel("the reader goes on elsewhere", null);
        }
    }

    private Credit grant(long bytes) {
        long granted = Math.max(0, bytes);
        grantedBytes += granted;
        dry &= receivedBytes >= grantedBytes;
        var credit = Credit.newBuilder().setBytes(granted);
        if (!recordsGranted) {
            recordsGranted = true;
            credit.setRecords(RECORD_CREDIT);
        }
        return credit.build();
    }

    private long wanted() {
        return targetBytes() - (grantedBytes - receivedBytes) - bufferedBytes();
    }

    private long bufferedBytes() {
        long buffered = 0;
        for (var reader : attached.values()) {
            buffered += reader.bufferedBytes();
        }
        return buffered;
    }

    private long targetBytes() {
        return streams.shareBytes() * attached.size();
    }

    private void received(SubscribeResponse response) {
        if (ended) {
            return;
        }
        if (response.getPartition() < 0) {
            requests.cancel("no such partition", null);
            end(new CordwoodException(ErrorCode.UNKNOWN, address + " has sent partition " + response.getPartition()));
            return;
        }
        int bytes = response.getData().getBatches().size();
        long startBytes = receivedBytes;
        receivedBytes += bytes;
        if (!dry && receivedBytes >= grantedBytes) {
            dry = true;
            drySinceNanos = System.nanoTime();
        }
        var partition = new TopicPartition(response.getTopic(), response.getPartition());
        var reader = attached.get(partition);
        if (reader == null) {
            consumed(bytes);
        } else if (response.hasError()) {
            attached.remove(partition);
            recount = true;
            reader.refused(StatusTranslation.of(response.getError()));
        } else {
            reader.received(response.getData(), startBytes < lateBelow.getOrDefault(partition, 0L));
        }
    }

    private void end(CordwoodException reason) {
        if (!ended) {
            ended = true;
            var readers = readers();
            attached.clear();
            streams.ended(this, readers, reason);
        }
    }

    private StreamObserver<SubscribeResponse> answers() {
        return new StreamObserver<>() {
            @Override
            public void onNext(SubscribeResponse response) {
                streams.post(() -> received(response));
            }

            @Override
            public void onError(Throwable failure) {
                var reason = StatusTranslation.of(failure);
                streams.post(() -> end(reason));
            }

            @Override
            public void onCompleted() {
                streams.post(() ->
                        end(new CordwoodException(ErrorCode.NODE_UNREACHABLE, address + " has ended the stream")));
            }
        };
    }
}
