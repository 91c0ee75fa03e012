package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.GoneAnswer;
import io.cordwood.proto.internal.v1.GoneQuestion;
import io.cordwood.proto.internal.v1.LogEnd;
import io.cordwood.raft.FollowedGroups.Followed;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * Asks other nodes whether a node refuses them, too, and how far the logs of its groups reach there; answers the
 * same.
 *
 * <p>Thread: any. An answer waits for the next look of {@link Knocks}, and holds up nobody.
 */
final class GoneQuestions {
    static final String METHOD = "Gone";

    /** When it is over the next question may come, and an election timeout is about to be. */
    private static final Duration TIMEOUT = GoneLeaders.ASK_EVERY;

    private final NodeTransport transport;
    private final Duration timeout;

    /**
     * What a node says of another one.
     *
     * @param refuses whether that one refuses it
     * @param ends the last entries of the groups that it followed that one in, and may lead
     */
    record Answer(boolean refuses, Map<RaftGroupId, TermIndex> ends) {
        Answer {
            ends = Map.copyOf(ends);
        }
    }

    GoneQuestions(NodeTransport transport) {
        this(transport, TIMEOUT);
    }

    /** @param timeout of one question */
    GoneQuestions(NodeTransport transport, Duration timeout) {
        this.transport = transport;
        this.timeout = timeout;
    }

    /**
     * Answers other nodes from now on.
     *
     * @param self this node's id
     * @param refuses whether a node refuses this one
     * @param followed the groups that follow a node here
     */
    void serve(int self, IntFunction<CompletableFuture<Boolean>> refuses, IntFunction<List<Followed>> followed) {
        transport.handle(METHOD, (from, request) -> {
            int gone = parse(request).getGoneNodeId();
            return refuses.apply(gone).thenApply(refused -> {
                var answer = GoneAnswer.newBuilder().setNodeId(self).setRefuses(refused);
                if (refused) {
                    followed.apply(gone).stream()
                            .filter(Followed::mayLead)
                            .forEach(group -> answer.addCandidates(encode(group)));
                }
                return answer.build().toByteArray();
            });
        });
    }

    /** Fails where the node does not say; one whose program is older does not. */
    CompletableFuture<Answer> ask(int node, int gone) {
        var question = GoneQuestion.newBuilder().setGoneNodeId(gone).build().toByteArray();
        return transport.call(node, METHOD, question, timeout).thenApply(answer -> decode(node, answer));
    }

    private static LogEnd encode(Followed group) {
        return LogEnd.newBuilder()
                .setRaftGroupId(Uuids.toBytes(group.group().getUuid()))
                .setTerm(group.last().getTerm())
                .setIndex(group.last().getIndex())
                .build();
    }

    private static Answer decode(int node, byte[] bytes) {
        try {
            var answer = GoneAnswer.parseFrom(bytes);
            if (answer.getNodeId() != node) {
                throw new NodeCallException(
                        NodeCallException.Kind.FAILED,
                        "node " + node + " was asked, and node " + answer.getNodeId() + " answers");
            }
            return new Answer(
                    answer.getRefuses(),
                    answer.getCandidatesList().stream()
                            .collect(Collectors.toMap(
                                    end -> RaftGroupId.valueOf(Uuids.parse(end.getRaftGroupId())),
                                    end -> TermIndex.valueOf(end.getTerm(), end.getIndex()),
                                    (one, same) -> one)));
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer does not parse", e);
        }
    }

    private static GoneQuestion parse(byte[] bytes) {
        try {
            return GoneQuestion.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("question does not parse", e);
        }
    }
}
