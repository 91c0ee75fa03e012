package io.cordwood.raft;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroupId;

/**
 * Ends a node on which an election found no room for its vote: Ratis gives the election up and leaves a candidate
 * that never tries again, also when there is room, and that nobody can tell from a sound one. Not before there is
 * room: until then the node serves what else it has, and a start might not succeed.
 *
 * <p>A candidate that is sound and has no majority may be taken for one, where it was so when no vote had
 * room: that costs a start of the node.
 *
 * <p>Thread: one.
 *
 * <p>Source: Ratis 3.3.0, {@code LeaderElection.runImpl}, {@code ServerState.initElection}.
 */
final class LostElections {
    /** Far longer than a sound election of one voter takes. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Supplier<Map<RaftGroupId, Long>> candidates;
    private final BooleanSupplier lacksRoom;
    private final BooleanSupplier isFull;
    private final NodeHalt halt;
    private final LongSupplier clockNanos;
    /** Candidates since a time when there was no room, with their term. */
    private final Map<RaftGroupId, Long> suspects = new HashMap<>();

    private long fullNanos;

    /**
     * @param candidates groups in which this node is a candidate, with their term
     * @param lacksRoom whether no vote has room now
     * @param isFull whether a start might not succeed: far more than votes take may be left then
     */
    LostElections(
            Supplier<Map<RaftGroupId, Long>> candidates,
            BooleanSupplier lacksRoom,
            BooleanSupplier isFull,
            NodeHalt halt,
            LongSupplier clockNanos) {
        this.candidates = candidates;
        this.lacksRoom = lacksRoom;
        this.isFull = isFull;
        this.halt = halt;
        this.clockNanos = clockNanos;
    }

    void look() {
        boolean lacks = lacksRoom.getAsBoolean();
        if (!lacks && suspects.isEmpty()) {
            return;
        }
        var now = candidates.get();
        if (lacks) {
            suspects.clear();
            suspects.putAll(now);
        }
        if (lacks || isFull.getAsBoolean()) {
            fullNanos = clockNanos.getAsLong();
        }
        suspects.entrySet().removeIf(suspect -> !suspect.getValue().equals(now.get(suspect.getKey())));
        if (!suspects.isEmpty() && clockNanos.getAsLong() - fullNanos > PATIENCE.toNanos()) {
            halt.failed(
                    "elections of groups " + suspects.keySet() + " ended when the disk was full",
                    new IllegalStateException("candidates since then; the next start elects again"));
        }
    }
}
