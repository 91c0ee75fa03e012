package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.TermsAnswer;
import io.cordwood.proto.internal.v1.TermsRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks other nodes in which terms their members of raft groups are, and tells them of those here. What is
 * asked of a node while a question to it is under way goes with the next one: who wants to know the ends of
 * thousands of partitions costs a node a few questions, and no heartbeat.
 *
 * <p>Invariants: a term was looked up after it was asked for, never before, by the node that was asked; one
 * question to a node is under way at a time, and a group waits for the next one once, however many ask for
 * it. So no more waits than this node has groups.
 *
 * <p>Thread: any; answers come on gRPC's threads, which must not be held up. One thing holds them up all
 * the same: Ratis' {@code getDivision} waits while the group is being constructed.
 */
final class TermQuestions {
    private static final Logger LOG = LoggerFactory.getLogger(TermQuestions.class);

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
            var answer = TermsAnswer.newBuilder()
                    .setNodeId(Integer.parseInt(server.getId().toString()));
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

    private static TermsAnswer decode(byte[] bytes) {
        try {
            return TermsAnswer.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer to a question for terms does not parse", e);
        }
    }

    private static Throwable causeOf(@Nullable Throwable failure) {
        if (failure == null) {
            return new IllegalStateException("a question ended without an answer and without a failure");
        }
        var cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
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
            var unused = called(question.keySet()).whenComplete((answer, failure) -> {
                try {
                    tell(question, answer, failure);
                } finally {
                    send();
                }
            });
        }

        /** What throws would leave a question under way for good, and the node would not be asked again. */
        private CompletableFuture<TermsAnswer> called(Collection<UUID> groups) {
            try {
                return transport.call(node, METHOD, encode(groups), timeout).thenApply(TermQuestions::decode);
            } catch (RuntimeException e) {
                LOG.error("node {} cannot be asked for the terms of {} groups", node, groups.size(), e);
                return CompletableFuture.failedFuture(e);
            }
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

        private void tell(
                Map<UUID, CompletableFuture<Long>> question,
                @Nullable TermsAnswer answer,
                @Nullable Throwable failure) {
            // Another node at the address of this one would be counted twice, as itself and as this one.
            if (answer != null && answer.getNodeId() == node && answer.getTermsCount() == question.size()) {
                var term = answer.getTermsList().iterator();
                question.values().forEach(waits -> waits.complete(term.next()));
            } else {
                var reason = answer == null ? causeOf(failure) : noAnswer(answer, question.size());
                question.values().forEach(waits -> waits.completeExceptionally(reason));
            }
        }

        private NodeCallException noAnswer(TermsAnswer answer, int groups) {
            return new NodeCallException(
                    NodeCallException.Kind.FAILED,
                    "node " + node + " was asked for the terms of " + groups + " groups; node " + answer.getNodeId()
                            + " told " + answer.getTermsCount());
        }
    }
}
