package io.cordwood.chaos.workload;

import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads all partitions of a topic at their ends from any replica, whoever leads, and goes to another node
 * every few seconds, or soon where one refuses: not every node has all partitions. What it has from a
 * follower, it must find at the leader.
 *
 * <p><b>Thread:</b> that of its workload; answers come on those of gRPC, through a queue that the credit
 * bounds.
 */
final class SubscribeActor implements Actor {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final long STAY_NANOS = Duration.ofSeconds(8).toNanos();
    /** So that those that are not refused get something, too. */
    private static final long STAY_REFUSED_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long WAIT_MILLIS = 200;
    private static final long CREDIT_RECORDS = 10_000;
    /** Records alone bound what is under way. */
    private static final long CREDIT_BYTES = 1L << 40;

    private final NodeCalls nodes;
    private final TopicPartitions partitions;
    private final PendingReads reads;
    private final AskedEnds asked;
    private final SplittableRandom random;
    private boolean begun;
    private @Nullable Subscription subscription;

    SubscribeActor(NodeCalls nodes, Journal journal, TopicPartitions partitions, long seed) {
        this.nodes = nodes;
        this.partitions = partitions;
        this.reads = new PendingReads(journal, partitions.topic());
        this.asked = new AskedEnds(journal, partitions);
        this.random = new SplittableRandom(seed);
    }

    /** A stream to one node. */
    private static final class Subscription implements StreamObserver<SubscribeResponse> {
        private final long sinceNanos = System.nanoTime();
        private final BlockingQueue<SubscribeResponse> answers = new LinkedBlockingQueue<>();
        private volatile boolean ended;
        private boolean refused;
        private @Nullable StreamObserver<SubscribeRequest> requests;

        @Override
        public void onNext(SubscribeResponse answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable failure) {
            ended = true;
        }

        @Override
        public void onCompleted() {
            ended = true;
        }

        boolean isOver() {
            return System.nanoTime() - sinceNanos > (refused ? STAY_REFUSED_NANOS : STAY_NANOS);
        }

        void send(SubscribeRequest request) {
            var open = requests;
            if (open != null && !ended) {
                open.onNext(request);
            }
        }

        void cancel() {
            var open = requests;
            if (open != null && !ended) {
                ended = true;
                open.onError(Status.CANCELLED.asRuntimeException());
            }
        }
    }

    @Override
    public Optional<Duration> step(boolean stopping) throws InterruptedException {
        if (!begun) {
            // Also when it is to stop: one that could never begin has not come to its end.
            return Optional.of(begin());
        }
        var current = subscription;
        if (current == null) {
            current = subscribe();
            subscription = current;
        }
        take(current);
        if (current.ended || current.isOver()) {
            current.cancel();
            // What it was given it has read, also where it is given no more.
            takeAll(current, current.answers.poll());
            subscription = null;
        }
        if (stopping || reads.waitLong()) {
            var ends = ends();
            if (stopping && reads.endThoseAtTheEnd(ends)) {
                return Optional.empty();
            }
            reads.answerThoseAtTheEnd(ends);
        }
        return Optional.of(subscription == null ? PAUSE : Duration.ZERO);
    }

    private Duration begin() {
        var ends = ends();
        if (ends.size() < partitions.count()) {
            return PAUSE;
        }
        ends.forEach(reads::begin);
        begun = true;
        return Duration.ZERO;
    }

    private Subscription subscribe() {
        var opened = new Subscription();
        opened.requests = nodes.streams(random.nextInt(nodes.nodes())).subscribe(opened);
        var request = SubscribeRequest.newBuilder()
                .setEncoding(Encoding.ENCODING_BYTES)
                .setCredit(Credit.newBuilder().setBytes(CREDIT_BYTES).setRecords(CREDIT_RECORDS));
        reads.positions()
                .forEach((partition, position) -> request.addAdd(PartitionStart.newBuilder()
                        .setTopic(partitions.topic())
                        .setPartition(partition)
                        .setStart(Long.toString(position))));
        opened.send(request.build());
        return opened;
    }

    /** Takes what has come, or waits a little for it. */
    private void take(Subscription from) throws InterruptedException {
        takeAll(from, from.answers.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS));
    }

    private void takeAll(Subscription from, @Nullable SubscribeResponse first) {
        long records = 0;
        for (var answer = first; answer != null; answer = from.answers.poll()) {
            records += answer.getData().getRecordsCount();
            take(answer, from);
        }
        if (records > 0) {
            from.send(SubscribeRequest.newBuilder()
                    .setCredit(Credit.newBuilder().setRecords(records))
                    .build());
        }
    }

    private void take(SubscribeResponse answer, Subscription from) {
        if (!reads.isRead(answer.getPartition())) {
            return;
        }
        if (answer.hasError()) {
            refused(answer);
            from.refused = true;
            return;
        }
        var data = answer.getData();
        long position = reads.positions().getOrDefault(answer.getPartition(), 0L);
        if (data.getRecordsCount() > 0 || data.getNextOffset() > position) {
            reads.answered(answer.getPartition(), Records.seen(data.getRecordsList()), data.getNextOffset());
        }
    }

    private void refused(SubscribeResponse answer) {
        var outcome = Outcome.ofCall(StatusProto.toStatusRuntimeException(answer.getError()));
        long position = reads.positions().getOrDefault(answer.getPartition(), 0L);
        // Another node may be asked: a follower, or a leader that is new, need not know yet what this reader has
        // seen.
        outcome.logStartAbove(position)
                .ifPresent(logStart -> reads.trimmed(answer.getPartition(), logStart, outcome.why()));
    }

    /** As far as they are answered. */
    private Map<Integer, Long> ends() {
        try {
            return asked.by(this::askForEnds);
        } catch (StatusRuntimeException e) {
            // Asked again, perhaps of another node.
            return Map.of();
        }
    }

    private Map<Integer, Long> askForEnds() {
        var ends = new HashMap<Integer, Long>();
        var request =
                ListOffsetsRequest.newBuilder().setTopic(partitions.topic()).setStart("latest");
        partitions.all().stream().map(TopicPartition::partition).forEach(request::addPartitions);
        nodes.data(random.nextInt(nodes.nodes()), DEADLINE).listOffsets(request.build()).getPartitionsList().stream()
                .filter(answer -> !answer.hasError())
                .forEach(answer -> ends.put(answer.getPartition(), answer.getOffset()));
        return ends;
    }

    @Override
    public void close() {
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
