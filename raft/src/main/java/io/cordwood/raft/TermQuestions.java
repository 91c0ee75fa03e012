package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.TermsAnswer;
import io.cordwood.proto.internal.v1.TermsRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * Asks other nodes in which terms their members of raft groups are, and tells them of those here. What is
 * asked of a node while a question to it is under way goes with the next one: who wants to know the ends of
 * thousands of partitions costs a node a few questions, and no heartbeat.
 *
 * <p>Invariants: a term was looked up after it was asked for, never before; one question to a node is under
 * way at a time, and a group waits for the next one once, however many ask for it. So no more waits than
 * this node has groups.
 *
 * <p>Thread: any; answers come on gRPC's threads, which must not be held up.
 */
final class TermQuestions {
    static final String METHOD = "Terms";
    /** Of one question: less than a tenth of a megabyte, and a millisecond of the other node's time. */
    static final int MAX_GROUPS = 4096;
    /** The term where a node has no such group open. */
    static final long NOT_HERE = -1;

    /** A node that is silent for so long says nothing; who asks meanwhile waits for the next question. */
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final NodeTransport transport;
    private final Duration timeout;
    private final Map<Integer, Asked> asked = new ConcurrentHashMap<>();

    TermQuestions(NodeTransport transport) {
        this(transport, TIMEOUT);
    }

    /** @param timeout of one question */
    TermQuestions(NodeTransport transport, Duration timeout) {
        this.transport = transport;
        this.timeout = timeout;
    }

    /** Tells other nodes of this server's groups from now on. */
    void serve(RaftServer server) {
        transport.handle(METHOD, (from, request) -> CompletableFuture.completedFuture(answer(server, request)));
    }

    /** The term of another node's member, or {@link #NOT_HERE}; fails where the node does not say. */
    CompletableFuture<Long> ask(int node, UUID groupId) {
        return asked.computeIfAbsent(node, Asked::new).ask(groupId);
    }

    static byte[] answer(RaftServer server, byte[] bytes) {
        try {
            var answer = TermsAnswer.newBuilder();
            for (var id : TermsRequest.parseFrom(bytes).getRaftGroupIdsList()) {
                answer.addTerms(termOf(server, RaftGroupId.valueOf(Uuids.parse(id))));
            }
            return answer.build().toByteArray();
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("question for terms does not parse", e);
        }
    }

    private static long termOf(RaftServer server, RaftGroupId groupId) {
        try {
            return server.getDivision(groupId).getInfo().getCurrentTerm();
        } catch (IOException e) {
            return NOT_HERE;
        }
    }

    private static byte[] encode(Collection<UUID> groups) {
        var request = TermsRequest.newBuilder();
        groups.forEach(id -> request.addRaftGroupIds(Uuids.toBytes(id)));
        return request.build().toByteArray();
    }

    private static List<Long> decode(byte[] bytes) {
        try {
            return TermsAnswer.parseFrom(bytes).getTermsList();
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer to a question for terms does not parse", e);
        }
    }

    /**
     * One other node. The monitor guards both fields, for a few accesses: whether a question is under way
     * and what waits for the next one change together, which a queue alone would not say.
     */
    private final class Asked {
        private final int node;
        private final Map<UUID, CompletableFuture<Long>> waiting = new LinkedHashMap<>();
        private boolean underWay;

        Asked(int node) {
            this.node = node;
        }

        CompletableFuture<Long> ask(UUID groupId) {
            CompletableFuture<Long> answer;
            boolean begins;
            synchronized (this) {
                answer = waiting.computeIfAbsent(groupId, unused -> new CompletableFuture<>());
                begins = !underWay;
                underWay = true;
            }
            if (begins) {
                send();
            }
            return answer;
        }

        private void send() {
            var question = next();
            if (question.isEmpty()) {
                return;
            }
            var unused = transport
                    .call(node, METHOD, encode(question.keySet()), timeout)
                    .thenApply(TermQuestions::decode)
                    .whenComplete((terms, failure) -> {
                        answer(question, terms, failure);
                        send();
                    });
        }

        /** What waits, as much as one question takes; none is under way where it is empty. */
        private synchronized Map<UUID, CompletableFuture<Long>> next() {
            var question = new LinkedHashMap<UUID, CompletableFuture<Long>>();
            var each = waiting.entrySet().iterator();
            while (each.hasNext() && question.size() < MAX_GROUPS) {
                var group = each.next();
                question.put(group.getKey(), group.getValue());
                each.remove();
            }
            underWay = !question.isEmpty();
            return question;
        }

        private void answer(
                Map<UUID, CompletableFuture<Long>> question, @Nullable List<Long> terms, @Nullable Throwable failure) {
            if (terms != null && terms.size() == question.size()) {
                var term = terms.iterator();
                question.values().forEach(answer -> answer.complete(term.next()));
            } else {
                var reason = reasonOf(failure, question.size());
                question.values().forEach(answer -> answer.completeExceptionally(reason));
            }
        }

        private Throwable reasonOf(@Nullable Throwable failure, int groups) {
            if (failure == null) {
                return new IllegalStateException(
                        "node " + node + " did not tell the terms of all of " + groups + " groups");
            }
            var cause = failure.getCause();
            return failure instanceof CompletionException && cause != null ? cause : failure;
        }
    }
}
