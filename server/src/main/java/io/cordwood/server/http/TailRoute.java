package io.cordwood.server.http;

import com.google.rpc.Status;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.server.rpc.Errors;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Live tails: {@code GET /v1/topics/orders/tail}.
 *
 * <p>The start point is resolved by the partitions' leaders first, so that whatever is wrong with the
 * request is a status of its own and not a line in the midst of a stream, and {@code latest} means what was
 * committed when the tail was asked for, wherever it is read.
 *
 * <p>Invariant: a tail has one of a limited number of places as long as it has a thread.
 *
 * <p><b>Thread:</b> any; the request's follows the records until the end.
 */
final class TailRoute implements Route {
    static final String FORM = "/v1/topics/{topic}/tail";
    private static final Pattern PATH = Pattern.compile("/v1/topics/([^/]+)/tail");
    private static final Duration START_WAIT = Duration.ofSeconds(10);

    private final Channel channel;
    private final int maxTails;
    private final Duration heartbeat;
    private final Semaphore places;

    /** @param heartbeat nothing is silent for longer, so that a client which is gone is noticed */
    TailRoute(Channel channel, int maxTails, Duration heartbeat) {
        this.channel = channel;
        this.maxTails = maxTails;
        this.heartbeat = heartbeat;
        this.places = new Semaphore(maxTails);
    }

    static boolean matches(String path) {
        return PATH.matcher(path).matches();
    }

    @Override
    public void serve(HttpCall call) throws IOException {
        call.requireMethod(List.of(HttpCall.GET));
        var request = TailRequest.of(PATH.matcher(call.path()).replaceFirst("$1"), call);
        if (!places.tryAcquire()) {
            throw HttpRefusedException.allTaken("live tails", "http.max-tails", maxTails);
        }
        try {
            follow(call, request);
        } finally {
            places.release();
        }
    }

    private void follow(HttpCall call, TailRequest request) throws IOException {
        Map<Integer, String> starts;
        try {
            starts = starts(request);
        } catch (StatusRuntimeException e) {
            call.answer(JsonErrors.answer(JsonErrors.status(e)));
            return;
        }
        call.stream(request.format().contentType());
        new Tail(request, channel, heartbeat, call::write).run(starts);
    }

    private Map<Integer, String> starts(TailRequest request) {
        var found = DataServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(START_WAIT.toSeconds(), TimeUnit.SECONDS)
                .listOffsets(ListOffsetsRequest.newBuilder()
                        .setTopic(request.topic())
                        .addAllPartitions(request.partitions())
                        .setStart(request.start())
                        .build());
        var starts = new TreeMap<Integer, String>();
        for (var partition : found.getPartitionsList()) {
            if (partition.hasError() && !mayComeBack(partition.getError())) {
                throw StatusProto.toStatusRuntimeException(partition.getError());
            }
            // Without a leader the replica here knows what is meant, as far as it has heard.
            starts.put(
                    partition.getPartition(),
                    partition.hasError() ? request.start() : Long.toString(partition.getOffset()));
        }
        return starts;
    }

    /** Without a majority nothing is added to a partition, but what is there can be read. */
    private static boolean mayComeBack(Status error) {
        return switch (Errors.refusal(error).reason()) {
            case LEADER_UNKNOWN, REQUEST_TIMED_OUT, NOT_LEADER, NOT_REPLICA -> true;
            default -> false;
        };
    }
}
