package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.HeldLog;
import io.cordwood.proto.internal.v1.MemoryAnswer;
import io.cordwood.proto.internal.v1.MemoryRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.server.RaftServer.Division;

/**
 * Tells a node that starts what this one knows of it: where the cluster thinks it is, and what it has
 * confirmed to have of the logs that are led here. A data directory that has less is an older copy, or lost
 * something.
 *
 * <p>Invariants: only entries that are committed count. They are never truncated, so whoever confirmed one
 * must have it for ever.
 *
 * <p>Thread: any; does not block.
 */
final class PeerMemory {
    static final String METHOD = "Remember";
    static final int VERSION = 1;

    private final RaftGroups groups;
    private final MetadataView view;

    PeerMemory(RaftGroups groups, MetadataView view) {
        this.groups = groups;
        this.view = view;
    }

    CompletableFuture<byte[]> answer(int ownNodeId, byte[] request) {
        try {
            var caller = MemoryRequest.parseFrom(request);
            var answer = MemoryAnswer.newBuilder().setVersion(VERSION).setNodeId(ownNodeId);
            // Of another data directory under this id nothing that was confirmed counts for the caller's.
            view.image()
                    .node(caller.getNodeId())
                    .filter(known -> known.incarnation().equals(caller.getIncarnation()))
                    .ifPresent(known ->
                            answer.setCallerAddress(known.nodeAddress()).addAllHeld(heldBy(caller.getNodeId())));
            return CompletableFuture.completedFuture(answer.build().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private List<HeldLog> heldBy(int node) {
        var held = new ArrayList<HeldLog>();
        for (Division division : groups.open()) {
            // One that is still opening cannot be asked for its log.
            var follower =
                    division.getInfo().isLeader() ? Followers.of(division).get(node) : null;
            if (follower != null) {
                long index =
                        Math.min(follower.matchIndex(), division.getRaftLog().getLastCommittedIndex());
                held.add(HeldLog.newBuilder()
                        .setRaftGroupId(
                                Uuids.toBytes(division.getGroup().getGroupId().getUuid()))
                        .setRaftIndex(index)
                        .build());
            }
        }
        return held;
    }
}
