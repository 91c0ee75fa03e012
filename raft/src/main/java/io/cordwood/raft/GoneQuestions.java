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
import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks other nodes whether a node refuses them, too, and how far the logs of its groups reach there; answers the
 * same.
 *
 * <p>Thread: any. An answer waits for the next look of {@link Knocks}, and is put together by an executor of its
 * owner: the end of a log is read under the log's lock, which must not hold up gRPC's threads.
 */
final class GoneQuestions {
    private static final Logger LOG = LoggerFactory.getLogger(GoneQuestions.class);

    static final String METHOD = "Gone";

    /** When it is over the next question may come, and an election timeout is about to be. */
    private static final Duration TIMEOUT = GoneLeaders.ASK_EVERY;

    private final NodeTransport transport;
    private final Duration timeout;

    /**
     * What a node says of another one.
     *
     * @param refuses whether that one refuses it
     * @param ends of the groups that it followed that one in
     */
    record Answer(boolean refuses, Map<RaftGroupId, Succession.End> ends) {
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
     * @param executor where answers are put together
     * @param self this node's id
     * @param refuses whether a node refuses this one
     * @param followed the groups that follow a node here, may block
     */
    void serve(
            Executor executor,
            int self,
            IntFunction<CompletableFuture<Boolean>> refuses,
            IntFunction<List<Followed>> followed) {
        transport.handle(METHOD, (from, request) -> {
            int gone = parse(request).getGoneNodeId();
            return refuses.apply(gone)
                    .thenApplyAsync(
                            refused -> answer(self, refused, refused ? followed.apply(gone) : List.of()), executor);
        });
    }

    private static byte[] answer(int self, boolean refused, List<Followed> groups) {
        var answer = GoneAnswer.newBuilder().setNodeId(self).setRefuses(refused);
        groups.forEach(group -> answer.addEnds(encode(group)));
        return answer.build().toByteArray();
    }

    /** Fails where the node does not say; one whose program is older does not. */
    CompletableFuture<Answer> ask(int node, int gone) {
        var question = GoneQuestion.newBuilder().setGoneNodeId(gone).build().toByteArray();
        try {
            return transport.call(node, METHOD, question, timeout).thenApply(answer -> decode(node, answer));
        } catch (RuntimeException e) { // such as an address that is none: it must not end who asks
            LOG.error("node {} cannot be asked about node {}", node, gone, e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private static LogEnd encode(Followed group) {
        return LogEnd.newBuilder()
                .setRaftGroupId(Uuids.toBytes(group.group().getUuid()))
                .setTerm(group.last().getTerm())
                .setIndex(group.last().getIndex())
                .setMayLead(group.mayLead())
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
                    answer.getEndsList().stream()
                            .collect(Collectors.toMap(
                                    end -> RaftGroupId.valueOf(Uuids.parse(end.getRaftGroupId())),
                                    GoneQuestions::decode,
                                    (one, same) -> one)));
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer does not parse", e);
        }
    }

    private static Succession.End decode(LogEnd end) {
        return new Succession.End(TermIndex.valueOf(end.getTerm(), end.getIndex()), end.getMayLead());
    }

    private static GoneQuestion parse(byte[] bytes) {
        try {
            return GoneQuestion.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("question does not parse", e);
        }
    }
}
