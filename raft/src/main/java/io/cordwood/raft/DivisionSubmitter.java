package io.cordwood.raft;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * Submits entries to a group's division directly: through the RaftServer each one would wait for a thread of a pool.
 *
 * <p>Thread: one submitter at a time; it blocks shortly under the division's lock.
 */
final class DivisionSubmitter implements Appender.EntrySubmitter {
    private final RatisClient client;
    private volatile @Nullable Bound bound;

    private record Bound(RaftServer server, RaftGroupId groupId) {
        RaftClientAsynchronousProtocol division() throws IOException {
            return (RaftClientAsynchronousProtocol) server.getDivision(groupId);
        }
    }

    DivisionSubmitter(RatisClient client) {
        this.client = client;
    }

    /** Names the division. It may not be up yet; the first submit looks it up. */
    void bind(RaftServer server, RaftGroupId groupId) {
        bound = new Bound(server, groupId);
    }

    @Override
    public CompletableFuture<?> submit(SubmittedEntry entry) {
        var target = bound;
        if (target == null) {
            return CompletableFuture.failedFuture(new IOException("the group is not open"));
        }
        var request = RaftClientRequest.newBuilder()
                .setClientId(client.id())
                .setServerId(target.server().getId())
                .setGroupId(target.groupId())
                .setCallId(client.nextCallId())
                .setMessage(entry)
                .setType(RaftClientRequest.writeRequestType())
                .build();
        try {
            return target.division().submitClientRequestAsync(request).thenCompose(DivisionSubmitter::successOrFailure);
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
