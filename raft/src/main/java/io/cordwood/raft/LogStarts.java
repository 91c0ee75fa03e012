package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.LogStart;
import io.cordwood.proto.internal.v1.LogStartRequest;
import io.cordwood.store.PartitionId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells replicas whose disk is full of trims that they cannot get: these come behind entries with payload
 * for which there is no room, and are what would make room. A log start that a leader has applied is
 * committed, so whoever hears of it may delete what lies below, as after a restart that begins to replay
 * before the trim.
 *
 * <p>Thread: any.
 */
final class LogStarts {
    private static final Logger LOG = LoggerFactory.getLogger(LogStarts.class);
    private static final String METHOD = "LogStart";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final NodeTransport transport;
    private final Function<PartitionId, Optional<PartitionReplica>> replicas;

    LogStarts(NodeTransport transport, Function<PartitionId, Optional<PartitionReplica>> replicas) {
        this.transport = transport;
        this.replicas = replicas;
    }

    /** Answers other nodes from now on. */
    void serve() {
        transport.handle(METHOD, (from, request) -> CompletableFuture.completedFuture(answer(request)));
    }

    private byte[] answer(byte[] bytes) {
        try {
            var request = LogStartRequest.parseFrom(bytes);
            var id = new PartitionId(Uuids.parse(request.getTopicId()), request.getPartition());
            long start =
                    replicas.apply(id).map(PartitionReplica::logStartOffset).orElse(0L);
            return LogStart.newBuilder().setOffset(start).build().toByteArray();
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("log start request does not parse", e);
        }
    }

    /**
     * Asks the leader of a replica that follows, and tells the replica; without effect where nobody
     * answers.
     */
    void ask(PartitionReplica replica) {
        var leader = replica.leadership().leaderNodeId();
        if (leader.isEmpty() || replica.leads()) {
            return;
        }
        var request = LogStartRequest.newBuilder()
                .setTopicId(Uuids.toBytes(replica.id().topicId()))
                .setPartition(replica.id().partition())
                .build();
        var unused = transport
                .call(leader.getAsInt(), METHOD, request.toByteArray(), TIMEOUT)
                .thenAcceptAsync(answer -> raise(replica, answer)) // it may wait for a checkpoint
                .exceptionally(failure -> {
                    LOG.debug("{}: node {} does not tell its log start", replica.id(), leader.getAsInt(), failure);
                    return null;
                });
    }

    private static void raise(PartitionReplica replica, byte[] answer) {
        try {
            replica.trimmedElsewhere(LogStart.parseFrom(answer).getOffset());
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("log start does not parse", e);
        }
    }
}
