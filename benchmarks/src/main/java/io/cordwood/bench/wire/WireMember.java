package io.cordwood.bench.wire;

import io.cordwood.proto.v1.AssignedPartition;
import io.cordwood.proto.v1.GroupPartition;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberAssignment;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.MemberJoined;
import io.cordwood.proto.v1.MemberLeave;
import io.cordwood.proto.v1.MemberPing;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.proto.v1.OffsetCommit;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A member that does what the protocol asks of it and nothing else: says hello, pings, gives up at once
 * what it is asked for, and commits what it is told to. It finds no other coordinator: where its stream
 * breaks it is at its end.
 *
 * <p>Invariant: what it owns is that of its newest assignment.
 *
 * <p><b>Thread:</b> any; the lock keeps the messages of its stream apart.
 */
public final class WireMember implements StreamObserver<JoinGroupResponse> {
    private final String memberId = UUID.randomUUID().toString();
    private final String topic;
    private final Watch watch;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private @Nullable StreamObserver<JoinGroupRequest> requests;
    private long epoch;
    private long lastPing;
    private volatile Set<Integer> owned = Set.of();

    /** Is told what happens, on the connection's thread. */
    public interface Watch {
        /** What it owns may be something else. */
        void assigned(WireMember member);

        /** @param refusal empty where the offset is committed */
        void committed(WireMember member, long commitId, String refusal);
    }

    WireMember(String topic, Watch watch, ScheduledExecutorService timer) {
        this.topic = topic;
        this.watch = watch;
        this.timer = timer;
    }

    void begin(Channel channel, String group) {
        requests = GroupServiceGrpc.newStub(channel).joinGroup(this);
        send(JoinGroupRequest.newBuilder()
                .setHello(MemberHello.newBuilder()
                        .setGroup(group)
                        .setMemberId(memberId)
                        .setName("benchmark")
                        .addTopics(topic)));
    }

    public String memberId() {
        return memberId;
    }

    /** Numbers of the partitions that it may process. */
    public Set<Integer> owned() {
        return owned;
    }

    public synchronized void commit(long commitId, int partition, long offset) {
        send(JoinGroupRequest.newBuilder()
                .setCommit(MemberCommit.newBuilder()
                        .setCommitId(commitId)
                        .setMemberEpoch(epoch)
                        .addOffsets(OffsetCommit.newBuilder()
                                .setTopic(topic)
                                .setPartition(partition)
                                .setOffset(offset))));
    }

    /** Done when it is a member no more; fails where its stream ends otherwise. */
    public CompletableFuture<@Nullable Void> leave() {
        send(JoinGroupRequest.newBuilder().setLeave(MemberLeave.getDefaultInstance()));
        return ended;
    }

    /** As {@link #leave}: done or failed when the stream is at its end. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    @Override
    public void onNext(JoinGroupResponse response) {
        switch (response.getKindCase()) {
            case JOINED -> pingLater(response.getJoined());
            case ASSIGNMENT -> take(response.getAssignment());
            case COMMITTED -> {
                var answer = response.getCommitted();
                var result = answer.getResults(0);
                watch.committed(
                        this,
                        answer.getCommitId(),
                        result.hasError() ? result.getError().getMessage() : "");
            }
            case PONG, KIND_NOT_SET -> {}
        }
    }

    private synchronized void take(MemberAssignment assignment) {
        if (assignment.getMemberEpoch() < epoch) {
            return;
        }
        epoch = assignment.getMemberEpoch();
        owned = assignment.getAssignedList().stream()
                .map(AssignedPartition::getPartition)
                .collect(Collectors.toUnmodifiableSet());
        if (assignment.getRevokedCount() > 0) {
            var release = MemberRelease.newBuilder().setMemberEpoch(epoch);
            assignment
                    .getRevokedList()
                    .forEach(revoked -> release.addPartitions(GroupPartition.newBuilder()
                            .setTopicId(revoked.getTopicId())
                            .setPartition(revoked.getPartition())));
            send(JoinGroupRequest.newBuilder().setRelease(release));
        }
        watch.assigned(this);
    }

    private void pingLater(MemberJoined joined) {
        var interval = joined.getLease().getPingInterval();
        long nanos = TimeUnit.SECONDS.toNanos(interval.getSeconds()) + interval.getNanos();
        try {
            var pings = timer.scheduleAtFixedRate(this::ping, nanos, nanos, TimeUnit.NANOSECONDS);
            var unused = ended.whenComplete((done, failure) -> pings.cancel(false));
        } catch (RejectedExecutionException e) {
            ended.completeExceptionally(e);
        }
    }

    private synchronized void ping() {
        send(JoinGroupRequest.newBuilder()
                .setPing(MemberPing.newBuilder().setPingId(++lastPing).setMemberEpoch(epoch)));
    }

    private synchronized void send(JoinGroupRequest.Builder message) {
        if (requests != null && !ended.isDone()) {
            requests.onNext(message.build());
        }
    }

    @Override
    public void onError(Throwable failure) {
        ended.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
        ended.complete(null);
    }
}
