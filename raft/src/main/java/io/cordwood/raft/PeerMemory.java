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
 * something. One that the cluster gave up for lost has an heir, or is to get one: what it votes for may lack
 * what the heir confirmed.
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
            var image = view.image();
            answer.setClusterId(image.clusterId());
            image.node(caller.getNodeId()).ifPresent(known -> {
                if (known.incarnation().equals(caller.getIncarnation())) {
                    answer.setCallerAddress(known.nodeAddress()).addAllHeld(heldBy(caller.getNodeId()));
                } else {
                    answer.setGivenUp(known.replaces(caller.getIncarnation())).setOtherDirectoryAt(image.index());
                }
            });
            return CompletableFuture.completedFuture(answer.build().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private List<HeldLog> heldBy(int node) {
        var held = new ArrayList<HeldLog>();
        for (Division division : groups.open()) {
            // One that is still opening cannot be asked for its log. While members change, Ratis' lists of them may
            // not belong together, and what is answered here is never forgotten by the other node.
            boolean settled = RaftGroups.hasSettledMembers(division);
            var members = division.getRaftConf();
            var follower = settled ? Followers.of(division).get(node) : null;
            if (follower != null && RaftGroups.hasSettledMembers(division) && members == division.getRaftConf()) {
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
