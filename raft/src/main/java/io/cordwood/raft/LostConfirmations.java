package io.cordwood.raft;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroupId;

/**
 * Has another member stand for election where a leader's entries stay unconfirmed. When the stream to a
 * follower breaks, Ratis does not send again what it had sent, and the answer to a heartbeat confirms nothing:
 * an entry that the follower has, and whose confirmation was lost, is confirmed with the next one only. A new
 * leader takes none before its first is confirmed, and a producer that waits for its batch sends none: with a
 * member away the group stands still for ever. Whoever is elected next begins with an entry of its own.
 *
 * <p>The same helps where only the leader's disk stalls. Where forces take that long on a majority it does not,
 * and each term costs some more of them: so a group in which nothing is committed by it has twice the time each
 * time.
 *
 * <p>Thread: one, which waits for the answers.
 *
 * <p>Source: Ratis 3.3.0, {@code GrpcLogAppender.resetClient}, {@code RaftServerImpl.appendEntriesAsync}.
 */
final class LostConfirmations {
    /** Longer than Ratis waits for an answer, and than a sound disk takes for a force. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    static final Duration PATIENCE_MAX = Duration.ofMinutes(1);

    /** Between two looks. */
    static final long LOOK_MS = 1000;

    private final Supplier<Map<RaftGroupId, Unconfirmed>> unconfirmed;
    private final Predicate<RaftGroupId> isHere;
    private final Consumer<RaftGroupId> elect;
    private final LongSupplier clockNanos;
    private final long patienceNanos;
    private final Map<RaftGroupId, Standing> standing = new HashMap<>();

    /**
     * How far a leader is that has unconfirmed entries.
     *
     * @param term in which it leads
     * @param committed raft index
     */
    record Unconfirmed(long term, long committed) {}

    /**
     * A group that was found unconfirmed.
     *
     * @param sinceNanos from when on its leader has had time
     * @param patienceNanos how much
     */
    private record Standing(Unconfirmed at, long sinceNanos, long patienceNanos) {
        boolean isDue(long now) {
            return now - sinceNanos > patienceNanos;
        }
    }

    /**
     * @param unconfirmed the groups that this node leads and that have entries which are not committed
     * @param isHere whether this node has a group
     * @param elect asks the other members of a group to stand for election
     * @param patience at first
     */
    LostConfirmations(
            Supplier<Map<RaftGroupId, Unconfirmed>> unconfirmed,
            Predicate<RaftGroupId> isHere,
            Consumer<RaftGroupId> elect,
            LongSupplier clockNanos,
            Duration patience) {
        this.unconfirmed = unconfirmed;
        this.isHere = isHere;
        this.elect = elect;
        this.clockNanos = clockNanos;
        this.patienceNanos = patience.toNanos();
    }

    static LostConfirmations of(RaftGroups groups, RaftTimings timings) {
        var ownStepDown = RaftTimings.stepDown(timings.electionTimeoutMax());
        return new LostConfirmations(
                groups::unconfirmed,
                group -> groups.division(group).isPresent(),
                group -> groups.electAnother(group, timings.electionTimeoutMax()),
                System::nanoTime,
                ownStepDown.compareTo(PATIENCE) > 0 ? ownStepDown : PATIENCE);
    }

    void look() {
        var found = unconfirmed.get();
        standing.keySet().removeIf(isHere.negate());
        standing.replaceAll((group, was) -> found.containsKey(group) ? was : restarted(was.at(), was));
        found.forEach((group, at) -> {
            var was = standing.get(group);
            if (was == null || at.committed() > was.at().committed()) {
                standing.put(group, new Standing(at, clockNanos.getAsLong(), patienceNanos));
            } else if (at.term() != was.at().term()) {
                standing.put(group, restarted(at, was));
            } else if (was.isDue(clockNanos.getAsLong())) {
                elect.accept(group);
                standing.put(group, new Standing(at, clockNanos.getAsLong(), twice(was.patienceNanos())));
            }
        });
    }

    private Standing restarted(Unconfirmed at, Standing was) {
        return new Standing(at, clockNanos.getAsLong(), was.patienceNanos());
    }

    private static long twice(long patienceNanos) {
        return Math.max(patienceNanos, Math.min(2 * patienceNanos, PATIENCE_MAX.toNanos()));
    }
}
