package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Where a member begins in partitions of which its group has committed nothing.
 *
 * <p>Invariant: an ownership of a partition begins at one place, however often it is asked for. One
 * partition that cannot be asked does not hold up the others.
 *
 * <p><b>Thread:</b> the membership's.
 */
final class StartOffsets {
    private final UnaryCalls calls;
    private final Owner owner;
    private final Map<Ownership, Long> found = new HashMap<>();
    private final Set<Ownership> asked = new HashSet<>();
    private int failures;

    /** Whose member it is. */
    interface Owner {
        void post(Runnable task);

        void after(Duration pause, Runnable task);

        /** More are known than before. */
        void startsFound();

        void failed(CordwoodException reason);
    }

    /** One ownership of a partition. */
    record Ownership(TopicPartition partition, UUID topicId, long since) {
        PartitionId id() {
            return new PartitionId(topicId, partition.partition());
        }
    }

    StartOffsets(UnaryCalls calls, Owner owner) {
        this.calls = calls;
        this.owner = owner;
    }

    Optional<Long> of(Ownership ownership) {
        return Optional.ofNullable(found.get(ownership));
    }

    /** Others are not this member's any more. */
    void keep(Collection<Ownership> owned) {
        var kept = Set.copyOf(owned);
        found.keySet().retainAll(kept);
        asked.retainAll(kept);
    }

    /** Asks for those that nobody asks for already. */
    void find(Collection<Ownership> wanted, StartPoint start) {
        var byTopic = new TreeMap<String, Map<Integer, Ownership>>();
        for (var ownership : wanted) {
            if (asked.add(ownership)) {
                byTopic.computeIfAbsent(ownership.partition().topic(), first -> new TreeMap<>())
                        .put(ownership.partition().partition(), ownership);
            }
        }
        byTopic.forEach((topic, ownerships) -> ask(topic, ownerships, start));
    }

    private void ask(String topic, Map<Integer, Ownership> ownerships, StartPoint start) {
        var unused = OffsetLookup.resolve(
                        calls, topic, ownerships.keySet(), start, some -> owner.post(() -> found(ownerships, some)))
                .whenComplete((all, failure) -> owner.post(() -> ended(ownerships, failure, start)));
    }

    private void found(Map<Integer, Ownership> ownerships, Map<Integer, Long> some) {
        boolean news = false;
        for (var each : some.entrySet()) {
            var ownership = ownerships.get(each.getKey());
            if (ownership != null && asked.remove(ownership)) {
                found.put(ownership, each.getValue());
                news = true;
            }
        }
        if (news) {
            failures = 0;
            owner.startsFound();
        }
    }

    private void ended(Map<Integer, Ownership> ownerships, @Nullable Throwable failure, StartPoint start) {
        List<Ownership> missing = new ArrayList<>(ownerships.values());
        missing.retainAll(asked);
        if (missing.isEmpty()) {
            return;
        }
        var reason = failure == null
                ? new CordwoodException(ErrorCode.UNKNOWN, "no offsets of " + missing)
                : StatusTranslation.of(failure);
        // A topic that is gone is taken away by the group; whoever answered may also not know of it yet.
        boolean unknown = reason.code() == ErrorCode.UNKNOWN_TOPIC || reason.code() == ErrorCode.PARTITION_OUT_OF_RANGE;
        if (!reason.retryable() && !unknown) {
            owner.failed(reason);
            return;
        }
        failures++;
        var pause = calls.patience().retry().backoff(failures, ThreadLocalRandom.current());
        owner.after(pause, () -> {
            missing.retainAll(asked);
            asked.removeAll(missing);
            find(missing, start);
        });
    }
}
