package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.JoinAnswer;
import io.cordwood.proto.internal.v1.JoinQuestion;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Asks a node that is to get a replica whether it has opened the group; {@link Reconciler#isOpen} answers.
 *
 * <p>Thread: any.
 */
final class JoinQuestions {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final NodeTransport transport;

    JoinQuestions(NodeTransport transport) {
        this.transport = transport;
    }

    /**
     * Fails where the node does not answer in time.
     *
     * @param since raft index at which the joining began
     */
    CompletableFuture<Boolean> isOpen(int node, UUID groupId, long since) {
        var question = JoinQuestion.newBuilder()
                .setRaftGroupId(Uuids.toBytes(groupId))
                .setJoinedAt(since)
                .build()
                .toByteArray();
        return transport.call(node, Reconciler.IS_OPEN, question, TIMEOUT).thenApply(JoinQuestions::saysOpen);
    }

    private static boolean saysOpen(byte[] answer) {
        try {
            return JoinAnswer.parseFrom(answer).getOpen();
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer does not parse", e);
        }
    }
}
