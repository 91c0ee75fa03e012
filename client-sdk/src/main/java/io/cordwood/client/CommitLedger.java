package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings progress to the group: everything that is due in one call, and whoever waits for it is told.
 *
 * <p>Invariants: of an ownership the offsets sent only rise, and nothing is sent once it is gone; but for
 * its last commit, one is under way at a time. A failed call is repeated until it succeeds or the partition
 * is gone. An offset outside of the log as the group knows it is repeated only for as long as the group may
 * lag behind, without another answer in between; then the consumer fails with it, and whoever waits for
 * that partition. So it does at once with a commit that is refused for good; the others of its call are not
 * held up.
 *
 * <p>Cost: a turn looks at partitions that have something to commit only.
 *
 * <p><b>Thread:</b> the consumer's.
 */
final class CommitLedger {
    private static final Logger LOG = LoggerFactory.getLogger(CommitLedger.class);
    /**
     * Whoever checks an offset may know of less than the node that the record came from, until a leader has
     * confirmed its end. That takes about as long as an election.
     */
    private static final Duration LAG_PATIENCE = Duration.ofSeconds(30);

    private final ConsumerCore core;
    private final GroupMembership membership;
    private final Set<OwnedPartition> behind = new LinkedHashSet<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private boolean urgent;
    private boolean pausing;
    private boolean intervalRuns;
    private int failures;

    /** Somebody who waits until these offsets are committed, or cannot be. */
    private record Waiter(
            Map<OwnedPartition, Long> open,
            Map<TopicPartition, Long> committed,
            Set<TopicPartition> lost,
            CompletableFuture<CommitResult> result) {}

    CommitLedger(ConsumerCore core, GroupMembership membership) {
        this.core = core;
        this.membership = membership;
    }

    /** There may be more to commit than before: at the next interval, where commits are automatic. */
    void advanced(OwnedPartition owner) {
        if (owner.isGone() || !owner.isBehind()) {
            return;
        }
        behind.add(owner);
        if (core.config().automatic() && !intervalRuns) {
            intervalRuns = true;
            core.after(core.config().commitInterval(), () -> {
                intervalRuns = false;
                send(everythingDue());
            });
        }
    }

    /** Commits what there is without waiting for the interval. */
    void hasten(OwnedPartition owner) {
        if (!owner.isGone() && owner.isBehind()) {
            owner.urgentTo = owner.committable();
            behind.add(owner);
            urgent = true;
        }
    }

    /** Sends what is urgent, and with it whatever else there is. */
    void turn() {
        if (urgent && !pausing) {
            urgent = false;
            send(everythingDue());
        }
    }

    /** The last of an ownership: not repeated, nobody waits for it. */
    void sendLast(OwnedPartition owner) {
        if (owner.isBehind() && owner.committable() > owner.committing) {
            send(Map.of(owner, owner.committable()));
        }
    }

    /**
     * @param lost partitions that were asked for and are not owned
     * @param result told when the targets are committed, or cannot be
     */
    void request(Map<OwnedPartition, Long> targets, Set<TopicPartition> lost, CompletableFuture<CommitResult> result) {
        targets.keySet().forEach(this::hasten);
        waiters.add(new Waiter(new HashMap<>(targets), new TreeMap<>(), new TreeSet<>(lost), result));
        settleWaiters();
        if (core.hasLeft()) { // also where the consumer was abandoned, and still has partitions
            close();
        }
    }

    /** Nothing of it is sent any more. */
    void gone(OwnedPartition owner) {
        behind.remove(owner);
        settleWaiters();
    }

    /** Whoever waited for a place that a seek has left waits no longer. */
    void moved(OwnedPartition owner) {
        owner.refusedSinceNanos = null;
        waiters.forEach(waiter -> waiter.open.computeIfPresent(owner, (key, target) -> owner.committed));
        settleWaiters();
    }

    /** Nothing can be committed any more. */
    void close() {
        behind.clear();
        waiters.forEach(waiter -> {
            waiter.open.keySet().forEach(owner -> waiter.lost.add(owner.partition));
            waiter.open.clear();
        });
        settleWaiters();
    }

    private Map<OwnedPartition, Long> everythingDue() {
        var due = new LinkedHashMap<OwnedPartition, Long>();
        behind.removeIf(owner -> {
            boolean free = owner.committing < 0;
            if (free && owner.isBehind()) {
                due.put(owner, owner.committable());
            }
            return free;
        });
        return due;
    }

    private void send(Map<OwnedPartition, Long> offsets) {
        if (offsets.isEmpty()) {
            return;
        }
        var commits = new ArrayList<GroupMembership.Commit>();
        offsets.forEach((owner, offset) -> {
            owner.committing = offset;
            owner.sentTo = Math.max(owner.sentTo, offset);
            commits.add(new GroupMembership.Commit(
                    owner.partition,
                    owner.id.topicId(),
                    offset,
                    owner.leaderEpoch(),
                    owner.metadata,
                    owner.memberEpoch));
        });
        var unused = membership
                .commit(commits)
                .whenComplete((outcomes, failure) -> core.post(() -> answered(offsets, outcomes, failure)));
    }

    private void answered(
            Map<OwnedPartition, Long> offsets,
            @Nullable Map<TopicPartition, GroupMembership.CommitOutcome> outcomes,
            @Nullable Throwable failure) {
        if (outcomes == null) {
            failed(offsets, failure == null ? new IllegalStateException("neither answer nor failure") : failure);
            return;
        }
        var unconfirmed = new ArrayList<OwnedPartition>();
        offsets.forEach((owner, offset) -> {
            arrived(owner, offset);
            var outcome = outcomes.get(owner.partition);
            if (!owner.isGone() && maySucceedLater(owner, offset, outcome)) {
                unconfirmed.add(owner);
            } else if (!owner.isGone()) {
                judge(owner, offset, outcome);
            }
        });
        if (unconfirmed.isEmpty()) {
            failures = 0;
        } else {
            sendLater(unconfirmed);
        }
        settleWaiters();
    }

    private void judge(OwnedPartition owner, long offset, GroupMembership.@Nullable CommitOutcome outcome) {
        if (outcome == null) {
            giveUp(
                    owner,
                    new CordwoodException(
                            ErrorCode.UNKNOWN, "the answer to a commit says nothing of " + owner.partition));
            return;
        }
        switch (outcome.fate()) {
            case COMMITTED -> {
                owner.committed = Math.max(owner.committed, offset);
                goOn(owner);
                core.committed(owner);
            }
            case UNCONFIRMED -> throw new IllegalStateException(owner + " is sent again, and not judged");
            case OUT_OF_RANGE -> giveUp(owner, outOfRange(owner.partition, offset));
            case REFUSED -> giveUp(owner, Objects.requireNonNull(outcome.reason(), "reason"));
            case NOT_OWNED -> core.ownerships().lost(owner);
            case FENCED -> core.ownerships().fenced("a commit of " + owner.partition + " was refused");
        }
    }

    private boolean maySucceedLater(
            OwnedPartition owner, long offset, GroupMembership.@Nullable CommitOutcome outcome) {
        if (!GroupMembership.CommitOutcome.OUT_OF_RANGE.equals(outcome)) {
            owner.refusedSinceNanos = null;
            return GroupMembership.CommitOutcome.UNCONFIRMED.equals(outcome);
        }
        long now = core.time().now();
        if (owner.refusedSinceNanos == null) {
            owner.refusedSinceNanos = now;
            LOG.warn("{}: offset {} is outside of the log as the group knows it, it is committed again", owner, offset);
        }
        return now - owner.refusedSinceNanos < LAG_PATIENCE.toNanos();
    }

    private static CordwoodException outOfRange(TopicPartition partition, long offset) {
        return new CordwoodException(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                "offset " + offset + " of " + partition + " cannot be committed: for " + LAG_PATIENCE.toSeconds()
                        + " s it is outside of the log as the group knows it",
                Map.of(
                        "topic", partition.topic(),
                        "partition", Integer.toString(partition.partition()),
                        "field", "offset",
                        "value", Long.toString(offset)));
    }

    /** What is done is not committed, and given again by whoever reads the partition next. */
    private void giveUp(OwnedPartition owner, CordwoodException reason) {
        owner.uncommittable = true;
        owner.stop(owner.committable(), reason);
        settleWaiters(); // before the ownership ends: that would tell them that it is lost
        core.dropStaged(owner);
        core.fail(reason);
        core.ownerships().maybeFinish(owner);
    }

    private void failed(Map<OwnedPartition, Long> offsets, Throwable failure) {
        offsets.forEach((owner, offset) -> {
            arrived(owner, offset);
            owner.refusedSinceNanos = null; // nobody has looked at the log meanwhile
        });
        var reason = StatusTranslation.of(failure);
        if (offsets.keySet().stream().allMatch(OwnedPartition::isGone)) {
            return;
        }
        if (reason.retryable()) {
            sendLater(offsets.keySet());
        } else {
            offsets.keySet().stream().filter(owner -> !owner.isGone()).forEach(owner -> giveUp(owner, reason));
        }
    }

    private void sendLater(Collection<OwnedPartition> owners) {
        owners.forEach(this::goOn);
        if (!pausing) {
            pausing = true;
            failures++;
            core.after(core.config().retry().backoff(failures, ThreadLocalRandom.current()), () -> {
                pausing = false;
                send(everythingDue());
            });
        }
    }

    private void arrived(OwnedPartition owner, long offset) {
        if (owner.committing == offset) {
            owner.committing = -1;
        }
    }

    private void goOn(OwnedPartition owner) {
        advanced(owner);
        if (owner.urgentTo > owner.committed) {
            hasten(owner);
        }
    }

    private void settleWaiters() {
        for (Iterator<Waiter> each = waiters.iterator(); each.hasNext(); ) {
            var waiter = each.next();
            waiter.open.entrySet().removeIf(entry -> settled(waiter, entry.getKey(), entry.getValue()));
            var refused = waiter.open.keySet().stream()
                    .filter(owner -> owner.uncommittable)
                    .findFirst();
            if (refused.isPresent()) {
                each.remove();
                var reason = refused.get().stopped;
                core.publish(() -> waiter.result.completeExceptionally(Objects.requireNonNull(reason)));
            } else if (waiter.open.isEmpty()) {
                each.remove();
                core.publish(() -> waiter.result.complete(new CommitResult(waiter.committed, waiter.lost)));
            }
        }
    }

    private static boolean settled(Waiter waiter, OwnedPartition owner, long target) {
        if (owner.committed >= target) { // both are -1 where nothing is stored and a seek ended the wait
            if (owner.committed >= 0) {
                waiter.committed.put(owner.partition, owner.committed);
            }
            return true;
        }
        if (owner.isGone()) {
            waiter.lost.add(owner.partition);
            return true;
        }
        return false;
    }
}
