package io.cordwood.chaos.check;

import static io.cordwood.chaos.check.CheckerAssertions.finds;
import static io.cordwood.chaos.check.CheckerAssertions.isSilent;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** That a run in which nothing was seen does not pass for one in which nothing was wrong. */
class EnoughEvidenceTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 1);
    private static final long OPERATION = 1L << 50;
    private static final EnoughEvidence CHECKER = new EnoughEvidence(Verdict.RECOVERY);

    @Test
    void emptyHistoryProvesNothing() {
        assertThat(CHECKER.check(History.of(List.of())))
                .extracting(Violation::sentence)
                .containsExactly("nothing says what the run was to do", "the faults never ended");
    }

    @Test
    void runWithoutAHealOrAnEndProvesNothing() {
        finds(CHECKER, "the faults never ended", good -> good.without(event -> event.what() instanceof Operation.Heal));
        finds(
                CHECKER,
                "before all had to work again",
                good -> good.without(event -> event.nanos() >= SimulatedRun.HEAL_NANOS + Verdict.RECOVERY.toNanos()));
        finds(CHECKER, "before all had to work again", good -> {
            var last = good.events().get(good.events().size() - 1);
            return good.plus(new Event(last.nanos(), "nemesis", 1L << 40, EventType.OK, new Operation.Heal(), ""));
        });
    }

    @Test
    void partitionOfWhichSomethingWasNeverSeenIsFound() {
        finds(CHECKER, "orders-1: no write was acknowledged", good -> good.without(of(Operation.Write.class)));
        finds(CHECKER, "orders-1: nobody read a record", good -> good.without(of(Operation.Read.class)));
        finds(CHECKER, "orders-1: nobody was told its end", good -> good.without(of(Operation.EndOffset.class)));
        finds(CHECKER, "orders-1: it was not read in the end", good -> good.without(of(Operation.FinalRead.class)));
    }

    @Test
    void groupOfWhichSomethingWasNeverSeenIsFound() {
        finds(
                CHECKER,
                "orders-1 of group billing handled no record",
                good -> good.without(of(Operation.Handled.class)));
        finds(CHECKER, "orders-1 of group billing committed nothing", good -> good.without(of(Operation.Commit.class)));
        finds(
                CHECKER,
                "orders-1 of group billing was not asked in the end",
                good -> good.without(of(Operation.GroupOffset.class)));
        isSilent(
                CHECKER,
                good -> good.without(event ->
                        event.what() instanceof Operation.OfGroup || event.what() instanceof Operation.PlannedGroup));
    }

    @Test
    void groupThatWasNeverInTroubleForAllThatTimeIsFound() {
        var checker = new EnoughEvidence(Verdict.RECOVERY, Duration.ofNanos(SimulatedRun.HEAL_NANOS));
        var patient = new EnoughEvidence(Verdict.RECOVERY, Duration.ofNanos(SimulatedRun.HEAL_NANOS + 1));
        for (var good : Edited.good()) {
            var calm = good.without(
                    event -> isOfMember(event) || (event.what() instanceof Operation.Commit commit && commit.late()));
            assertThat(patient.check(calm.history())).isEmpty();
            assertThat(checker.check(calm.history()))
                    .extracting(Violation::sentence)
                    .containsExactly("group billing: no late commit was refused; no member was killed; no member left;"
                            + " no member stood still for longer than its session");

            var troubled = troubled(calm, GroupRepeats.SESSION);
            assertThat(checker.check(troubled.history())).isEmpty();
            assertThat(checker.check(accepted(troubled).history()))
                    .extracting(Violation::sentence)
                    .containsExactly("group billing: no late commit was refused");
            assertThat(checker.check(
                            troubled(calm, GroupRepeats.SESSION.minusNanos(1)).history()))
                    .extracting(Violation::sentence)
                    .containsExactly("group billing: no member stood still for longer than its session");
        }
    }

    private static boolean isOfMember(Event event) {
        return event.what() instanceof Operation.Fault fault
                && fault.kind().name().startsWith("MEMBER_");
    }

    /** With each of the troubles once, at the begin, and a pause of that time. */
    private static Edited troubled(Edited calm, Duration pause) {
        var member = calm.history().calls(Operation.Owned.class).get(0).process();
        var late = Operation.Commit.of(SimulatedGroup.NAME, PARTITION, 1, 1).asLate();
        return calm.plus(fault(1, HarmKind.MEMBER_KILL, member, Duration.ZERO))
                .plus(fault(2, HarmKind.MEMBER_LEAVE, member, Duration.ZERO))
                .plus(fault(3, HarmKind.MEMBER_PAUSE, member, pause))
                .plus(new Event(1, member, OPERATION + 4, EventType.INVOKE, late, ""))
                .plus(new Event(2, member, OPERATION + 4, EventType.FAIL, late, "PARTITION_NOT_OWNED"));
    }

    private static Event[] fault(int number, HarmKind kind, String member, Duration length) {
        var what = new Operation.Fault(kind, List.of(), member);
        return new Event[] {
            new Event(1, member, OPERATION + number, EventType.INVOKE, what, ""),
            new Event(1 + length.toNanos(), member, OPERATION + number, EventType.OK, what, "")
        };
    }

    /** Its late commit. */
    private static Edited accepted(Edited troubled) {
        var late = troubled.history().calls(Operation.Commit.class).stream()
                .filter(commit -> commit.what().late())
                .findFirst()
                .orElseThrow();
        return troubled.ended(late, EventType.OK);
    }

    @Test
    void replicaWithoutAStateIsFound() {
        for (int node = 1; node <= 3; node++) {
            int gone = node;
            finds(
                    CHECKER,
                    "orders-1: the states of its replicas were noted on nodes ",
                    good -> good.without(of(Operation.ReplicaState.class)
                            .and(event -> ((Operation.ReplicaState) event.what()).node() == gone)));
        }
    }

    @Test
    void readerThatNeverReadIsFound() {
        for (var reader : List.of("reader-0", "reader-1", "reader-late")) {
            finds(
                    CHECKER,
                    reader + " never read a record of orders",
                    good -> good.without(event -> event.process().equals(reader)));
        }
        // Who reads again and again has a name for each pass.
        isSilent(
                CHECKER,
                good -> new Edited(good.events().stream()
                        .map(event -> event.process().equals("reader-1") ? named(event, "reader-1.17") : event)
                        .toList()));
    }

    @Test
    void nodeThatWasNeverSampledIsFound() {
        for (int node = 1; node <= 3; node++) {
            int gone = node;
            finds(
                    CHECKER,
                    "what node " + gone + " holds was never seen",
                    good -> good.without(event ->
                            event.what() instanceof Operation.Resources resources && resources.node() == gone));
        }
    }

    /** A partition that is away nearly all the time has what is asked for at last. */
    @Test
    void longOutageLeavesEnough() {
        isSilent(
                CHECKER,
                good -> good.without(event ->
                        event.nanos() < SimulatedRun.HEAL_NANOS + Verdict.RECOVERY.toNanos() && isTried(event)));
    }

    private static boolean isTried(Event event) {
        return event.what() instanceof Operation.OfPartition || event.what() instanceof Operation.Resources;
    }

    private static Event named(Event event, String process) {
        return new Event(event.nanos(), process, event.operation(), event.type(), event.what(), event.detail());
    }

    private static Predicate<Event> of(Class<? extends Operation.OfPartition> kind) {
        return event -> kind.isInstance(event.what())
                && ((Operation.OfPartition) event.what()).partition().equals(PARTITION);
    }
}
