package io.cordwood.server.rpc;

import io.cordwood.coordinator.GroupStanding;
import io.cordwood.proto.internal.v1.FencedCommit;
import io.cordwood.proto.internal.v1.GroupStandingRequest;
import io.cordwood.proto.internal.v1.GroupStandingResponse;
import io.cordwood.proto.internal.v1.LeftStop;
import io.cordwood.proto.internal.v1.MemberStanding;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.GroupRefusals;
import io.cordwood.server.group.GroupCoordination;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Asks the metadata leader what it has of a group in memory alone.
 *
 * <p><b>Thread:</b> any.
 */
final class GroupStandingCall {
    /**
     * Whoever asks what holds a group back is not to wait for an election that may be what holds it back.
     */
    private static final Duration LEADER_WAIT = Duration.ofSeconds(2);

    private final GroupCoordination coordination;
    private final MetadataRouter router;
    private final ForwardedMethod<GroupStandingRequest, GroupStandingResponse> method;

    GroupStandingCall(GroupCoordination coordination, MetadataRouter router) {
        this.coordination = coordination;
        this.router = router;
        this.method = ForwardedMethod.internal(
                "cordwood.internal.v1/GroupStanding",
                GroupStandingRequest.getDefaultInstance(),
                GroupStandingResponse.getDefaultInstance(),
                this::here);
    }

    ForwardedMethod<GroupStandingRequest, GroupStandingResponse> method() {
        return method;
    }

    /** Fails where no leader answers in time. */
    CompletableFuture<GroupStandingResponse> of(String group, Deadline deadline) {
        var request = GroupStandingRequest.newBuilder().setGroup(group).build();
        return router.call(method, request, deadline.earlier(LEADER_WAIT));
    }

    private CompletableFuture<GroupStandingResponse> here(GroupStandingRequest request, Deadline deadline) {
        return coordination.standing(request.getGroup()).thenApply(GroupStandingCall::wire);
    }

    private static GroupStandingResponse wire(GroupStanding standing) {
        var response = GroupStandingResponse.newBuilder();
        standing.members()
                .forEach(member -> response.addMembers(MemberStanding.newBuilder()
                        .setMemberId(member.memberId())
                        .setPresentMs(member.presentMillis())
                        .setSilentMs(member.silentMillis())
                        .setConnected(member.connected())
                        .addAllHeld(
                                member.held().stream().map(MemberReports::wire).toList())));
        standing.fenced()
                .forEach(fenced -> response.addFenced(FencedCommit.newBuilder()
                        .setPartition(MemberReports.wire(fenced.partition()))
                        .setMemberId(fenced.memberId())
                        .setReason(GroupRefusals.reason(fenced.reason()).name())
                        .setExpired(fenced.expired())
                        .setAgoMs(fenced.agoMillis())));
        standing.left()
                .forEach(left -> response.addLeft(LeftStop.newBuilder()
                        .setMemberId(left.memberId())
                        .setMemberName(left.memberName())
                        .setHost(left.host())
                        .setProgress(MemberReports.wire(left.progress()))
                        .setAgoMs(left.agoMillis())));
        return response.build();
    }
}
