package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import io.cordwood.proto.v1.MemberPong;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetCommitResult;
import io.cordwood.server.cluster.Refusal;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.stream.Stream;

/**
 * A member on one stream: says what it is told to, and keeps what it hears.
 *
 * <p>Thread: the test's.
 */
final class TestMember {
    static final String GROUP = "payments";

    private final Recorded<JoinGroupResponse> heard = new Recorded<>();
    private final StreamObserver<JoinGroupRequest> requests;
    private long lastId;

    private TestMember(Channel channel) {
        requests = GroupServiceGrpc.newStub(channel).joinGroup(heard);
    }

    /** A stream on which nothing was said yet. */
    static TestMember on(Channel channel) {
        return new TestMember(channel);
    }

    static MemberHello.Builder hello(String memberId, String... topics) {
        return MemberHello.newBuilder()
                .setGroup(GROUP)
                .setMemberId(memberId)
                .setName("name of " + memberId)
                .addAllTopics(List.of(topics));
    }

    static TestMember hello(Channel channel, MemberHello.Builder hello) {
        var member = on(channel);
        member.say(JoinGroupRequest.newBuilder().setHello(hello));
        return member;
    }

    /** A member of the topic orders that is in. */
    static TestMember joined(TestNode node, String memberId) {
        var member = hello(node.channel, hello(memberId, "orders"));
        member.awaitAssignment();
        return member;
    }

    void say(JoinGroupRequest.Builder request) {
        requests.onNext(request.build());
    }

    void endOfRequests() {
        requests.onCompleted();
    }

    void ping(long pingId, long epoch) {
        say(JoinGroupRequest.newBuilder()
                .setPing(MemberPing.newBuilder().setPingId(pingId).setMemberEpoch(epoch)));
    }

    /** What it does in partitions in which it does not just read on, with a ping that is answered. */
    void report(MemberProgress... held) {
        long id = ++lastId;
        say(JoinGroupRequest.newBuilder()
                .setPing(MemberPing.newBuilder()
                        .setPingId(id)
                        .setMemberEpoch(epoch())
                        .addAllHeld(List.of(held))));
        await().until(() -> pongs().stream().anyMatch(pong -> pong.getPingId() == id));
    }

    /** Gives up what it was asked for last. */
    void release() {
        var assignment = assignment();
        var release = MemberRelease.newBuilder().setMemberEpoch(assignment.getMemberEpoch());
        assignment
                .getRevokedList()
                .forEach(revoked -> release.addPartitions(GroupPartition.newBuilder()
                        .setTopicId(revoked.getTopicId())
                        .setPartition(revoked.getPartition())));
        say(JoinGroupRequest.newBuilder().setRelease(release));
    }

    void leave() {
        say(JoinGroupRequest.newBuilder().setLeave(MemberLeave.getDefaultInstance()));
    }

    static OffsetCommit offset(int partition, long offset) {
        return OffsetCommit.newBuilder()
                .setTopic("orders")
                .setPartition(partition)
                .setOffset(offset)
                .build();
    }

    /** Does not wait for the answer. */
    long sendCommit(long epoch, OffsetCommit... offsets) {
        long id = ++lastId;
        say(JoinGroupRequest.newBuilder()
                .setCommit(MemberCommit.newBuilder()
                        .setCommitId(id)
                        .setMemberEpoch(epoch)
                        .addAllOffsets(List.of(offsets))));
        return id;
    }

    /** The results, in the order of the offsets. */
    List<OffsetCommitResult> commit(long epoch, OffsetCommit... offsets) {
        long id = sendCommit(epoch, offsets);
        return await().until(() -> results(id), results -> results.size() == offsets.length);
    }

    List<OffsetCommitResult> results(long commitId) {
        return answers()
                .filter(answer -> answer.hasCommitted() && answer.getCommitted().getCommitId() == commitId)
                .flatMap(answer -> answer.getCommitted().getResultsList().stream())
                .toList();
    }

    /** What one offset is refused for. */
    Refusal refused(long epoch, OffsetCommit offset) {
        return Refused.of(commit(epoch, offset).get(0).getError());
    }

    private Stream<JoinGroupResponse> answers() {
        return heard.all().stream();
    }

    List<MemberJoined> joins() {
        return answers()
                .filter(JoinGroupResponse::hasJoined)
                .map(JoinGroupResponse::getJoined)
                .toList();
    }

    List<MemberPong> pongs() {
        return answers()
                .filter(JoinGroupResponse::hasPong)
                .map(JoinGroupResponse::getPong)
                .toList();
    }

    List<MemberAssignment> assignments() {
        return answers()
                .filter(JoinGroupResponse::hasAssignment)
                .map(JoinGroupResponse::getAssignment)
                .toList();
    }

    /** The newest. */
    MemberAssignment assignment() {
        var all = assignments();
        return all.get(all.size() - 1);
    }

    long epoch() {
        return assignment().getMemberEpoch();
    }

    List<Integer> assigned() {
        return assignments().isEmpty()
                ? List.of()
                : assignment().getAssignedList().stream()
                        .map(AssignedPartition::getPartition)
                        .toList();
    }

    int revokedCount() {
        return assignments().isEmpty() ? 0 : assignment().getRevokedCount();
    }

    void awaitAssignment() {
        await().until(() -> !assignments().isEmpty());
    }

    /** What ended the stream. */
    Refusal end() {
        heard.awaitEnd();
        return Refused.of(heard.error());
    }

    void awaitGoodEnd() {
        heard.awaitEnd();
        assertThat(heard.failed()).isFalse();
    }

    boolean ended() {
        return heard.ended();
    }
}
