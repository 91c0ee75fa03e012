package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which partitions are this member's, and how they come and go.
 *
 * <p>Invariants: a partition has one ownership at a time. A revoked one is acknowledged once its listener
 * has returned, nothing of it is under way and what is done is committed, or when the time is over; never
 * earlier. At most once, what is committed has had its turn by then, too; what has not is lost, counted and
 * logged. After that, and after a fence, nothing of it is committed. One that was another member's
 * meanwhile, or whose offset was set, is dropped at once and begun anew. Where nothing is committed no
 * record is given before the place where it begins is. Reports of a membership that is
 * over mean nothing.
 *
 * <p><b>Thread:</b> the consumer's; the group's reports may come from any and are handed over in their
 * order.
 */
final class Ownerships {
    private static final Logger LOG = LoggerFactory.getLogger(Ownerships.class);
    /** For the group to know that the member leaves, at most. */
    private static final Duration LEAVE_PATIENCE = Duration.ofSeconds(5);

    private final ConsumerCore core;
    private final GroupMembership membership;
    private final ConsumerListener listener;
    private final Map<TopicPartition, OwnedPartition> owners = new LinkedHashMap<>();
    private final Set<PartitionId> toAcknowledge = new LinkedHashSet<>();
    /**
     * Partitions that stopped for good, and are given up because of that before the member leaves, or never
     * began.
     */
    private final List<HeldPartition> stopped = new ArrayList<>();

    private Reports reports = new Reports();
    private long epoch;
    private OutOfRange outOfRange = OutOfRange.FAIL;
    private boolean closing;
    private boolean leaving;
    private boolean forGood;
    /** The earliest that was given for the end. */
    private long closeNanos;

    Ownerships(ConsumerCore core, GroupMembership membership, ConsumerListener listener) {
        this.core = core;
        this.membership = membership;
        this.listener = listener;
    }

    void join() {
        reports = new Reports();
        membership.join(reports);
    }

    /** What the group tells of one membership. */
    private final class Reports implements GroupMembership.Listener {
        @Override
        public void assigned(GroupMembership.Assignments whole) {
            post(() -> take(whole));
        }

        @Override
        public CompletableFuture<List<HeldPartition>> held() {
            var answer = new CompletableFuture<List<HeldPartition>>();
            core.post(() -> answer.complete(reports == this ? core.held() : List.of()));
            return answer;
        }

        @Override
        public void fenced(String reason) {
            post(() -> loseAll(reason));
        }

        @Override
        public void refused(CordwoodException reason) {
            post(() -> {
                lose(List.copyOf(owners.values()));
                core.fail(reason);
            });
        }

        @Override
        public void failed(CordwoodException reason) {
            post(() -> core.fail(reason));
        }

        @Override
        public void beginsNowhere(List<PartitionId> partitions, CordwoodException reason) {
            post(() -> {
                partitions.forEach(id -> stopped.add(HeldPartition.stopped(id, reason)));
                core.fail(reason);
            });
        }

        private void post(Runnable report) {
            core.post(() -> {
                if (reports == this) {
                    report.run();
                }
            });
        }
    }

    /** The group has refused something with that. */
    void fenced(String reason) {
        reports.fenced(reason);
    }

    /** Where to go on when a position is not kept. */
    OutOfRange outOfRange() {
        return outOfRange;
    }

    Optional<OwnedPartition> owner(TopicPartition partition) {
        return Optional.ofNullable(owners.get(partition));
    }

    Collection<OwnedPartition> all() {
        return owners.values();
    }

    /** Where this member does not just read on. */
    List<HeldPartition> held(RecordSource source, long now) {
        var held = new ArrayList<>(stopped);
        held.addAll(HeldPartition.among(owners.values(), source, now));
        return HeldPartition.gravest(held);
    }

    int count() {
        return owners.size();
    }

    boolean isClosing() {
        return closing;
    }

    /** Others own it already. */
    void lost(OwnedPartition owner) {
        lose(List.of(owner));
    }

    private void lose(List<OwnedPartition> lost) {
        if (!lost.isEmpty()) {
            LOG.warn("{} are not this member's any more, what is under way is dropped: {}", lost.size(), lost);
            lost.forEach(this::remove);
            core.tell(() -> listener.onLost(namesOf(lost)), () -> {});
        }
    }

    /** What keeps a revoked partition may be over. */
    void maybeFinish(OwnedPartition owner) {
        if (owner.phase != OwnedPartition.Phase.REVOKING || !owner.released || core.isAtWork(owner)) {
            return;
        }
        if (owner.isBehind()) {
            core.ledger().hasten(owner);
        } else {
            finish(owner);
        }
    }

    /** A static member gives up its place when it leaves. */
    void leaveForGood() {
        forGood = true;
    }

    /** As if everything was revoked; then the member leaves. */
    void close(long deadlineNanos) {
        var all = List.copyOf(owners.values());
        closeNanos = closing && closeNanos - deadlineNanos < 0 ? closeNanos : deadlineNanos;
        if (!closing) {
            closing = true;
            giveUp(all, Duration.ofNanos(Math.max(0, deadlineNanos - core.time().now())));
        }
        all.forEach(this::maybeFinish);
        core.timers().at(deadlineNanos, () -> all.forEach(this::finishNow));
    }

    /** Tells the group what was finished in this turn, all at once, behind the commits. */
    void turn() {
        if (!toAcknowledge.isEmpty()) {
            membership.acknowledge(epoch, List.copyOf(toAcknowledge));
            toAcknowledge.clear();
        }
        if (closing && !leaving && owners.isEmpty()) {
            leaving = true;
            var unused = membership
                    .leave(forGood, HeldPartition.gravest(stopped), leavePatience())
                    .whenComplete((done, failure) -> core.post(core::left));
        }
    }

    private Duration leavePatience() {
        long leftNanos = closeNanos - core.time().now();
        return Duration.ofNanos(Math.max(0, Math.min(leftNanos, LEAVE_PATIENCE.toNanos())));
    }

    private void take(GroupMembership.Assignments whole) {
        epoch = whole.epoch();
        outOfRange = whole.outOfRange();
        var sinceById = new HashMap<PartitionId, Long>();
        whole.assigned().forEach(each -> sinceById.put(each.id(), each.since()));
        whole.revoked().forEach(each -> sinceById.put(each.id(), each.since()));
        var ownersById = new HashMap<PartitionId, OwnedPartition>();
        var lost = new ArrayList<OwnedPartition>();
        for (var owner : owners.values()) {
            if (sinceById.getOrDefault(owner.id, -1L) == owner.since) {
                owner.memberEpoch = epoch;
                ownersById.put(owner.id, owner);
            } else {
                lost.add(owner);
            }
        }
        lose(lost);
        revoke(whole.revoked(), ownersById);
        begin(whole.assigned());
    }

    private void revoke(List<GroupMembership.Revocation> revocations, Map<PartitionId, OwnedPartition> ownersById) {
        var revoked = new ArrayList<OwnedPartition>();
        for (var revocation : revocations) {
            var owner = ownersById.get(revocation.id());
            if (owner == null) {
                toAcknowledge.add(revocation.id());
                continue;
            }
            owner.wantedBack = true;
            if (owner.phase != OwnedPartition.Phase.REVOKING) {
                revoked.add(owner);
            }
        }
        if (!revoked.isEmpty()) {
            long deadlineNanos =
                    core.time().now() + core.config().revokeTimeout().toNanos();
            giveUp(revoked, core.config().revokeTimeout());
            core.timers().at(deadlineNanos, () -> revoked.forEach(this::finishNow));
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
                continue;
            }
            if (known != null) {
                remove(known);
            }
            var owner = new OwnedPartition(assignment, epoch, core.config());
            owners.put(owner.partition, owner);
            toAcknowledge.remove(owner.id);
            core.source().add(assignment);
            fresh.add(owner);
        }
        if (!fresh.isEmpty()) {
            core.tell(() -> listener.onAssigned(namesOf(fresh)), () -> fresh.forEach(this::start));
        }
    }

    private void start(OwnedPartition owner) {
        if (owner.phase == OwnedPartition.Phase.STARTING) {
            owner.phase = OwnedPartition.Phase.COMMITTING_START;
            if (owner.committed < 0) {
                core.ledger().hasten(owner);
            }
            maybeOpen(owner);
        }
    }

    /**
     * The place where it begins may be stored. A record that was given before that would be left out by the
     * next owner, where that finds nothing committed and begins at the end.
     */
    void maybeOpen(OwnedPartition owner) {
        if (owner.phase == OwnedPartition.Phase.COMMITTING_START && owner.committed >= 0) {
            owner.phase = OwnedPartition.Phase.ACTIVE;
            core.list(owner);
            core.ledger().advanced(owner);
        }
    }

    /** Begins nothing more of these. */
    private void giveUp(List<OwnedPartition> given, Duration timeToFinish) {
        var going = given.stream()
                .filter(owner -> owner.phase != OwnedPartition.Phase.REVOKING)
                .toList();
        for (var owner : going) {
            owner.phase = OwnedPartition.Phase.REVOKING;
            core.source().hold(owner.partition, true);
            core.giveUp(owner);
        }
        if (!going.isEmpty()) {
            core.tell(() -> listener.onRevoked(namesOf(going), timeToFinish), () -> going.forEach(this::release));
        }
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
                    "{}: {} records are still under way and are {}",
                    owner,
                    owner.underWay.size(),
                    core.config().atMostOnce() ? "given to nobody again" : "given to the next owner again");
        }
        if (owner.staged.isEmpty()) { // what is staged is handled by nobody here, and must not be committed now
            core.ledger().sendLast(owner);
        }
        finish(owner);
    }

    private void finish(OwnedPartition owner) {
        remove(owner);
        if (owner.wantedBack) { // leaving sets free what it does not ask for
            toAcknowledge.add(owner.id);
        } else {
            HeldPartition.stopped(owner).ifPresent(stopped::add);
        }
    }

    private void remove(OwnedPartition owner) {
        int lost = owner.onlyGivenHere();
        if (lost > 0) {
            LOG.warn("{}: {} records are committed, or may be, and were not done: they are lost", owner, lost);
        }
        owner.phase = OwnedPartition.Phase.GONE;
        owners.remove(owner.partition);
        core.source().remove(owner.partition);
        core.dropAll(owner);
        core.ledger().gone(owner);
    }

    private void loseAll(String reason) {
        if (leaving) {
            return;
        }
        LOG.warn("the member was fenced, {} partitions are lost: {}", owners.size(), reason);
        var lost = List.copyOf(owners.values());
        lost.forEach(this::remove);
        stopped.clear();
        toAcknowledge.clear();
        if (!lost.isEmpty()) {
            core.tell(() -> listener.onLost(namesOf(lost)), () -> {});
        }
        if (!closing) {
            join();
        }
    }

    private static List<TopicPartition> namesOf(List<OwnedPartition> owners) {
        return owners.stream().map(owner -> owner.partition).toList();
    }
}
