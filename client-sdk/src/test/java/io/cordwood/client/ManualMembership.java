package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
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

    /** A call that waits for its answer; what became of it was decided when it came. */
    private record Call(
            List<Commit> commits,
            Map<TopicPartition, CommitOutcome> outcomes,
            CompletableFuture<Map<TopicPartition, CommitOutcome>> answer) {}

    final Map<TopicPartition, Long> stored = new HashMap<>();
    final List<Commit> commits = new ArrayList<>();
    final List<TopicPartition> acknowledged = new ArrayList<>();
    final List<String> violations = new ArrayList<>();
    /** What commits of a partition are answered with; the member has not been told before. */
    final Map<TopicPartition, CommitOutcome> refusals = new HashMap<>();

    final ArrayDeque<CordwoodException> failures = new ArrayDeque<>();
    OutOfRange outOfRange = OutOfRange.FAIL;
    /** Thrown by commits. */
    @Nullable
    Error fault;

    boolean holdsAnswers;
    int calls;
    int joins;
    boolean left;
    boolean leftForGood;
    Duration leavePatience = Duration.ZERO;
    /** Where the member stopped, as it said when it left. */
    List<HeldPartition> lastHeld = List.of();

    long epoch = 1;

    private final Map<TopicPartition, Assignment> owned = new LinkedHashMap<>();
    /** Owned ones among them, and others that it does not have. */
    private final Map<TopicPartition, Revocation> revoked = new LinkedHashMap<>();

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
        if (fault != null) {
            throw fault;
        }
        calls++;
        var outcomes = new HashMap<TopicPartition, CommitOutcome>();
        for (var commit : list) {
            var partition = commit.partition();
            var own = owned.get(partition);
            note(own == null, "commits what it does not own: " + commit);
            note(
                    own != null && (commit.memberEpoch() < own.since() || commit.memberEpoch() > epoch),
                    "commits under a wrong epoch: " + commit);
            note(
                    commit.offset() <= sent.getOrDefault(partition, -1L),
                    "repeats or goes back: " + commit + " after " + sent);
            sent.put(partition, commit.offset());
            var refusal = refusals.get(partition);
            outcomes.put(partition, refusal == null ? CommitOutcome.COMMITTED : refusal);
            if (CommitOutcome.NOT_OWNED.equals(refusal)) {
                owned.remove(partition);
            }
        }
        commits.addAll(list);
        var call = new Call(list, outcomes, new CompletableFuture<>());
        waiting.add(call);
        if (!holdsAnswers) {
            answer();
        }
        return call.answer;
    }

    @Override
    public synchronized void acknowledge(long seenEpoch, List<PartitionId> ids) {
        note(!member, "acknowledges, and is no member");
        note(seenEpoch > epoch, "has seen epoch " + seenEpoch + ", now is " + epoch);
        for (var id : ids) {
            var partition = revoked.entrySet().stream()
                    .filter(entry -> entry.getValue().id().equals(id))
                    .map(Map.Entry::getKey)
                    .findFirst();
            note(partition.isEmpty(), "acknowledges what it was not asked for: " + id);
            partition.ifPresent(found -> {
                revoked.remove(found);
                owned.remove(found);
                acknowledged.add(found);
            });
        }
    }

    @Override
    public synchronized CompletableFuture<@Nullable Void> leave(
            boolean forGood, List<HeldPartition> held, Duration patience) {
        note(left, "leaves twice");
        lastHeld = held;
        leftForGood = forGood;
        leavePatience = patience;
        left = true;
        member = false;
        owned.clear();
        revoked.clear();
        return CompletableFuture.completedFuture(null);
    }

    synchronized void assign(TopicPartition partition, long offset) {
        assign(partition, TOPIC_ID, offset);
    }

    /** What is owned already goes on under a newer epoch. */
    synchronized void assign(TopicPartition partition, UUID topicId, long offset) {
        if (owned.containsKey(partition) && !revoked.containsKey(partition)) {
            epoch++;
            tell();
        } else {
            giveAgain(partition, topicId, offset, offset);
        }
    }

    /** The group has no offset yet. */
    synchronized void assignUncommitted(TopicPartition partition, long offset) {
        giveAgain(partition, TOPIC_ID, offset, -1);
    }

    /** It was another member's meanwhile, or its offset was set. */
    synchronized void giveAgain(TopicPartition partition, long offset) {
        giveAgain(partition, TOPIC_ID, offset, offset);
    }

    synchronized void giveAgain(TopicPartition partition, UUID topicId, long offset, long committed) {
        epoch++;
        owned.put(partition, new Assignment(partition, topicId, epoch, offset, committed, ""));
        revoked.remove(partition);
        sent.put(partition, committed);
        if (committed >= 0) {
            stored.putIfAbsent(partition, committed);
        }
        tell();
    }

    /** Takes it away without asking. */
    synchronized void take(TopicPartition partition) {
        epoch++;
        owned.remove(partition);
        revoked.remove(partition);
        tell();
    }

    synchronized void revoke(TopicPartition... partitions) {
        epoch++;
        for (var partition : partitions) {
            var own = owned.get(partition);
            var id = own == null ? new PartitionId(TOPIC_ID, partition.partition()) : own.id();
            revoked.put(partition, new Revocation(id, own == null ? epoch : own.since()));
        }
        tell();
    }

    /** Says again what was said last. */
    synchronized void tell() {
        var assigned = owned.values().stream()
                .filter(each -> !revoked.containsKey(each.partition()))
                .toList();
        listener().assigned(new Assignments(epoch, outOfRange, assigned, List.copyOf(revoked.values())));
    }

    synchronized void fence() {
        lapse();
        listener().fenced("by the test");
    }

    /** The group takes the member for dead, and does not tell. */
    synchronized void lapse() {
        member = false;
        owned.clear();
        revoked.clear();
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

    synchronized long stored(TopicPartition partition) {
        return stored.getOrDefault(partition, -1L);
    }

    synchronized int waiting() {
        return waiting.size();
    }

    /** Answers the oldest call. */
    synchronized void answer() {
        var call = waiting.remove();
        var failure = failures.poll();
        if (failure != null) {
            call.commits.forEach(commit -> expectAgain(commit.partition()));
            call.answer.completeExceptionally(failure);
            return;
        }
        for (var commit : call.commits) {
            var outcome = call.outcomes.get(commit.partition());
            if (CommitOutcome.COMMITTED.equals(outcome)) {
                stored.merge(commit.partition(), commit.offset(), Math::max);
            } else if (CommitOutcome.UNCONFIRMED.equals(outcome) || CommitOutcome.OUT_OF_RANGE.equals(outcome)) {
                expectAgain(commit.partition());
            }
        }
        call.answer.complete(call.outcomes);
    }

    private void expectAgain(TopicPartition partition) {
        sent.computeIfPresent(partition, (key, offset) -> offset - 1);
    }

    private void note(boolean wrong, String what) {
        if (wrong) {
            violations.add("the member " + what);
        }
    }
}
