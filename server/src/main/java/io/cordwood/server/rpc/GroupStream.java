package io.cordwood.server.rpc;

import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberCommitted;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberPong;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.group.CommitEnds;
import io.cordwood.server.group.GroupCoordination;
import io.cordwood.server.group.MemberSink;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.Partitions;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One JoinGroup call.
 *
 * <p>Invariants: commits, what is released and the leave reach the coordination in the order in which they
 * came, also where the end of a partition has to be asked for in between; pings overtake them, because a
 * member lives however long that takes. Nothing but the hello is read before the member is in. So many
 * messages are under way at most, and none is read while the client does not take its answers.
 *
 * <p><b>Thread:</b> requests come on an event loop, one after the other; answers from the coordination's
 * thread.
 */
final class GroupStream implements StreamObserver<JoinGroupRequest>, OpenStream, MemberSink {
    private static final int UNDER_WAY = 16;

    private final Ports ports;
    private final String clientHost;
    private final ServerCallStreamObserver<JoinGroupResponse> call;
    private final SharedObserver<JoinGroupResponse> out;
    private final StreamEnd onEnd;
    /** Requests that may be read as soon as the client takes answers. */
    private final AtomicInteger allowed = new AtomicInteger(1);

    private final Map<Long, Asked> commits = new ConcurrentHashMap<>();
    private volatile long number;
    private volatile boolean leaving;
    private volatile boolean closed;

    // Confined to the event loop.
    private CompletableFuture<Boolean> before = CompletableFuture.completedFuture(true);
    private long lastCommit;

    // Written on the event loop before the first message of the coordination.
    private volatile String group = "";
    private volatile String memberId = "";

    /** Confined to the coordination's thread. */
    private boolean joined;

    /** What a stream works with. */
    record Ports(
            Cluster cluster,
            Partitions partitions,
            GroupCoordination coordination,
            CommitEnds ends,
            MemberHellos hellos,
            GroupMessages messages,
            ServerMeters meters) {}

    /** A commit without an answer. */
    private record Asked(long commitId, OffsetCommits commits) {}

    GroupStream(Ports ports, String clientHost, ServerCallStreamObserver<JoinGroupResponse> call, StreamEnd onEnd) {
        this.ports = ports;
        this.clientHost = clientHost;
        this.call = call;
        this.out = new SharedObserver<>(call);
        this.onEnd = onEnd;
    }

    /** To be called before the call's handler returns. */
    void start() {
        call.disableAutoRequest();
        call.setOnReadyHandler(this::maybeRequest);
        call.setOnCancelHandler(this::close);
        maybeRequest();
    }

    private void allow(int more) {
        allowed.addAndGet(more);
        maybeRequest();
    }

    private void maybeRequest() {
        if (call.isReady()) {
            int now = allowed.getAndSet(0);
            if (now > 0) {
                call.request(now);
            }
        }
    }

    @Override
    public void onNext(JoinGroupRequest request) {
        try {
            take(request);
        } catch (RefusedException e) {
            refuse(e.refusal());
        }
    }

    private void refuse(Refusal refusal) {
        close();
        ports.meters().refused(ServerMeters.Refused.CALL, refusal.reason());
        out.fail(Errors.exception(refusal));
    }

    private void take(JoinGroupRequest request) {
        boolean hello = request.getKindCase() == JoinGroupRequest.KindCase.HELLO;
        if (hello != memberId.isEmpty()) {
            throw Refusal.field(
                            Reason.INVALID_ARGUMENT,
                            "kind",
                            request.getKindCase(),
                            "HELLO in the first message, and in that only")
                    .exception();
        }
        switch (request.getKindCase()) {
            case HELLO -> hello(request.getHello());
            case PING -> {
                var ping = request.getPing();
                ports.coordination()
                        .heard(number, ping.getMemberEpoch(), ping.getPingId(), MemberReports.of(ping.getHeldList()));
                allow(1);
            }
            case COMMIT -> commit(request.getCommit());
            case RELEASE -> release(request.getRelease());
            case LEAVE -> {
                leaving = true;
                inOrder(
                        CompletableFuture.completedFuture(true),
                        always -> ports.coordination().leave(number));
            }
            case KIND_NOT_SET ->
                throw Refusal.field(Reason.INVALID_ARGUMENT, "kind", "", "set").exception();
        }
    }

    private void hello(MemberHello hello) {
        var checked = ports.hellos().of(hello, clientHost);
        if (checked.memberId().isEmpty()) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "member_id", "", "not empty")
                    .exception();
        }
        group = checked.group();
        memberId = checked.memberId();
        number = ports.coordination().connect(checked, this);
        if (closed) { // by the node's stop, meanwhile
            ports.coordination().closed(number);
        }
    }

    private void commit(MemberCommit commit) {
        var offsets = OffsetCommits.of(commit.getOffsetsList(), ports.cluster().image());
        long requestId = ++lastCommit;
        commits.put(requestId, new Asked(commit.getCommitId(), offsets));
        inOrder(
                ports.ends().of(offsets.accepted()),
                ends -> ports.coordination().commit(number, offsets.request(requestId, commit.getMemberEpoch(), ends)));
    }

    private void release(MemberRelease release) {
        RepeatedFields.requireFew("partitions", release.getPartitionsCount());
        List<PartitionId> partitions = release.getPartitionsList().stream()
                .map(partition -> GroupMessages.partition(
                        GroupMessages.topicId(partition.getTopicId()), partition.getPartition()))
                .toList();
        inOrder(
                CompletableFuture.completedFuture(partitions),
                given -> ports.coordination().released(number, release.getMemberEpoch(), given));
    }

    /** @param ready never fails */
    private <T> void inOrder(CompletableFuture<T> ready, Consumer<T> next) {
        before = before.thenCombine(ready, (done, value) -> {
            next.accept(value);
            allow(1);
            return true;
        });
    }

    /** Whoever has left is told when it is no member any more; anybody else may come back. */
    @Override
    public void onCompleted() {
        inOrder(CompletableFuture.completedFuture(true), always -> {
            if (!leaving) {
                close();
                out.complete();
            }
        });
    }

    @Override
    public void onError(Throwable cause) {
        close();
    }

    @Override
    public void stop(Refusal refusal) {
        close();
        out.fail(Errors.exception(refusal));
    }

    private void close() {
        closed = true;
        if (number > 0) {
            ports.coordination().closed(number);
        }
        onEnd.ended(this);
    }

    @Override
    public void assigned(GroupAssignment assignment, GroupSettings settings, MetadataImage image) {
        if (!joined) {
            joined = true;
            send(JoinGroupResponse.newBuilder()
                    .setJoined(ports.messages().joined(memberId, assignment.epoch(), settings)));
            allow(UNDER_WAY);
        }
        send(JoinGroupResponse.newBuilder().setAssignment(ports.messages().assignment(group, assignment, image)));
    }

    @Override
    public void heard(long pingId, GroupSettings settings) {
        send(JoinGroupResponse.newBuilder()
                .setPong(MemberPong.newBuilder().setPingId(pingId).setLease(GroupMessages.lease(settings))));
    }

    @Override
    public void committed(long requestId, SortedMap<Integer, GroupRefusal> refused) {
        var asked = commits.remove(requestId);
        if (asked != null) {
            send(JoinGroupResponse.newBuilder()
                    .setCommitted(MemberCommitted.newBuilder()
                            .setCommitId(asked.commitId())
                            .addAllResults(asked.commits().results(refused, ports.meters()))));
        }
    }

    private void send(JoinGroupResponse.Builder message) {
        out.send(message.build());
    }

    @Override
    public void ended(Refusal reason) {
        onEnd.ended(this);
        if (leaving && reason.reason() == Reason.UNKNOWN_MEMBER) {
            out.complete();
        } else {
            ports.meters().refused(ServerMeters.Refused.CALL, reason.reason());
            out.fail(Errors.exception(ports.partitions().readdressed(reason)));
        }
    }
}
