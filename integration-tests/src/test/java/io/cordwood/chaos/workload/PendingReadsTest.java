package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PendingReadsTest {
    private final List<Event> events = new ArrayList<>();
    private final PendingReads reads =
            new PendingReads(new Journal("tail-0", new Recorder(events::add, System::nanoTime)), "records");

    @Test
    void aReadBeginsWhereTheOneBeforeEnded() {
        reads.begin(0, 5);
        reads.answered(0, List.of(new Seen(5, new Value("p", 1))), 6);
        reads.answered(0, List.of(), 7);

        assertThat(calls()).extracting(call -> call.what().position()).containsExactly(5L, 6L, 7L);
        assertThat(calls()).extracting(Call::isAnswered).containsExactly(true, true, false);
        assertThat(reads.positions()).isEqualTo(Map.of(0, 7L));
    }

    @Test
    void aRefusedReadBeginsAgainAtItsPlaceOrAtTheLogStart() {
        reads.begin(0, 5);
        reads.refused(0, "nobody leads");
        reads.trimmed(0, 9, "gone");

        assertThat(calls()).extracting(call -> call.what().position()).containsExactly(5L, 5L, 9L);
        assertThat(calls()).extracting(call -> call.what().logStart()).containsExactly(null, 9L, null);
    }

    @Test
    void thoseThatHaveNotReachedTheEndStayUnanswered() {
        reads.begin(0, 5);
        reads.begin(1, 5);

        boolean all = reads.endThoseAtTheEnd(Map.of(0, 5L, 1, 6L));

        assertThat(all).isFalse();
        assertThat(reads.isRead(0)).isFalse();
        assertThat(calls()).extracting(Call::isAnswered).containsExactly(true, false);
        assertThat(reads.endThoseAtTheEnd(Map.of(1, 5L))).isTrue();
    }

    @Test
    void anEndThatIsNotKnownEndsNothing() {
        reads.begin(0, 5);

        assertThat(reads.endThoseAtTheEnd(Map.of())).isFalse();
    }

    /** They would be there twice: a checker sees it only where they are taken down. */
    @Test
    void recordsAtAPlaceThatHasNotMovedAreTakenDown() {
        reads.begin(0, 5);
        reads.begin(1, 5);
        var seen = List.of(new Seen(4, new Value("p", 1)));

        reads.polled(Map.of(0, seen), Map.of(0, 5L, 1, 5L));

        assertThat(calls().get(0).what().records()).isEqualTo(seen);
        assertThat(calls()).extracting(Call::isAnswered).containsExactly(true, false, false);
    }

    @Test
    void readerThatMovesWithoutRecordsIsAnswered() {
        reads.begin(0, 5);

        reads.polled(Map.of(), Map.of(0, 6L));

        assertThat(calls()).extracting(call -> call.what().position()).containsExactly(5L, 6L);
    }

    @Test
    void whatAReaderHasToRefuseIsUnsound() {
        reads.begin(1, 5);
        reads.begin(12, 5);

        reads.failed(
                new CordwoodException(ErrorCode.INTERNAL, "records-12: the node skips offsets, 5 was due and 7 came"));
        reads.failed(new CordwoodException(ErrorCode.CORRUPT_BATCH, "crc", Map.of("partition", "1")));

        assertThat(refusals())
                .containsExactlyInAnyOrder(
                        "unsound: INTERNAL: records-12: the node skips offsets, 5 was due and 7 came",
                        "unsound: CORRUPT_BATCH: crc");
        assertThat(reads.positions()).isEqualTo(Map.of(1, 5L, 12, 5L));
    }

    @Test
    void otherRefusalsAreNotAndThoseThatEndByThemselvesAreNone() {
        reads.begin(1, 5);

        reads.failed(new CordwoodException(ErrorCode.INTERNAL, "records-1: a fault of the server"));
        reads.failed(new CordwoodException(ErrorCode.LEADER_UNKNOWN, "records-1 has no leader"));
        reads.failed(new CordwoodException(ErrorCode.INTERNAL, "of nobody knows what"));

        assertThat(refusals()).containsExactly("INTERNAL: records-1: a fault of the server");
    }

    private List<String> refusals() {
        return calls().stream()
                .filter(Call::isFailed)
                .map(call -> Objects.requireNonNull(call.ended()).detail())
                .toList();
    }

    private List<Call<Operation.Read>> calls() {
        return History.of(events).calls(Operation.Read.class);
    }
}
