package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cordwood.raft.AppendOutcome;
import io.cordwood.raft.TransferOutcome;
import io.cordwood.raft.TrimOutcome;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.AppendResult;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RaftReplicaTest {
    private static final Map<AppendOutcome, Reason> REFUSALS = Map.of(
            new AppendOutcome.NotLeader(OptionalInt.of(3)), Reason.NOT_LEADER,
            new AppendOutcome.OutOfOrderSequence(7, 5, 9), Reason.OUT_OF_ORDER_SEQUENCE,
            new AppendOutcome.Fenced(7, (short) 2, (short) 1), Reason.PRODUCER_FENCED,
            new AppendOutcome.TooManyProducers(100), Reason.TOO_MANY_PRODUCERS,
            new AppendOutcome.EndOffsetMismatch(5, 9), Reason.END_OFFSET_MISMATCH,
            new AppendOutcome.Overloaded("appender.queue-max-bytes", 100, 101), Reason.OVERLOADED,
            new AppendOutcome.NoRoom(2, "raft", 5, 7), Reason.DISK_SPACE_LOW,
            new AppendOutcome.TimedOut(), Reason.REQUEST_TIMED_OUT,
            new AppendOutcome.Damaged(), Reason.INTERNAL);

    @Test
    void everyOutcomeHasAnAnswer() {
        var covered = REFUSALS.keySet().stream().map(Object::getClass).toList();

        assertThat(AppendOutcome.class.getPermittedSubclasses())
                .hasSize(covered.size() + 1)
                .allMatch(type -> type == AppendOutcome.Appended.class || covered.contains(type));
        REFUSALS.forEach(
                (outcome, reason) -> assertThat(refusal(outcome).reason()).isEqualTo(reason));
        assertThat(RaftReplica.result(new AppendOutcome.Appended(1, 3, 2, true, OptionalLong.of(5))))
                .isEqualTo(new AppendResult.Appended(1, 3, 2, true, OptionalLong.of(5)));
    }

    @Test
    void detailsNameWhatWasFoundAndWhatIsAllowed() {
        assertThat(refusal(new AppendOutcome.EndOffsetMismatch(5, 9)).details())
                .isEqualTo(Map.of("value", "5", "end_offset", "9"));
        assertThat(refusal(new AppendOutcome.OutOfOrderSequence(7, 5, 9)).details())
                .isEqualTo(Map.of("producer_id", "7", "limit", "5", "value", "9"));
        assertThat(refusal(new AppendOutcome.Overloaded("a.b", 100, 101)).details())
                .isEqualTo(Map.of("setting", "a.b", "limit", "100", "value", "101"));
        assertThat(refusal(new AppendOutcome.NoRoom(2, "raft", 5, 7)).details())
                .isEqualTo(Map.of("node_id", "2", "directory", "raft", "value", "5", "limit", "7"));
    }

    @Test
    void lostLeadershipNeverPromisesThatNothingWasDone() {
        for (var leader : List.of(OptionalInt.empty(), OptionalInt.of(3))) {
            var refusal = refusal(new AppendOutcome.NotLeader(leader));

            assertThat(refusal.details()).doesNotContainKey(Refusal.OUTCOME);
            assertThat(refusal.details().containsKey(Refusal.LEADER_NODE_ID)).isEqualTo(leader.isPresent());
        }
    }

    @Test
    void everyOutcomeOfATrimHasAnAnswer() {
        var refusals = Map.of(
                new TrimOutcome.NotLeader(OptionalInt.of(3)), Reason.NOT_LEADER,
                new TrimOutcome.BeyondHighWatermark(42, 9), Reason.OFFSET_OUT_OF_RANGE,
                new TrimOutcome.Overloaded(), Reason.OVERLOADED,
                new TrimOutcome.TimedOut(), Reason.REQUEST_TIMED_OUT);

        assertThat(TrimOutcome.class.getPermittedSubclasses()).hasSize(refusals.size() + 1);
        refusals.forEach((outcome, reason) ->
                assertThat(trimRefusal(outcome, 42).reason()).isEqualTo(reason));
        RaftReplica.requireTrimmed(new TrimOutcome.Trimmed(42, 50), 42);
    }

    @Test
    void trimThatTimedOutMayBeRepeatedWithTheOffsetAlone() {
        assertThat(trimRefusal(new TrimOutcome.TimedOut(), 42).message()).contains("ask again with start 42,");
    }

    private static Refusal trimRefusal(TrimOutcome outcome, long newStart) {
        return catchThrowableOfType(RefusedException.class, () -> RaftReplica.requireTrimmed(outcome, newStart))
                .refusal();
    }

    @Test
    void everyOutcomeOfATransferHasAnAnswer() {
        var refusals = Map.of(
                new TransferOutcome.NotLeader(), Reason.NOT_LEADER,
                new TransferOutcome.NotReplica(List.of(1, 2)), Reason.TARGET_NOT_REPLICA,
                new TransferOutcome.Silent(900, 800), Reason.REPLICA_NOT_CAUGHT_UP,
                new TransferOutcome.Behind(65, 64), Reason.REPLICA_NOT_CAUGHT_UP,
                new TransferOutcome.NoRoom(new AppendOutcome.NoRoom(3, "data", 5, 7)), Reason.DISK_SPACE_LOW,
                new TransferOutcome.Failed("timed out"), Reason.TRANSFER_FAILED);

        assertThat(TransferOutcome.class.getPermittedSubclasses()).hasSize(refusals.size() + 1);
        refusals.forEach((outcome, reason) -> assertThat(RaftReplica.transferRefusal(outcome, 3))
                .map(Refusal::reason)
                .contains(reason));
        assertThat(RaftReplica.transferRefusal(new TransferOutcome.Done(), 3)).isEmpty();
        assertThat(RaftReplica.transferRefusal(new TransferOutcome.Behind(65, 64), 3)
                        .orElseThrow()
                        .details())
                .isEqualTo(Map.of("field", "node_id", "value", "65", "limit", "64"));
    }

    private static Refusal refusal(AppendOutcome outcome) {
        return ((AppendResult.Refused) RaftReplica.result(outcome)).refusal();
    }
}
