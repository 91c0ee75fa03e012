package io.cordwood.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.faults.FaultEvent;
import io.cordwood.chaos.faults.FaultEvent.Phase;
import io.cordwood.chaos.faults.FaultKind;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.TopicPartition;
import io.cordwood.it.ReplicaDamage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FaultLogTest {
    private final List<Event> events = new ArrayList<>();
    private final FaultLog log = new FaultLog(new Recorder(events::add, System::nanoTime), List.of(1, 2, 3));

    @Test
    void aFaultIsOneOperationFromItsBeginToItsEnd() {
        tell(Phase.BEGIN, FaultKind.KILL_LEADER, "leader, node 2", "SIGKILL");
        tell(Phase.BEGIN, FaultKind.ISOLATE, "[3>1, 1>3]", "Cut[]");
        tell(Phase.END, FaultKind.KILL_LEADER, "leader, node 2", "ready");

        assertThat(faults()).extracting(Call::outcome).containsExactly(EventType.OK, EventType.INFO);
        assertThat(faults().get(0).what().nodes()).containsExactly(2);
        assertThat(faults().get(0).what().what()).isEqualTo("kill-leader of leader, node 2: SIGKILL");
        assertThat(faults().get(1).what().nodes()).containsExactly(3, 1);
    }

    @Test
    void whatNeverBeganHasNoEffect() {
        tell(Phase.SKIPPED, FaultKind.PAUSE_LEADER, "", "nobody leads");
        tell(Phase.FAILED, FaultKind.MOVE_REPLICA, "", "no room");

        assertThat(faults()).extracting(Call::outcome).containsExactly(EventType.FAIL, EventType.FAIL);
    }

    @Test
    void whatFailedMidwayMayHaveHadOne() {
        tell(Phase.BEGIN, FaultKind.DROP_REPLICA, "records-3", "loses its replica of node 2");
        tell(Phase.FAILED, FaultKind.DROP_REPLICA, "records-3", "no answer");

        assertThat(faults()).extracting(Call::outcome).containsExactly(EventType.INFO);
        assertThat(faults().get(0).what().nodes()).isEmpty();
    }

    @Test
    void damageMayLeadToARepair() {
        tell(Phase.BEGIN, FaultKind.FILE_DAMAGE, "node 1", "SEGMENT_CUT of records-5");

        assertThat(History.of(events).calls(Operation.Repair.class))
                .singleElement()
                .satisfies(repair -> assertThat(repair.what().partition()).isEqualTo(new TopicPartition("records", 5)));
    }

    @ParameterizedTest
    @EnumSource(ReplicaDamage.class)
    void onlyDamageToASegmentMayLeadToARepair(ReplicaDamage damage) {
        tell(Phase.BEGIN, FaultKind.FILE_DAMAGE, "node 1", damage + " of records-5");

        assertThat(History.of(events).calls(Operation.Repair.class))
                .hasSize(damage.name().startsWith("SEGMENT_") ? 1 : 0);
    }

    @Test
    void whatHarmedNothingIsNoFaultAndLeadsToNoRepair() {
        tell(Phase.SKIPPED, FaultKind.FILE_DAMAGE, "", "nothing but SIGKILL of node 1: records-5 has no files");

        assertThat(faults()).extracting(Call::outcome).containsExactly(EventType.FAIL);

        assertThat(History.of(events).calls(Operation.Repair.class)).isEmpty();
    }

    @Test
    void allNodesAreThoseOfTheCluster() {
        tell(Phase.BEGIN, FaultKind.KILL_ALL, "all nodes", "SIGKILL");

        assertThat(faults().get(0).what().nodes()).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @EnumSource(FaultKind.class)
    void everyKindHasAWordInTheHistory(FaultKind kind) {
        tell(Phase.BEGIN, kind, "", "");
        tell(Phase.END, kind, "", "");

        assertThat(faults())
                .isNotEmpty()
                .allSatisfy(fault -> assertThat(fault.what().kind()).isEqualTo(FaultLog.kind(kind)));
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"END", "MISSED"})
    void aNodeThatIsKilledTwiceIsSoInTheHistory(Phase end) {
        tell(Phase.BEGIN, FaultKind.KILL_DURING_CATCH_UP, "node 2", "SIGKILL");
        tell(end, FaultKind.KILL_DURING_CATCH_UP, "node 2", "ready");

        assertThat(faults()).extracting(Call::outcome).containsExactly(EventType.OK, EventType.OK);
    }

    @Test
    void whatIsRefusedMidwayMayHaveHadAnEffectAndBrokenPromisesAreNone() {
        tell(Phase.BEGIN, FaultKind.TOPIC_CHANGE, "topic t", "created");
        tell(Phase.BROKEN, FaultKind.TOPIC_CHANGE, "topic t", "it should not be");
        tell(Phase.REFUSED, FaultKind.TOPIC_CHANGE, "topic t", "no answer");

        assertThat(faults()).extracting(Call::outcome).containsExactly(EventType.INFO);
    }

    private void tell(Phase phase, FaultKind kind, String target, String detail) {
        log.on(new FaultEvent(phase, kind, target, detail, Instant.EPOCH));
    }

    private List<Call<Operation.Fault>> faults() {
        return History.of(events).calls(Operation.Fault.class);
    }
}
