package io.cordwood.client;

import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberCommitted;
import io.cordwood.proto.v1.OffsetCommitResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Commits that were sent on a stream and are not answered.
 *
 * <p>Invariant: the future of a call is completed once: when all its parts are answered, or one failed as a
 * whole.
 *
 * <p><b>Thread:</b> the membership's.
 */
final class PendingCommits {
    /** As many as the group takes at once. */
    private static final int OFFSETS_PER_PART = 1000;

    /** As many as the group takes at once, texts and what it counts beside them. */
    private static final long BYTES_PER_PART = 256 * 1024;

    private static final long BYTES_BESIDE_OFFSETS = 128;
    private static final long BYTES_BESIDE_TEXT = 64;

    private final Map<Long, Part> parts = new LinkedHashMap<>();
    private long lastId;

    /** One call of the consumer. */
    static final class Call {
        final List<GroupMembership.Commit> commits;
        final CompletableFuture<Map<TopicPartition, GroupMembership.CommitOutcome>> answer = new CompletableFuture<>();
        private final Map<TopicPartition, GroupMembership.CommitOutcome> outcomes = new HashMap<>();
        private int open;

        Call(List<GroupMembership.Commit> commits) {
            this.commits = List.copyOf(commits);
        }

        void fail(CordwoodException reason) {
            answer.completeExceptionally(reason);
        }
    }

    private record Part(Call call, List<GroupMembership.Commit> commits) {}

    /**
     * Sends a call: a part for each epoch, because a message has one, and no more in it than is taken.
     */
    void send(Call call, Consumer<MemberCommit> stream) {
        var byEpoch = new LinkedHashMap<Long, List<GroupMembership.Commit>>();
        for (var commit : call.commits) {
            byEpoch.computeIfAbsent(commit.memberEpoch(), first -> new ArrayList<>())
                    .add(commit);
        }
        var messages = new ArrayList<MemberCommit>();
        byEpoch.forEach((epoch, commits) -> {
            for (int start = 0; start < commits.size(); ) {
                int end = partEnd(commits, start);
                messages.add(begin(call, epoch, List.copyOf(commits.subList(start, end))));
                start = end;
            }
        });
        if (messages.isEmpty()) {
            call.answer.complete(Map.of());
        }
        messages.forEach(stream);
    }

    /** One offset is always sent: whether it is too large is said by the group. */
    private static int partEnd(List<GroupMembership.Commit> commits, int start) {
        int most = Math.min(commits.size(), start + OFFSETS_PER_PART);
        long bytes = BYTES_BESIDE_OFFSETS + bytes(commits.get(start));
        int end = start + 1;
        while (end < most && bytes + bytes(commits.get(end)) <= BYTES_PER_PART) {
            bytes += bytes(commits.get(end));
            end++;
        }
        return end;
    }

    private static long bytes(GroupMembership.Commit commit) {
        return BYTES_BESIDE_TEXT + commit.metadata().getBytes(StandardCharsets.UTF_8).length;
    }

    private MemberCommit begin(Call call, long epoch, List<GroupMembership.Commit> commits) {
        lastId++;
        call.open++;
        parts.put(lastId, new Part(call, commits));
        return GroupMessages.commit(lastId, epoch, commits);
    }

    void answered(MemberCommitted answer) {
        var part = parts.remove(answer.getCommitId());
        if (part == null) {
            return; // it took too long, and was given up
        }
        if (answer.getResultsCount() != part.commits.size()) {
            part.call.fail(new CordwoodException(
                    ErrorCode.UNKNOWN,
                    "a commit of " + part.commits.size() + " offsets was answered for " + answer.getResultsCount()));
            return;
        }
        for (int i = 0; i < part.commits.size(); i++) {
            judge(part.call, part.commits.get(i).partition(), answer.getResults(i));
        }
        part.call.open--;
        if (part.call.open == 0) {
            part.call.answer.complete(Map.copyOf(part.call.outcomes));
        }
    }

    private static void judge(Call call, TopicPartition partition, OffsetCommitResult result) {
        var outcome = result.hasError()
                ? GroupMessages.outcome(StatusTranslation.of(result.getError()))
                : GroupMembership.CommitOutcome.COMMITTED;
        call.outcomes.put(partition, outcome);
    }

    /** Nobody knows what became of a call; its late answers mean nothing. */
    void giveUp(Call call, CordwoodException reason) {
        parts.values().removeIf(part -> part.call == call);
        call.fail(reason);
    }

    void giveUpAll(CordwoodException reason) {
        var calls = parts.values().stream().map(part -> part.call).distinct().toList();
        parts.clear();
        calls.forEach(call -> call.fail(reason));
    }
}
