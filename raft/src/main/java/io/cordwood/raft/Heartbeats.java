package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeRegistration;
import io.cordwood.proto.internal.v1.HeartbeatAnswer;
import io.cordwood.proto.internal.v1.Standing;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * This node's signs of life to the metadata leader, and what it hears in return. A node that was given up for
 * lost while it was cut off is no member of the metadata group any more: no image tells it so, and it would
 * serve what it has for ever. The leader that answers may be an old one, so the node asks for its registration
 * before it believes that. A node that has not joined, or was refused, sends none: who it turns to may be
 * another cluster.
 *
 * <p>Thread: {@link #beat} by the node's timer; answers come on any.
 */
final class Heartbeats {
    private final NodeRegistration self;
    private final Supplier<CompletableFuture<byte[]>> leader;
    private final Function<MetadataCommand, CompletableFuture<MetadataResult>> metadata;
    private final NodeHalt halt;
    private final AtomicBoolean asks = new AtomicBoolean();

    /**
     * @param leader sends a heartbeat to the metadata leader, and returns its answer
     * @param metadata has the metadata leader apply a command
     */
    Heartbeats(
            NodeRegistration self,
            Supplier<CompletableFuture<byte[]>> leader,
            Function<MetadataCommand, CompletableFuture<MetadataResult>> metadata,
            NodeHalt halt) {
        this.self = self;
        this.leader = leader;
        this.metadata = metadata;
        this.halt = halt;
    }

    void beat() {
        var unused = leader.get().thenAccept(answer -> {
            if (!mayBeMember(answer) && asks.compareAndSet(false, true)) {
                ask();
            }
        });
    }

    /** A leader with an older program says nothing. */
    private static boolean mayBeMember(byte[] answer) {
        try {
            var standing = HeartbeatAnswer.parseFrom(answer).getStanding();
            return standing == Standing.STANDING_MEMBER
                    || standing == Standing.STANDING_UNSPECIFIED
                    || standing == Standing.UNRECOGNIZED;
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer to a heartbeat does not parse", e);
        }
    }

    private void ask() {
        var unused = metadata.apply(new MetadataCommand.RegisterNode(self, true))
                .whenComplete((result, failure) -> {
                    asks.set(false);
                    if (result instanceof MetadataResult.Refused refused) {
                        halt.failed(
                                "the membership of node " + self.nodeId(),
                                new IllegalStateException(
                                        "the cluster gave up this directory for lost: " + refused.message()));
                    }
                });
    }
}
