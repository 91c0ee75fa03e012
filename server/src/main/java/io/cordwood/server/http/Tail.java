package io.cordwood.server.http;

import com.google.gson.JsonObject;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.FetchResponse;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.StoredRecord;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.rpc.Errors;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One live tail: the partitions' records as they are committed, each as an object with its partition, and
 * at the end why it is one.
 *
 * <p>What this node has a replica of comes by a Subscribe stream in this process. What the replica here
 * refuses is asked of the partition's leader, by way of any node's Fetch, and the leader's refusal is the
 * last word on that partition; but another topic that took the name of the followed one is the end of it.
 *
 * <p>Invariants: the next message of the stream is asked for when the one before it is written to the
 * client, and so is the next Fetch; the stream sends no more than was asked for; no more than
 * {@value #FETCHED_MAX} partitions are fetched. So at most one chunk of the stream and a small one of each
 * fetched partition are held, however slow the client is, and the replicas are not even read for it
 * meanwhile.
 *
 * <p><b>Thread:</b> all by the request's; what comes in from others only adds steps for it.
 */
final class Tail implements FetchedPartition.Receiver {
    /**
     * The stream's flow is held by asking for messages: those of this process are counted, and the rest
     * cannot be told from here.
     */
    private static final long NO_LIMIT = Long.MAX_VALUE / 4;

    /** Each holds a call open at its leader, and what that answers here. */
    static final int FETCHED_MAX = 64;
    /** Records are many times larger as text than as they are kept. */
    private static final int PIECE_CHARS = 64 << 10;

    private final TailRequest request;
    private final Channel channel;
    private final long heartbeatNanos;
    private final Output out;
    /**
     * Holds one chunk of the stream and one of each fetched partition at most, and what was refused of each.
     */
    private final BlockingQueue<Step> steps = new LinkedBlockingQueue<>();

    private final Map<Integer, String> positions = new TreeMap<>();
    private final Set<Integer> live = new TreeSet<>();
    private final Set<Integer> fetched = new TreeSet<>();
    private final Subscribed subscribed = new Subscribed();
    private long recordsLeft;
    private long lastWriteNanos = System.nanoTime();
    private boolean ended;

    /** The client. */
    @FunctionalInterface
    interface Output {
        void write(String text) throws IOException;
    }

    @FunctionalInterface
    private interface Step {
        void take() throws IOException;
    }

    Tail(TailRequest request, Channel channel, Duration heartbeat, Output out) {
        this.request = request;
        this.channel = channel;
        this.heartbeatNanos = heartbeat.toNanos();
        this.out = out;
        this.recordsLeft = request.maxRecords();
    }

    /**
     * Follows until the end.
     *
     * @param starts where to begin, by partition
     * @throws IOException where the client is gone
     */
    void run(Map<Integer, String> starts) throws IOException {
        positions.putAll(starts);
        live.addAll(starts.keySet());
        // All calls of the tail end with it.
        var calls = Context.current().withCancellation();
        var outer = calls.attach();
        try {
            subscribe();
            while (!ended) {
                step();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the node closes its HTTP port");
        } finally {
            calls.detach(outer);
            calls.cancel(null);
        }
    }

    private void subscribe() {
        var first = SubscribeRequest.newBuilder()
                .setEncoding(request.encoding())
                .setCredit(Credit.newBuilder().setBytes(NO_LIMIT).setRecords(NO_LIMIT));
        positions.forEach((partition, start) -> first.addAdd(PartitionStart.newBuilder()
                .setTopic(request.topic())
                .setPartition(partition)
                .setStart(start)));
        DataServiceGrpc.newStub(channel).subscribe(subscribed).onNext(first.build());
    }

    private void step() throws IOException, InterruptedException {
        long wait = heartbeatNanos - (System.nanoTime() - lastWriteNanos);
        var step = steps.poll(Math.max(0, wait), TimeUnit.NANOSECONDS);
        if (step != null) {
            step.take();
        } else {
            write(request.format().heartbeat());
        }
    }

    private void received(SubscribeResponse response) throws IOException {
        switch (response.getEventCase()) {
            case DATA ->
                records(
                        response.getPartition(),
                        response.getData().getRecordsList(),
                        response.getData().getNextOffset());
            case ERROR -> refusedHere(response.getPartition(), response.getError());
            case EVENT_NOT_SET -> throw new IllegalStateException("neither data nor an error in " + response);
        }
        if (!ended) {
            subscribed.askForMore();
        }
    }

    private void refusedHere(int partition, Status error) throws IOException {
        if (isOfAnotherTopic(error)) {
            lose(partition, error);
        } else if (fetched.size() >= FETCHED_MAX) {
            lose(partition, Errors.status(tooManyFetched()));
        } else {
            fetched.add(partition);
            askLeader(partition);
        }
    }

    private static Refusal tooManyFetched() {
        return Refusal.of(
                        Reason.LIMIT_REACHED,
                        "a tail fetches at most " + FETCHED_MAX
                                + " partitions that its node has no replica of; follow fewer, or follow them at a node that"
                                + " has replicas")
                .with(Refusal.LIMIT, FETCHED_MAX);
    }

    /** The leader is asked by the name alone, and would go on in the topic that has it now. */
    private static boolean isOfAnotherTopic(Status error) {
        var refusal = Errors.refusal(error);
        return refusal.reason() == Reason.UNKNOWN_TOPIC && refusal.details().containsKey(Refusal.FIELD);
    }

    private void askLeader(int partition) {
        var fetch = FetchRequest.newBuilder()
                .setTopic(request.topic())
                .setPartition(partition)
                .setEncoding(request.encoding())
                .build();
        new FetchedPartition(channel, fetch, this).ask(position(partition));
    }

    @Override
    public void fetched(FetchedPartition from, FetchResponse response) {
        steps.add(() -> {
            records(from.partition(), response.getRecordsList(), response.getNextOffset());
            if (!ended) {
                from.ask(position(from.partition()));
            }
        });
    }

    @Override
    public void refused(FetchedPartition from, Status error) {
        steps.add(() -> lose(from.partition(), error));
    }

    @Override
    public void retry(FetchedPartition from) {
        steps.add(() -> from.ask(position(from.partition())));
    }

    private String position(int partition) {
        return positions.getOrDefault(partition, request.start());
    }

    private void records(int partition, List<StoredRecord> records, long nextOffset) throws IOException {
        positions.put(partition, Long.toString(nextOffset));
        int count = (int) Math.min(records.size(), recordsLeft);
        var text = new StringBuilder();
        for (var record : records.subList(0, count)) {
            text.append(request.format().record(json(partition, record)));
            if (text.length() >= PIECE_CHARS) {
                write(text.toString());
                text.setLength(0);
            }
        }
        if (text.length() > 0) {
            write(text.toString());
        }
        recordsLeft -= count;
        if (recordsLeft == 0) {
            end(Status.newBuilder()
                    .setCode(Code.OK_VALUE)
                    .setMessage("max_records, " + request.maxRecords() + ", is reached")
                    .build());
        }
    }

    /** A stored record is never an empty object: it has its offset. */
    private static String json(int partition, StoredRecord record) {
        return "{\"partition\":" + partition + "," + ProtoJson.compact(record).substring(1);
    }

    /** The others go on. */
    private void lose(int partition, Status error) throws IOException {
        live.remove(partition);
        fetched.remove(partition);
        var notice = new JsonObject();
        notice.addProperty("partition", partition);
        notice.add("error", JsonErrors.object(error));
        write(request.format().notice("partition-error", notice.toString()));
        if (live.isEmpty()) {
            end(error);
        }
    }

    private void end(Status status) throws IOException {
        ended = true;
        var notice = new JsonObject();
        notice.add("end", JsonErrors.object(status));
        write(request.format().notice("end", notice.toString()));
    }

    private void write(String text) throws IOException {
        out.write(text);
        lastWriteNanos = System.nanoTime();
    }

    /** The stream of this node's own replicas. It ends only with the node, or with the tail. */
    private final class Subscribed implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {
        private @Nullable ClientCallStreamObserver<SubscribeRequest> requests;

        @Override
        public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
            requests = stream;
            stream.disableAutoRequestWithInitial(1);
        }

        private void askForMore() {
            if (requests != null) {
                requests.request(1);
            }
        }

        @Override
        public void onNext(SubscribeResponse response) {
            steps.add(() -> received(response));
        }

        @Override
        public void onError(Throwable failure) {
            var status = JsonErrors.status((StatusRuntimeException) failure);
            steps.add(() -> end(status));
        }

        @Override
        public void onCompleted() {
            onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        }
    }
}
