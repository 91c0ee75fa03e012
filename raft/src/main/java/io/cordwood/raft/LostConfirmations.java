package io.cordwood.raft;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroupId;

/**
 * Has another member stand for election where a leader's entries stay unconfirmed. When the stream to a
 * follower breaks, Ratis does not send again what it had sent, and the answer to a heartbeat confirms nothing:
 * an entry that the follower has, and whose confirmation was lost, is confirmed with the next one only. A new
 * leader takes none before its first is confirmed, and a producer that waits for its batch sends none: with a
 * member away the group stands still for ever. Whoever is elected next begins with an entry of its own.
 *
 * <p>Where forces take that long, an election is of no use and does no harm.
 *
 * <p>Thread: one.
 *
 * <p>Source: Ratis 3.3.0, {@code GrpcLogAppender.resetClient}, {@code RaftServerImpl.appendEntriesAsync}.
 */
final class LostConfirmations {
    /** Longer than Ratis waits for an answer, and than a sound disk takes for a force. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Between two looks. */
    static final long LOOK_MS = 1000;

    private final Supplier<Map<RaftGroupId, Unconfirmed>> unconfirmed;
    private final Consumer<RaftGroupId> elect;
    private final LongSupplier clockNanos;
    private final Map<RaftGroupId, Standing> standing = new HashMap<>();

    /**
     * How far a leader is that has unconfirmed entries.
     *
     * @param term in which it leads
     * @param committed raft index
     */
    record Unconfirmed(long term, long committed) {}

    private record Standing(Unconfirmed at, long sinceNanos) {}

    /**
     * @param unconfirmed the groups that this node leads and that have entries which are not committed
     * @param elect asks the other members of a group to stand for election; does not wait for their answers
     */
    LostConfirmations(
            Supplier<Map<RaftGroupId, Unconfirmed>> unconfirmed, Consumer<RaftGroupId> elect, LongSupplier clockNanos) {
        this.unconfirmed = unconfirmed;
        this.elect = elect;
        this.clockNanos = clockNanos;
    }

    static LostConfirmations of(RaftGroups groups, RaftTimings timings) {
        return new LostConfirmations(
                groups::unconfirmed,
                group -> groups.electAnother(group, timings.electionTimeoutMin()),
                System::nanoTime);
    }

    void look() {
        var found = unconfirmed.get();
        standing.keySet().retainAll(found.keySet());
        long now = clockNanos.getAsLong();
        found.forEach((group, at) -> {
            var before = standing.get(group);
            boolean due = before != null && before.at().equals(at) && now - before.sinceNanos() > PATIENCE.toNanos();
            if (due) {
                elect.accept(group);
            }
            if (due || before == null || !before.at().equals(at)) {
                standing.put(group, new Standing(at, now));
            }
        });
    }
}
