package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A group of one member, in memory. It holds the member to its word: whatever it must not do is noted in
 * {@link #violations}.
 *
 * <p><b>Thread:</b> any; its fields are read when nobody uses it.
 */
final class ManualMembership implements GroupMembership {
    private static final UUID TOPIC_ID = new UUID(1, 2);

    synchronized long stored(TopicPartition partition) {
        return stored.getOrDefault(partition, -1L);
    }

    /** A call that waits for its answer. */
    private record Call(List<Commit> commits, CompletableFuture<Map<TopicPartition, CommitOutcome>> answer) {}

    final Map<TopicPartition, Long> stored = new HashMap<>();
    final List<Commit> commits = new ArrayList<>();
    final List<TopicPartition> acknowledged = new ArrayList<>();
    final List<String> violations = new ArrayList<>();
    /** What commits of a partition are answered with; the member has not been told before. */
    final Map<TopicPartition, CommitOutcome> refusals = new HashMap<>();

    final ArrayDeque<CordwoodException> failures = new ArrayDeque<>();
    boolean holdsAnswers;
    int calls;
    int joins;
    boolean left;
    int epoch = 1;

    private final Map<TopicPartition, Integer> owned = new HashMap<>();
    private final Map<TopicPartition, Long> sent = new HashMap<>();
    private final ArrayDeque<Call> waiting = new ArrayDeque<>();
    private boolean member;
    private @Nullable Listener listener;

    @Override
    public synchronized void join(Listener newListener) {
        note(member, "joins as a member");
        member = true;
        joins++;
        listener = newListener;
    }

    @Override
    public synchronized CompletableFuture<Map<TopicPartition, CommitOutcome>> commit(List<Commit> list) {
        note(!member, "commits, and is no member");
        calls++;
        for (var commit : list) {
            note(!owned.containsKey(commit.partition()), "commits what it does not own: " + commit);
            note(
                    commit.memberEpoch() != owned.getOrDefault(commit.partition(), -1),
                    "commits under an old epoch: " + commit);
            note(
                    commit.offset() <= sent.getOrDefault(commit.partition(), -1L),
                    "repeats or goes back: " + commit + " after " + sent);
            sent.put(commit.partition(), commit.offset());
        }
        commits.addAll(list);
        var call = new Call(list, new CompletableFuture<>());
        waiting.add(call);
        if (!holdsAnswers) {
            answer();
        }
        return call.answer;
    }

    @Override
    public synchronized void acknowledge(List<TopicPartition> revoked) {
        note(!member, "acknowledges, and is no member");
        revoked.forEach(owned::remove);
        acknowledged.addAll(revoked);
    }

    @Override
    public synchronized void leave() {
        note(left, "leaves twice");
        left = true;
        member = false;
        owned.clear();
    }

    synchronized Assignment assign(TopicPartition partition, long offset) {
        return assign(partition, TOPIC_ID, offset);
    }

    synchronized Assignment assign(TopicPartition partition, UUID topicId, long offset) {
        var assignment = new Assignment(partition, topicId, offset, epoch);
        stored.putIfAbsent(partition, offset);
        if (owned.put(partition, epoch) == null) {
            sent.put(partition, offset);
        }
        listener().assigned(List.of(assignment));
        return assignment;
    }

    synchronized void revoke(Duration timeToFinish, TopicPartition... partitions) {
        listener().revoked(Arrays.asList(partitions), timeToFinish);
    }

    synchronized void fence() {
        member = false;
        owned.clear();
        epoch++;
        listener().fenced("by the test");
    }

    /** The group takes the member for dead, and does not tell. */
    synchronized void lapse() {
        member = false;
        owned.clear();
        epoch++;
    }

    synchronized Listener listener() {
        if (listener == null) {
            throw new IllegalStateException("not joined");
        }
        return listener;
    }

    synchronized Collection<TopicPartition> owned() {
        return Set.copyOf(owned.keySet());
    }

    synchronized boolean isMember() {
        return member;
    }

    synchronized int waiting() {
        return waiting.size();
    }

    /** Answers the oldest call. */
    synchronized void answer() {
        var call = waiting.remove();
        var failure = failures.poll();
        if (failure != null) {
            // What failed is sent again.
            call.commits.forEach(commit -> sent.computeIfPresent(commit.partition(), (key, offset) -> offset - 1));
            call.answer.completeExceptionally(failure);
            return;
        }
        var outcomes = new HashMap<TopicPartition, CommitOutcome>();
        for (var commit : call.commits) {
            outcomes.put(commit.partition(), store(commit));
        }
        call.answer.complete(outcomes);
    }

    private CommitOutcome store(Commit commit) {
        var refusal = refusals.get(commit.partition());
        if (refusal != null) {
            return refusal;
        }
        stored.merge(commit.partition(), commit.offset(), Math::max);
        return CommitOutcome.COMMITTED;
    }

    private void note(boolean wrong, String what) {
        if (wrong) {
            violations.add("the member " + what);
        }
    }
}
