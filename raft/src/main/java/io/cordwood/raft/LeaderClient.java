package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.proto.internal.v1.LeaderAnswer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Calls the metadata leader, wherever it is: goes to the one that is known, follows hints, else asks the candidates in
 * turn, with a growing pause, until one answers as the leader or the time is up.
 *
 * <p>Thread: any.
 */
final class LeaderClient {
    private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(3);
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LAST_PAUSE_MS = 500;

    private final NodeTransport transport;
    private final Supplier<List<Integer>> candidates;
    private final ScheduledExecutorService timer;

    /** @param candidates the nodes to ask, the likeliest leader first; never empty */
    LeaderClient(NodeTransport transport, Supplier<List<Integer>> candidates, ScheduledExecutorService timer) {
        this.transport = transport;
        this.candidates = candidates;
        this.timer = timer;
    }

    /** What the leader answers; fails with {@link MetadataUnavailableException} only. */
    CompletableFuture<byte[]> call(String method, byte[] request, Duration timeout) {
        var call = new Call(method, request, System.nanoTime() + timeout.toNanos());
        call.attempt(0);
        return call.answer;
    }

    /** One call with its attempts; they follow each other, so its fields need no lock. */
    private final class Call {
        private final String method;
        private final byte[] request;
        private final long deadlineNanos;
        private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
        private int attempts;

        Call(String method, byte[] request, long deadlineNanos) {
            this.method = method;
            this.request = request;
            this.deadlineNanos = deadlineNanos;
        }

        /** @param hint node to ask, 0 for the next candidate */
        void attempt(int hint) {
            var nodes = candidates.get();
            int node = hint > 0 ? hint : nodes.get(attempts % nodes.size());
            attempts++;
            long left = Math.max(1, (deadlineNanos - System.nanoTime()) / 1_000_000);
            var timeout = Duration.ofMillis(Math.min(left, ATTEMPT_TIMEOUT.toMillis()));
            var unused = transport
                    .call(node, method, request, timeout)
                    .whenComplete((bytes, failure) -> react(node, bytes, failure));
        }

        private void react(int node, byte[] bytes, Throwable failure) {
            if (failure != null) {
                var cause = failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
                retry(0, cause);
                return;
            }
            try {
                var leaderAnswer = LeaderAnswer.parseFrom(bytes);
                if (leaderAnswer.getKindCase() == LeaderAnswer.KindCase.VALUE) {
                    answer.complete(leaderAnswer.getValue().toByteArray());
                } else {
                    int hint = leaderAnswer.getLeaderHint();
                    var reason =
                            "node " + node + " is not the leader and knows " + (hint == 0 ? "none" : "node " + hint);
                    retry(hint == node ? 0 : hint, new IllegalStateException(reason));
                }
            } catch (InvalidProtocolBufferException e) {
                retry(0, e);
            }
        }

        private void retry(int hint, Throwable reason) {
            long pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(attempts, 5));
            if (System.nanoTime() + pause * 1_000_000 >= deadlineNanos) {
                answer.completeExceptionally(new MetadataUnavailableException(
                        "no metadata leader answered: " + reason.getMessage(), reason));
                return;
            }
            try {
                // A first hint is worth following at once; nodes that point at each other must not spin.
                boolean atOnce = hint > 0 && attempts == 1;
                var unused = timer.schedule(() -> attempt(hint), atOnce ? 0 : pause, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                answer.completeExceptionally(new MetadataUnavailableException("this node is stopping", e));
            }
        }
    }
}
