package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a member does in a partition where it does not just read on, for people that ask what holds its
 * group back.
 *
 * <p><b>Thread:</b> immutable; made on the consumer's.
 *
 * @param offset of the first record that is not done
 * @param paused by the application
 * @param full what is read ahead fills its bounds, so that its node is asked for nothing; or it waits for
 *     long for a worker or the application, which are busy elsewhere
 * @param processing how long the record at the offset is with the application
 * @param failedAttempts times that it was handled, or could not be read, and is tried again
 * @param stopped why it does not go on by itself
 */
record HeldPartition(
        PartitionId id,
        long offset,
        boolean paused,
        boolean full,
        Optional<Duration> processing,
        int failedAttempts,
        Optional<RuntimeException> stopped) {

    /** As many as the group is told of at once; the gravest, where there are more. */
    static final int MAX = 1000;

    /** What takes less is how reading on looks when one happens to look. */
    private static final Duration LONG = Duration.ofSeconds(1);

    /**
     * Those of a member's partitions in which it does not just read on.
     *
     * @param now by the consumer's clock
     */
    static List<HeldPartition> among(Collection<OwnedPartition> owners, RecordSource source, long now) {
        var held = new ArrayList<HeldPartition>();
        for (var owner : owners) {
            var each = of(owner, source.fullNanos(owner.partition, now), now);
            if (each.gravity() > 0) {
                held.add(each);
            }
        }
        return held;
    }

    /** No more than the group is told of at once. */
    static List<HeldPartition> gravest(List<HeldPartition> held) {
        return held.size() <= MAX
                ? List.copyOf(held)
                : held.stream()
                        .sorted(Comparator.comparingInt(HeldPartition::gravity).reversed())
                        .limit(MAX)
                        .toList();
    }

    /** Of one that does not go on, and why; empty where it does. */
    static Optional<HeldPartition> stopped(OwnedPartition owner) {
        var reason = owner.stopped;
        return reason == null
                ? Optional.empty()
                : Optional.of(stopped(owner.id, owner.stoppedAt, owner.paused, reason));
    }

    /** Of one that never began. */
    static HeldPartition stopped(PartitionId id, RuntimeException reason) {
        return stopped(id, 0, false, reason);
    }

    private static HeldPartition stopped(PartitionId id, long offset, boolean paused, RuntimeException reason) {
        return new HeldPartition(id, offset, paused, false, Optional.empty(), 0, Optional.of(reason));
    }

    /** What is behind the record with which it stopped means nothing. */
    private static HeldPartition of(OwnedPartition owner, long fullNanos, long now) {
        return stopped(owner).orElseGet(() -> ofOneThatGoesOn(owner, fullNanos, now));
    }

    private static HeldPartition ofOneThatGoesOn(OwnedPartition owner, long fullNanos, long now) {
        var first =
                owner.unfinished.isEmpty() ? null : owner.unfinished.iterator().next();
        return new HeldPartition(
                owner.id,
                first == null ? owner.committable() : first.record.offset(),
                owner.paused,
                Math.max(fullNanos, waitNanos(owner, first, now)) >= LONG.toNanos(),
                processing(owner, first, now),
                first == null ? readFailures(owner) : failedAttempts(first),
                Optional.empty());
    }

    /** For how long what is next waits for a worker or the application, whether it was taken or not. */
    private static long waitNanos(OwnedPartition owner, @Nullable TakenRecord first, long now) {
        if (owner.paused || owner.phase != OwnedPartition.Phase.ACTIVE) {
            return 0;
        }
        if (first == null) {
            return owner.listed && owner.available ? now - owner.listedNanos : 0;
        }
        return first.readyNanos == null ? 0 : now - first.readyNanos;
    }

    private static Optional<Duration> processing(OwnedPartition owner, @Nullable TakenRecord first, long now) {
        var begun = first == null || first.phase != TakenRecord.Phase.UNDER_WAY ? null : owner.underWay.get(first);
        return begun == null ? Optional.empty() : Optional.of(Duration.ofNanos(now - begun));
    }

    private static int failedAttempts(TakenRecord record) {
        return record.phase == TakenRecord.Phase.UNDER_WAY ? record.attempts - 1 : record.attempts;
    }

    /** What goes by by itself, such as an election, is no failure of what is read. */
    private static int readFailures(OwnedPartition owner) {
        var failure = owner.failure;
        return failure == null || failure.retryable() ? 0 : owner.readFailures;
    }

    /** 0 where it reads on. */
    private int gravity() {
        if (stopped.isPresent()) {
            return 4;
        }
        if (failedAttempts > 0) {
            return 3;
        }
        boolean slow = processing.filter(time -> time.compareTo(LONG) >= 0).isPresent();
        if (slow || full) {
            return 2;
        }
        return paused ? 1 : 0;
    }
}
