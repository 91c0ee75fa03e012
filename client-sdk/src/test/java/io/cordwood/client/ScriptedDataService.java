package io.cordwood.client;

import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import io.cordwood.batch.RecordBatch;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.InitProducerRequest;
import io.cordwood.proto.v1.InitProducerResponse;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.PartitionOffsets;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.proto.v1.SubscribedData;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The data service of one node of a {@link ScriptedCluster}.
 *
 * <p><b>Thread:</b> under the cluster's lock.
 */
final class ScriptedDataService extends DataServiceGrpc.DataServiceImplBase {
    /** Sometimes within the batches that a log remembers, sometimes not. */
    private static final int LATE_BY = 6;

    private record LateBatch(PublishRequest request, ScriptedLog log, int dueAtRequest) {}

    private final ScriptedCluster cluster;
    private final int nodeId;
    private final List<Runnable> heldAnswers = new ArrayList<>();
    private final List<LateBatch> lateBatches = new ArrayList<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private long bytesSent;
    private long publishStreams;

    ScriptedDataService(ScriptedCluster cluster, int nodeId) {
        this.cluster = cluster;
        this.nodeId = nodeId;
    }

    int subscribers() {
        return subscriptions.size();
    }

    long bytesSent() {
        return bytesSent;
    }

    long publishStreams() {
        return publishStreams;
    }

    void releaseAnswers() {
        heldAnswers.forEach(Runnable::run);
        heldAnswers.clear();
    }

    void resetSubscribers() {
        List.copyOf(subscriptions).forEach(Subscription::reset);
    }

    void sendToSubscribers() {
        List.copyOf(subscriptions).forEach(Subscription::send);
    }

    @Override
    public void initProducer(InitProducerRequest request, StreamObserver<InitProducerResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "InitProducer", observer, cluster::drawProducer);
    }

    @Override
    public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> observer) {
        ScriptedTopicService.answer(cluster.answers, "ListOffsets", observer, () -> {
            synchronized (cluster) {
                var response = ListOffsetsResponse.newBuilder();
                for (int partition : request.getPartitionsList()) {
                    var answer = PartitionOffsets.newBuilder().setPartition(partition);
                    var planned = cluster.answers.next("ListOffsets." + partition);
                    if (planned.isPresent()) {
                        answer.setError(planned.get().status());
                    } else {
                        var log = cluster.topic(request.getTopic()).logs.get(partition);
                        answer.setOffset(resolve(request.getStart(), log));
                    }
                    response.addPartitions(answer);
                }
                return response.build();
            }
        });
    }

    private static long resolve(String start, ScriptedLog log) {
        if (start.startsWith("last:")) {
            long count = Long.parseLong(start.substring("last:".length()));
            return Math.max(log.logStartOffset(), log.endOffset() - count);
        }
        return start.equals("latest") ? log.endOffset() : log.logStartOffset();
    }

    @Override
    public StreamObserver<PublishRequest> publish(StreamObserver<PublishResponse> observer) {
        var answers = (ServerCallStreamObserver<PublishResponse>) observer;
        // A handler makes writes to a stream that has ended harmless.
        answers.setOnCancelHandler(() -> {});
        synchronized (cluster) {
            publishStreams++;
        }
        return new StreamObserver<>() {
            private boolean ended;

            @Override
            public void onNext(PublishRequest request) {
                synchronized (cluster) {
                    if (!ended) {
                        ended = !handle(request, answers);
                    }
                }
            }

            @Override
            public void onError(Throwable failure) {
                ended = true;
            }

            @Override
            public void onCompleted() {
                answers.onCompleted();
            }
        };
    }

    private static boolean isOther(ScriptedCluster.TopicState topic, String wantedId) {
        return !wantedId.isEmpty() && !topic.id.toString().equals(wantedId);
    }

    /** Whether the stream goes on. */
    private boolean handle(PublishRequest request, ServerCallStreamObserver<PublishResponse> answers) {
        var topic = cluster.topics.get(request.getTopic());
        if (topic == null || isOther(topic, request.getTopicId())) {
            answers.onNext(refusal(request, Refusals.of("UNKNOWN_TOPIC", "no topic " + request.getTopic())));
            return true;
        }
        var log = topic.logs.get(request.getPartition());
        var arrived = new PublishScript.Request(
                nodeId,
                request.getPartition(),
                1
                        + (int) topic.requests.stream()
                                .filter(earlier -> earlier.partition() == request.getPartition())
                                .count(),
                RecordBatch.of(ByteBuffer.wrap(request.getBatch().toByteArray())));
        topic.requests.add(arrived);
        // The script may move the leader, which is then news to the batches that come after.
        boolean leads = log.leader() == nodeId;
        var fate = topic.publishScript.decide(arrived);
        acceptLateBatches(topic);
        if (!leads) {
            answers.onNext(refusal(request, notLeader(topic, log)));
            return true;
        }
        return carryOut(fate, request, topic, answers);
    }

    private boolean carryOut(
            PublishScript.Fate fate,
            PublishRequest request,
            ScriptedCluster.TopicState topic,
            ServerCallStreamObserver<PublishResponse> answers) {
        var log = topic.logs.get(request.getPartition());
        switch (fate) {
            case ACCEPT -> answers.onNext(append(request, log));
            case HOLD_ANSWER -> {
                var answer = append(request, log);
                heldAnswers.add(() -> answers.onNext(answer));
            }
            case ACCEPT_ANSWER_TWICE -> {
                var answer = append(request, log);
                answers.onNext(answer);
                answers.onNext(answer);
            }
            case ACCEPT_SILENTLY -> append(request, log);
            case IGNORE -> {}
            case ACCEPT_SAY_NOT_LEADER -> {
                append(request, log);
                answers.onNext(refusal(request, notLeader(topic, log)));
            }
            case ACCEPT_SAY_TIMED_OUT -> {
                append(request, log);
                answers.onNext(refusal(request, Refusals.of("REQUEST_TIMED_OUT", "too slow")));
            }
            case REFUSE_NOT_LEADER -> answers.onNext(refusal(request, notLeader(topic, log)));
            case REFUSE_OVERLOADED ->
                answers.onNext(refusal(
                        request,
                        Refusals.retryAfter(Refusals.of("OVERLOADED", "too much"), java.time.Duration.ofMillis(2))));
            case REFUSE_TOO_LARGE -> answers.onNext(tooLarge(request, Map.of("field", "batch", "limit", "7")));
            case REFUSE_BEYOND_512 ->
                answers.onNext(tooLarge(request, Map.of("setting", "max.batch.bytes", "limit", "512")));
            case ACCEPT_AND_RESET -> {
                append(request, log);
                answers.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
                return false;
            }
            case RESET -> {
                answers.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
                return false;
            }
            case RESET_AND_ACCEPT_LATER -> {
                lateBatches.add(new LateBatch(request, log, topic.requests.size() + LATE_BY));
                answers.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
                return false;
            }
        }
        return true;
    }

    private static PublishResponse tooLarge(PublishRequest request, Map<String, String> details) {
        return refusal(request, Refusals.of("RECORD_TOO_LARGE", "batch is too large", details));
    }

    private void acceptLateBatches(ScriptedCluster.TopicState topic) {
        for (var late : List.copyOf(lateBatches)) {
            if (topic.logs.contains(late.log) && topic.requests.size() >= late.dueAtRequest) {
                lateBatches.remove(late);
                // Its answer has nowhere to go.
                if (late.log.leader() == nodeId) {
                    var unused = append(late.request, late.log);
                }
            }
        }
    }

    private PublishResponse append(PublishRequest request, ScriptedLog log) {
        var outcome = log.append(request.getBatch().toByteArray());
        cluster.dataServices.forEach(ScriptedDataService::sendToSubscribers);
        var answer = PublishResponse.newBuilder().setCorrelationId(request.getCorrelationId());
        outcome.ack().ifPresent(answer::setAck);
        outcome.refusal().ifPresent(answer::setError);
        return answer.build();
    }

    private static PublishResponse refusal(PublishRequest request, Status status) {
        return PublishResponse.newBuilder()
                .setCorrelationId(request.getCorrelationId())
                .setError(status)
                .build();
    }

    private Status notLeader(ScriptedCluster.TopicState topic, ScriptedLog log) {
        var address = topic.wrongAddress == null ? cluster.addresses().get(log.leader()) : topic.wrongAddress;
        boolean named = topic.namesLeaderInRefusal && log.leader() != nodeId && address != null;
        return Refusals.of(
                "NOT_LEADER",
                "node " + nodeId + " does not lead",
                named ? Map.of("leader_address", address) : Map.of());
    }

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
        var subscription = new Subscription((ServerCallStreamObserver<SubscribeResponse>) observer);
        synchronized (cluster) {
            subscriptions.add(subscription);
        }
        return subscription;
    }

    /** One subscriber's stream. */
    private final class Subscription implements StreamObserver<SubscribeRequest> {
        private final ServerCallStreamObserver<SubscribeResponse> answers;
        private final Map<TopicPartition, Long> positions = new LinkedHashMap<>();
        private long creditBytes;
        private long creditRecords;
        private boolean ended;

        Subscription(ServerCallStreamObserver<SubscribeResponse> answers) {
            this.answers = answers;
            answers.setOnCancelHandler(this::forget);
        }

        @Override
        public void onNext(SubscribeRequest request) {
            synchronized (cluster) {
                if (ended) {
                    return;
                }
                for (var added : request.getAddList()) {
                    add(added);
                }
                for (var removed : request.getRemoveList()) {
                    positions.remove(new TopicPartition(removed.getTopic(), removed.getPartition()));
                }
                creditBytes += request.getCredit().getBytes();
                creditRecords += request.getCredit().getRecords();
                send();
            }
        }

        @Override
        public void onError(Throwable failure) {
            forget();
        }

        @Override
        public void onCompleted() {
            forget();
            answers.onCompleted();
        }

        void reset() {
            forget();
            answers.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        }

        private void forget() {
            synchronized (cluster) {
                ended = true;
                subscriptions.remove(this);
                positions.clear();
            }
        }

        private void add(PartitionStart added) {
            var partition = new TopicPartition(added.getTopic(), added.getPartition());
            long offset = Long.parseLong(added.getStart());
            var topic = cluster.topics.get(partition.topic());
            if (topic == null || isOther(topic, added.getTopicId())) {
                refuse(partition, Refusals.of("UNKNOWN_TOPIC", "no topic " + partition.topic()));
                return;
            }
            var log = topic.logs.get(partition.partition());
            if (log.leader() != nodeId) {
                refuse(partition, notLeader(topic, log));
            } else if (offset < log.logStartOffset() || offset > log.endOffset()) {
                refuse(
                        partition,
                        Refusals.of(
                                "OFFSET_OUT_OF_RANGE",
                                "offset " + offset,
                                Map.of(
                                        "value", Long.toString(offset),
                                        "log_start_offset", Long.toString(log.logStartOffset()),
                                        "log_end_offset", Long.toString(log.endOffset()))));
            } else {
                positions.put(partition, offset);
            }
        }

        void send() {
            for (var partition : List.copyOf(positions.keySet())) {
                while (positions.containsKey(partition) && creditBytes > 0 && creditRecords > 0) {
                    if (!sendNext(partition)) {
                        break;
                    }
                }
            }
        }

        private boolean sendNext(TopicPartition partition) {
            var topic = cluster.topic(partition.topic());
            var log = topic.logs.get(partition.partition());
            long position = positions.getOrDefault(partition, 0L);
            for (var bytes : log.batches()) {
                var batch = RecordBatch.of(bytes);
                if (batch.endOffset() > position) {
                    var fate = topic.subscribeScript.decide(nodeId, partition.partition(), batch.baseOffset());
                    return carryOut(fate, partition, batch, log);
                }
            }
            return false;
        }

        private boolean carryOut(
                SubscribeScript.Fate fate, TopicPartition partition, RecordBatch batch, ScriptedLog log) {
            switch (fate) {
                case SEND -> data(partition, batch, log, ByteString.copyFrom(batch.bytes()));
                case SEND_CORRUPT -> {
                    var damaged = ByteString.copyFrom(batch.bytes()).toByteArray();
                    damaged[damaged.length - 1] ^= 1;
                    data(partition, batch, log, ByteString.copyFrom(damaged));
                }
                case SEND_EMPTY -> {
                    send(partition, log, SubscribedData.newBuilder().setNextOffset(batch.baseOffset()));
                    return false;
                }
                case SKIP -> positions.put(partition, batch.endOffset());
                case MISNAME ->
                    answers.onNext(SubscribeResponse.newBuilder()
                            .setTopic(partition.topic())
                            .setPartition(-1)
                            .build());
                case RESET -> reset();
                case SAY_NOT_LEADER -> refuse(partition, Refusals.of("NOT_LEADER", "no more"));
                case FALL_SILENT -> {
                    return false;
                }
            }
            return true;
        }

        private void data(TopicPartition partition, RecordBatch batch, ScriptedLog log, ByteString bytes) {
            positions.put(partition, batch.endOffset());
            creditBytes -= bytes.size();
            creditRecords -= batch.recordCount();
            bytesSent += bytes.size();
            send(partition, log, SubscribedData.newBuilder().setBatches(bytes).setNextOffset(batch.endOffset()));
        }

        private void send(TopicPartition partition, ScriptedLog log, SubscribedData.Builder data) {
            answers.onNext(SubscribeResponse.newBuilder()
                    .setTopic(partition.topic())
                    .setPartition(partition.partition())
                    .setData(data.setHighWatermark(log.endOffset()).setLogStartOffset(log.logStartOffset()))
                    .build());
        }

        private void refuse(TopicPartition partition, Status status) {
            positions.remove(partition);
            answers.onNext(SubscribeResponse.newBuilder()
                    .setTopic(partition.topic())
                    .setPartition(partition.partition())
                    .setError(status)
                    .build());
        }
    }
}
