package io.cordwood.raft;

import io.cordwood.metadata.MetadataCommand.SetPreferredLeader;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.store.PartitionId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer.Division;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands a partition over to the replica that somebody names. The placement prefers that replica first, so that no node's
 * balancing takes the leadership back; where the hand-over fails, it prefers the one of before again.
 *
 * <p>Thread: any.
 */
final class LeaderTransfer {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderTransfer.class);

    private final int nodeId;
    private final RaftGroups groups;
    private final ClusterMetadata metadata;
    private final long respondingMs;
    private final IntFunction<Optional<NoRoom>> noRoom;

    /** @param noRoom what other nodes say */
    LeaderTransfer(
            RaftNodeConfig config, RaftGroups groups, ClusterMetadata metadata, IntFunction<Optional<NoRoom>> noRoom) {
        this.nodeId = config.nodeId();
        this.groups = groups;
        this.metadata = metadata;
        this.noRoom = noRoom;
        this.respondingMs = config.raftTimings().electionTimeoutMax().toMillis();
    }

    /** Fails with {@link MetadataUnavailableException} where the preference cannot be changed. */
    CompletableFuture<TransferOutcome> transfer(PartitionId id, int toNode, Duration within) {
        var partition = metadata.image().topic(id.topicId()).flatMap(topic -> topic.partition(id.partition()));
        var division = partition
                .flatMap(found -> groups.division(RaftGroupId.valueOf(found.raftGroupId())))
                .filter(found -> found.getInfo().isLeaderReady());
        if (partition.isEmpty() || division.isEmpty()) {
            return CompletableFuture.completedFuture(new TransferOutcome.NotLeader());
        }
        var refusal = obstacle(partition.get(), division.get(), toNode);
        if (refusal.isPresent()) {
            return CompletableFuture.completedFuture(refusal.get());
        }
        LOG.info("{}: node {} shall hand over to node {}, somebody asks for it", id, nodeId, toNode);
        return prefer(id, toNode)
                .thenCompose(refused -> refused.isPresent()
                        ? CompletableFuture.completedFuture(refused.get())
                        : handOver(id, partition.get(), toNode, within));
    }

    private Optional<TransferOutcome> obstacle(PartitionInfo partition, Division division, int toNode) {
        if (!partition.replicas().contains(toNode)) {
            return Optional.of(new TransferOutcome.NotReplica(partition.replicas()));
        }
        if (toNode == nodeId) {
            return Optional.empty();
        }
        if (partition.changes().of(toNode).isPresent()) {
            return Optional.of(new TransferOutcome.Failed("the replica of node " + toNode + " is being changed"));
        }
        var follower = Followers.of(division).get(toNode);
        if (follower == null) {
            return Optional.of(new TransferOutcome.Failed("node " + toNode + " is no member of the raft group now"));
        }
        if (follower.silentMs() >= respondingMs) {
            return Optional.of(new TransferOutcome.Silent(follower.silentMs(), respondingMs));
        }
        return follower.entriesBehind() > LeaderBalancer.MAX_LAG_ENTRIES
                ? Optional.of(new TransferOutcome.Behind(follower.entriesBehind(), LeaderBalancer.MAX_LAG_ENTRIES))
                : noRoom.apply(toNode).map(TransferOutcome.NoRoom::new);
    }

    private CompletableFuture<Optional<TransferOutcome>> prefer(PartitionId id, int node) {
        return metadata.submit(new SetPreferredLeader(id.topicId(), id.partition(), node))
                .thenApply(result -> result instanceof MetadataResult.Refused refused
                        ? Optional.of(new TransferOutcome.Failed(refused.message()))
                        : Optional.empty());
    }

    private CompletableFuture<TransferOutcome> handOver(
            PartitionId id, PartitionInfo before, int toNode, Duration within) {
        if (toNode == nodeId) {
            return CompletableFuture.completedFuture(new TransferOutcome.Done()); // it leads already
        }
        var group = RaftGroupId.valueOf(before.raftGroupId());
        return groups.transferLeadership(group, toNode, within.toMillis())
                .<TransferOutcome>thenApply(reply -> new TransferOutcome.Done())
                .exceptionallyCompose(failure -> leads(group, toNode)
                        ? CompletableFuture.completedFuture(new TransferOutcome.Done())
                        : takeBack(id, before, toNode, failure));
    }

    /** The node may have been elected although the answer was lost, or somebody else asked for the same. */
    private boolean leads(RaftGroupId group, int node) {
        return groups.division(group)
                .map(division -> division.getInfo().getLeaderId())
                .filter(RaftGroups.peerId(node)::equals)
                .isPresent();
    }

    private CompletableFuture<TransferOutcome> takeBack(
            PartitionId id, PartitionInfo before, int toNode, Throwable failure) {
        LOG.info("{}: node {} did not take over: {}", id, toNode, failure.getMessage());
        var outcome = new TransferOutcome.Failed(String.valueOf(failure.getMessage()));
        return prefer(id, before.preferredLeader())
                .exceptionally(lost -> Optional.empty()) // the preference then stays, and balancing tries it again
                .thenApply(refused -> outcome);
    }
}
