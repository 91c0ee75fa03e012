package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    private List<Call<Operation.Read>> calls() {
        return History.of(events).calls(Operation.Read.class);
    }
}
