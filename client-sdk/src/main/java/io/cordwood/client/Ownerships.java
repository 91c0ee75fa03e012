package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which partitions are this member's, and how they come and go.
 *
 * <p>Invariants: a partition has one ownership at a time. A revoked one is acknowledged once its listener
 * has returned, nothing of it is under way and what is done is committed, or when the time is over; never
 * earlier. After that, and after a fence, nothing of it is committed.
 *
 * <p><b>Thread:</b> the consumer's; the group's reports may come from any and are handed over in their
 * order.
 */
final class Ownerships implements GroupMembership.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Ownerships.class);

    private final ConsumerCore core;
    private final GroupMembership membership;
    private final ConsumerListener listener;
    private final Map<TopicPartition, OwnedPartition> owners = new LinkedHashMap<>();
    private final List<TopicPartition> toAcknowledge = new ArrayList<>();
    private boolean closing;
    private boolean left;

    Ownerships(ConsumerCore core, GroupMembership membership, ConsumerListener listener) {
        this.core = core;
        this.membership = membership;
        this.listener = listener;
    }

    @Override
    public void assigned(List<GroupMembership.Assignment> assignments) {
        core.post(() -> begin(assignments));
    }

    @Override
    public void revoked(List<TopicPartition> partitions, Duration timeToFinish) {
        long deadlineNanos = core.time().now() + timeToFinish.toNanos();
        core.post(() -> giveUp(partitions, deadlineNanos));
    }

    @Override
    public void fenced(String reason) {
        core.post(() -> loseAll(reason));
    }

    @Override
    public void refused(CordwoodException reason) {
        core.post(() -> core.fail(reason));
    }

    Optional<OwnedPartition> owner(TopicPartition partition) {
        return Optional.ofNullable(owners.get(partition));
    }

    Collection<OwnedPartition> all() {
        return owners.values();
    }

    int count() {
        return owners.size();
    }

    boolean isClosing() {
        return closing;
    }

    /** Others own it already. */
    void lost(OwnedPartition owner) {
        LOG.warn("{} is another member's; what is under way is dropped", owner);
        remove(owner);
        core.tell(() -> listener.onLost(List.of(owner.partition)), () -> {});
    }

    /** What keeps a revoked partition may be over. */
    void maybeFinish(OwnedPartition owner) {
        if (owner.phase != OwnedPartition.Phase.REVOKING || !owner.released || !owner.underWay.isEmpty()) {
            return;
        }
        if (owner.isBehind()) {
            core.ledger().hasten(owner);
        } else {
            finish(owner);
        }
    }

    /** As if everything was revoked; then the member leaves. */
    void close(long deadlineNanos) {
        if (!closing) {
            closing = true;
            giveUp(List.copyOf(owners.keySet()), deadlineNanos);
        } else {
            core.timers().at(deadlineNanos, () -> List.copyOf(owners.values()).forEach(this::finishNow));
        }
    }

    /** Tells the group what was finished in this turn, all at once, behind the commits. */
    void turn() {
        if (!toAcknowledge.isEmpty()) {
            membership.acknowledge(List.copyOf(toAcknowledge));
            toAcknowledge.clear();
        }
        if (closing && !left && owners.isEmpty()) {
            left = true;
            membership.leave();
            core.left();
        }
    }

    private void begin(List<GroupMembership.Assignment> assignments) {
        if (closing) {
            return; // leaving sets them free
        }
        var fresh = new ArrayList<OwnedPartition>();
        for (var assignment : assignments) {
            var known = owners.get(assignment.partition());
            if (known != null && known.phase != OwnedPartition.Phase.REVOKING) {
                known.memberEpoch = assignment.memberEpoch();
                continue;
            }
            if (known != null) {
                remove(known);
            }
            var owner = new OwnedPartition(assignment, core.config());
            owners.put(owner.partition, owner);
            core.source().add(assignment);
            fresh.add(owner);
        }
        if (!fresh.isEmpty()) {
            core.tell(() -> listener.onAssigned(namesOf(fresh)), () -> fresh.forEach(this::start));
        }
    }

    private void start(OwnedPartition owner) {
        if (owner.phase == OwnedPartition.Phase.STARTING) {
            owner.phase = OwnedPartition.Phase.ACTIVE;
            core.list(owner);
        }
    }

    private void giveUp(List<TopicPartition> partitions, long deadlineNanos) {
        var meant = new ArrayList<OwnedPartition>();
        var going = new ArrayList<OwnedPartition>();
        for (var partition : partitions) {
            var owner = owners.get(partition);
            if (owner == null) {
                toAcknowledge.add(partition);
                continue;
            }
            meant.add(owner);
            if (owner.phase != OwnedPartition.Phase.REVOKING) {
                owner.phase = OwnedPartition.Phase.REVOKING;
                core.source().hold(partition, true);
                core.dropWaiting(owner);
                going.add(owner);
            }
        }
        if (!going.isEmpty()) {
            var timeLeft =
                    Duration.ofNanos(Math.max(0, deadlineNanos - core.time().now()));
            core.tell(() -> listener.onRevoked(namesOf(going), timeLeft), () -> going.forEach(this::release));
        }
        core.timers().at(deadlineNanos, () -> meant.forEach(this::finishNow));
    }

    private void release(OwnedPartition owner) {
        owner.released = true;
        maybeFinish(owner);
    }

    private void finishNow(OwnedPartition owner) {
        if (owner.isGone()) {
            return;
        }
        if (!owner.underWay.isEmpty()) {
            LOG.warn(
                    "{}: {} records are still under way and are given to the next owner again",
                    owner,
                    owner.underWay.size());
        }
        core.ledger().sendLast(owner);
        finish(owner);
    }

    private void finish(OwnedPartition owner) {
        remove(owner);
        toAcknowledge.add(owner.partition);
    }

    private void remove(OwnedPartition owner) {
        owner.phase = OwnedPartition.Phase.GONE;
        owners.remove(owner.partition);
        core.source().remove(owner.partition);
        core.dropAll(owner);
        core.ledger().gone(owner);
    }

    private void loseAll(String reason) {
        if (left) {
            return;
        }
        LOG.warn("the member was fenced, {} partitions are lost: {}", owners.size(), reason);
        var lost = List.copyOf(owners.values());
        lost.forEach(this::remove);
        toAcknowledge.clear();
        if (!lost.isEmpty()) {
            core.tell(() -> listener.onLost(namesOf(lost)), () -> {});
        }
        if (!closing) {
            membership.join(this);
        }
    }

    private static List<TopicPartition> namesOf(List<OwnedPartition> owners) {
        return owners.stream().map(owner -> owner.partition).toList();
    }
}
