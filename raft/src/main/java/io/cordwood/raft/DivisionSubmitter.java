package io.cordwood.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * Submits entries to a group's division directly: through the RaftServer each one would wait for a thread
 * of a pool.
 *
 * <p>Thread: one submitter at a time, it blocks shortly under the division's lock; {@link #confirm} any, it
 * does not block.
 */
final class DivisionSubmitter implements Appender.EntrySubmitter {
    private final RatisClient client;
    private final TermQuestions terms;
    private volatile @Nullable Bound bound;

    private record Bound(RaftServer server, RaftGroupId groupId) {
        RaftServer.Division division() throws IOException {
            return server.getDivision(groupId);
        }
    }

    DivisionSubmitter(RatisClient client, TermQuestions terms) {
        this.client = client;
        this.terms = terms;
    }

    /** Names the division. It may not be up yet; the first submit looks it up. */
    void bind(RaftServer server, RaftGroupId groupId) {
        bound = new Bound(server, groupId);
    }

    @Override
    public CompletableFuture<?> submit(SubmittedEntry entry) {
        return submit(entry, RaftClientRequest.writeRequestType());
    }

    @Override
    public CompletableFuture<Confirmation> confirm(long term, Duration within) {
        var target = bound;
        if (target == null) {
            return CompletableFuture.completedFuture(Confirmation.NOT_LEADER);
        }
        try {
            return LeaderConfirmation.of(target.division(), term, terms, within, this::readIndex);
        } catch (IOException e) {
            return CompletableFuture.completedFuture(Confirmation.NOT_LEADER); // the division is closing
        }
    }

    private CompletableFuture<?> readIndex() {
        return submit(Message.EMPTY, RaftClientRequest.readRequestType());
    }

    private CompletableFuture<?> submit(Message message, RaftClientRequest.Type type) {
        var target = bound;
        if (target == null) {
            return CompletableFuture.failedFuture(new IOException("the group is not open"));
        }
        var request = RaftClientRequest.newBuilder()
                .setClientId(client.id())
                .setServerId(target.server().getId())
                .setGroupId(target.groupId())
                .setCallId(client.nextCallId())
                .setMessage(message)
                .setType(type)
                .build();
        try {
            return ((RaftClientAsynchronousProtocol) target.division())
                    .submitClientRequestAsync(request)
                    .thenCompose(DivisionSubmitter::successOrFailure);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static CompletableFuture<RaftClientReply> successOrFailure(RaftClientReply reply) {
        return reply.isSuccess()
                ? CompletableFuture.completedFuture(reply)
                : CompletableFuture.failedFuture(
                        reply.getException() != null ? reply.getException() : new IOException(reply.toString()));
    }
}
