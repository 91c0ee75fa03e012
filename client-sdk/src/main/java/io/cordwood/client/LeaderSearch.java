package io.cordwood.client;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the leader of one partition for its publisher or reader: from what is known, from a redirect, or by asking.
 *
 * <p>Invariants: at most one question is under way; a topic that was deleted or created anew is told as gone.
 *
 * <p><b>Thread:</b> the owner's; {@code owner} runs the answers there.
 */
final class LeaderSearch {
    /** A redirect is followed this many times in a row; two nodes may each take the other for the leader. */
    private static final int REDIRECTS_MAX = 2;

    private final TopicPartition partition;
    private final UUID topicId;
    private final ClusterView view;
    private final Consumer<Runnable> owner;
    private final Consumer<Outcome> onOutcome;
    private boolean stale;
    private boolean asking;
    private long askedNanos = System.nanoTime();

    LeaderSearch(
            TopicPartition partition,
            UUID topicId,
            ClusterView view,
            Consumer<Runnable> owner,
            Consumer<Outcome> onOutcome) {
        this.partition = partition;
        this.topicId = topicId;
        this.view = view;
        this.owner = owner;
        this.onOutcome = onOutcome;
    }

    /** The end of a question; no failure means that there is a leader. */
    record Outcome(@Nullable CordwoodException failure) {
        /** Whether waiting will not help. */
        boolean partitionIsGone() {
            return failure != null
                    && (failure.code() == ErrorCode.UNKNOWN_TOPIC
                            || failure.code() == ErrorCode.PARTITION_OUT_OF_RANGE
                            || failure.code() == ErrorCode.OTHER_CLUSTER);
        }
    }

    /** The leader's address; where it is empty the outcome of a question follows. */
    Optional<HostPort> find(long now) {
        var known = view.known(partition.topic());
        if (!stale && known != null) {
            var leader = known.leader(partition.partition());
            if (leader.isPresent() && known.topicId().equals(topicId)) {
                return leader.map(TopicView.Leader::address);
            }
        }
        refresh(now, 0);
        return Optional.empty();
    }

    /** Asks, unless that happened less than this long ago. */
    void refresh(long now, long pauseNanos) {
        boolean askedJustNow = pauseNanos > 0 && now - askedNanos < pauseNanos;
        if (asking || askedJustNow) {
            return;
        }
        asking = true;
        askedNanos = now;
        var unused = view.refresh(partition.topic())
                .whenComplete((found, failure) -> owner.accept(() -> {
                    asking = false;
                    onOutcome.accept(new Outcome(failure == null ? judge(found) : StatusTranslation.of(failure)));
                }));
    }

    /** What is known is not believed any more. */
    void forget() {
        stale = true;
    }

    /** Takes the leader from a refusal where it names one. */
    void redirected(CordwoodException refusal, int failures) {
        stale = true;
        if (failures < REDIRECTS_MAX) {
            leaderIn(refusal).ifPresent(leader -> {
                view.redirect(partition, leader);
                stale = false;
            });
        }
    }

    /** The leader that a refusal names; an address that cannot be read is as good as none. */
    static Optional<HostPort> leaderIn(CordwoodException refusal) {
        var text = refusal.details().get("leader_address");
        if (text == null || text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(HostPort.parse("leader_address", text));
        } catch (CordwoodException e) {
            return Optional.empty();
        }
    }

    /** Whether another node than this one is known as the leader. */
    boolean hasMovedFrom(HostPort address) {
        var known = view.known(partition.topic());
        return known != null
                && known.leader(partition.partition())
                        .filter(leader -> !leader.address().equals(address))
                        .isPresent();
    }

    private @Nullable CordwoodException judge(TopicView found) {
        if (!found.topicId().equals(topicId)) {
            return new CordwoodException(
                    ErrorCode.UNKNOWN_TOPIC,
                    "topic " + partition.topic() + " was deleted and created anew: it was " + topicId + ", is "
                            + found.topicId());
        }
        if (partition.partition() >= found.partitionCount()) {
            return CordwoodException.invalid(
                    ErrorCode.PARTITION_OUT_OF_RANGE,
                    "partition of " + partition.topic(),
                    partition.partition(),
                    "0 to " + (found.partitionCount() - 1));
        }
        if (found.leader(partition.partition()).isEmpty()) {
            return new CordwoodException(ErrorCode.LEADER_UNKNOWN, partition + " has no leader at the moment");
        }
        stale = false;
        return null;
    }
}
