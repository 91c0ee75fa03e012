package io.cordwood.chaos.check;

import static io.cordwood.chaos.check.CheckerAssertions.finds;
import static io.cordwood.chaos.check.CheckerAssertions.isSilent;
import static io.cordwood.chaos.check.Edited.middle;
import static io.cordwood.chaos.check.Edited.next;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.LeaderSeen;
import io.cordwood.chaos.history.Operation.ReplicaState;
import io.cordwood.chaos.history.Operation.Resources;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The judges of readers, of the time after the faults, of replicas and of nodes find what is there to find.
 */
class ReadCheckersTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final long SECOND = 1_000_000_000;
    private static final Stuck STUCK = new Stuck(Verdict.RECOVERY);
    private static final long DEADLINE_NANOS = SimulatedRun.HEAL_NANOS + Verdict.RECOVERY.toNanos();
    private static final ResourceLimits LIMITS =
            new ResourceLimits(Duration.ofSeconds(5), 1_000_000_000, 100_000_000, 1_000, 200, 1.5);

    @Test
    void skippingReaderIsFound() {
        var checker = new ReaderContinuity();
        finds(checker, ": skipped", good -> good.without(middle(good.reads(1))));
        finds(checker, "is there in the end: skipped", good -> {
            var reads = good.reads(3);
            return read(good, reads.get(reads.size() - 1), records -> records.subList(0, 2));
        });
        finds(checker, "is there in the end: skipped", good -> {
            var reads = good.reads(3);
            return read(good, reads.get(reads.size() - 1), records -> records.subList(1, 3));
        });
    }

    @Test
    void readerThatWentBackIsFound() {
        var checker = new ReaderContinuity();
        finds(checker, ": went back", good -> {
            var reads = good.reads(1);
            var read = reads.get(reads.size() / 2);
            var again = Operation.Read.of(PARTITION, read.what().position() - 1)
                    .got(read.what().records(), next(read));
            return good.ended(read, again);
        });
        finds(
                checker,
                "behind a later one",
                good -> read(good, middle(good.reads(2)), records -> {
                    var reversed = new ArrayList<>(records);
                    Collections.reverse(reversed);
                    return reversed;
                }));
        finds(checker, "ends before", good -> {
            var read = middle(good.reads(1));
            return good.ended(read, read.what().got(List.of(), read.what().position() - 1));
        });
    }

    @Test
    void recordThatGoesAwayAgainIsFound() {
        var checker = new ReaderContinuity();
        finds(checker, "in the end there is nothing", good -> {
            var reads = good.reads(1);
            var last = reads.get(reads.size() - 1).what().records().get(0);
            return good.inTheEnd(PARTITION, seen -> seen.equals(last) ? null : seen);
        });
        finds(checker, "in the end there is p0-", good -> {
            var reads = good.reads(1);
            var last = reads.get(reads.size() - 1).what().records().get(0);
            var other =
                    middle(good.acknowledged(write -> write.value().producer().equals("p0")));
            return good.inTheEnd(
                    PARTITION,
                    seen -> seen.equals(last)
                            ? new Seen(seen.offset(), other.what().value())
                            : seen);
        });
        // Past the end: what was read there was never anywhere.
        finds(checker, "in the end there is nothing", good -> {
            var reads = good.reads(1);
            var read = reads.get(reads.size() - 1);
            return good.ended(
                    read,
                    read.what()
                            .got(
                                    List.of(new Seen(
                                            1L << 40,
                                            read.what().records().get(0).value())),
                                    (1L << 40) + 1));
        });
    }

    @Test
    void refusalThatIsNoneIsFound() {
        finds(new ReaderContinuity(), "was refused as before the log start", good -> {
            var read = middle(good.reads(1));
            return good.ended(
                            read,
                            Operation.Read.of(PARTITION, read.what().position())
                                    .trimmed(read.what().position()))
                    .ended(read, EventType.FAIL);
        });
    }

    @Test
    void unansweredOperationIsStuck() {
        finds(STUCK, "was never answered", good -> good.unanswered(before(good, SimulatedRun.HEAL_NANOS)));
        finds(STUCK, "was answered late", good -> {
            var call = before(good, SimulatedRun.HEAL_NANOS);
            return good.moved(call.ended(), DEADLINE_NANOS + 1);
        });
    }

    @Test
    void failureBehindTheDeadlineIsStuck() {
        for (var type : List.of(EventType.FAIL, EventType.INFO)) {
            finds(STUCK, "Produce on orders-", good -> good.ended(lastAcknowledged(good, Long.MAX_VALUE), type));
            isSilent(STUCK, good -> good.ended(lastAcknowledged(good, DEADLINE_NANOS), type));
        }
    }

    @Test
    void readerAtTheTailThatIsRefusedBehindTheDeadlineIsStuck() {
        finds(STUCK, "ended with FAIL (nobody leads)", good -> waiting(good, DEADLINE_NANOS + 1));
        isSilent(STUCK, good -> waiting(good, DEADLINE_NANOS - 1));
    }

    private static Edited waiting(Edited good, long nanos) {
        var read = Operation.Read.waiting(PARTITION, 0);
        return good.plus(
                new Event(nanos, "tail-0", 1L << 40, EventType.INVOKE, read, ""),
                new Event(nanos, "tail-0", 1L << 40, EventType.FAIL, read, "nobody leads"));
    }

    /** They are made again, and a machine may have more to do than it can. */
    @Test
    void singleTryThatFailsIsStuckOnlyWhereAllDo() {
        for (var type : List.of(EventType.FAIL, EventType.INFO)) {
            for (var kind : List.of(Operation.EndOffset.class, Operation.Read.class)) {
                isSilent(STUCK, good -> good.ended(late(good, kind).get(0), type));
                finds(STUCK, "operations " + kind.getSimpleName() + " on orders-0", good -> {
                    var changed = good;
                    for (var call : late(good, kind)) {
                        changed = changed.ended(call, type);
                    }
                    return changed;
                });
            }
        }
    }

    @Test
    void oneFailedTryAloneSaysNothing() {
        isSilent(STUCK, good -> {
            var tries = late(good, Operation.EndOffset.class);
            var changed = good.ended(tries.get(0), EventType.FAIL);
            for (var call : tries.subList(1, tries.size())) {
                changed = changed.without(call);
            }
            return changed;
        });
    }

    /** Nobody repeats it, and leaders change also without a fault. */
    @Test
    void appendThatIsCutIsStuckOnlyWhereAllAre() {
        for (var type : List.of(EventType.FAIL, EventType.INFO)) {
            isSilent(
                    STUCK,
                    good -> good.ended(
                                    lateAppends(good).get(0),
                                    without(lateAppends(good).get(0)))
                            .ended(lateAppends(good).get(0), type));
            finds(STUCK, "operations AppendIf on orders-0", good -> {
                var changed = good;
                for (var append : lateAppends(good)) {
                    changed = changed.ended(append, without(append)).ended(append, type);
                }
                return changed;
            });
        }
    }

    @Test
    void partitionWithoutAcknowledgementIsStuck() {
        finds(STUCK, "writes to orders-0 was acknowledged", good -> {
            var changed = good;
            for (var write : good.history().calls(Operation.Write.class)) {
                boolean between = write.endNanos() >= SimulatedRun.HEAL_NANOS && write.beginNanos() < DEADLINE_NANOS;
                if (write.isOk() && between && write.what().partition().equals(PARTITION)) {
                    changed = changed.ended(write, EventType.INFO);
                }
            }
            return changed;
        });
    }

    /** Nobody waits for what was given up before the heal. */
    @Test
    void partitionWhoseWritesEndedBeforeTheHealIsNotStuck() {
        isSilent(STUCK, good -> {
            var later = good.history().calls(Operation.Write.class).stream()
                    .filter(write -> write.beginNanos() >= SimulatedRun.HEAL_NANOS - SECOND)
                    .map(write -> write.invoked().operation())
                    .collect(Collectors.toSet());
            return new Edited(good.events().stream()
                    .filter(event -> !isWrite(event) || !later.contains(event.operation()))
                    .map(event -> isWrite(event) && event.type() != EventType.INVOKE ? givenUp(event) : event)
                    .toList());
        });
    }

    private static boolean isWrite(Event event) {
        return event.what() instanceof Operation.Write write
                && write.partition().equals(PARTITION);
    }

    private static Event givenUp(Event event) {
        return new Event(
                event.nanos(), event.process(), event.operation(), EventType.INFO, event.what(), event.detail());
    }

    @Test
    void differentReplicasAreFound() {
        var checker = new ReplicaIdentity();
        finds(
                checker,
                "with hash other on node 2",
                good -> replica(
                        good,
                        state -> new ReplicaState(state.partition(), 2, state.logStart(), state.endOffset(), "other")));
        finds(
                checker,
                "was read to",
                good -> replica(
                        good,
                        state -> new ReplicaState(
                                state.partition(), 2, state.logStart(), state.endOffset() - 1, state.hash())));
        finds(
                checker,
                ", and [0, ",
                good -> replica(
                        good, state -> new ReplicaState(state.partition(), 2, 0, state.endOffset(), state.hash())));
        finds(
                checker,
                "the state of 1 of its replicas",
                good -> good.without(event -> event.what() instanceof ReplicaState state
                        && state.partition().equals(PARTITION)
                        && state.node() > 1));
    }

    @Test
    void readerThatHadToRefuseWhatCameIsFound() {
        var checker = new UnsoundRead();
        for (var why : List.of("CORRUPT_BATCH: crc", "INTERNAL: the node skips offsets", "a third one")) {
            finds(checker, why, good -> refused(good, Operation.Read.UNSOUND + why));
            isSilent(checker, good -> refused(good, why));
        }
    }

    private static Edited refused(Edited good, String why) {
        var read = Operation.Read.waiting(PARTITION, 7);
        return good.plus(
                new Event(SECOND, "tail-0", 1L << 40, EventType.INVOKE, read, ""),
                new Event(2 * SECOND, "tail-0", 1L << 40, EventType.FAIL, read, why));
    }

    @Test
    void twoLeadersOfOneEpochAreFound() {
        var checker = new LeaderEpochs();
        for (int other : List.of(1, 2, 3)) {
            finds(checker, "two leaders in epoch", good -> {
                var seen = good.history().calls(LeaderSeen.class).get(0).what();
                int node = seen.node() == other ? 4 : other;
                return good.plus(leader(new LeaderSeen(seen.partition(), node, seen.epoch())));
            });
        }
        isSilent(checker, good -> {
            var seen = good.history().calls(LeaderSeen.class).get(0).what();
            return good.plus(leader(seen));
        });
    }

    private static Event leader(LeaderSeen seen) {
        return new Event(SimulatedRun.HEAL_NANOS, "leaders", 1L << 40, EventType.OK, seen, "");
    }

    @Test
    void nodeAboveItsLimitsIsFound() {
        var checker = new BoundedResources(LIMITS);
        finds(checker, "resident bytes", good -> resources(good, 40, now -> new Resources(2, 1L << 31, 1, 1, 1, 1)));
        finds(checker, "direct bytes", good -> resources(good, 40, now -> new Resources(2, 1, 1, 1L << 31, 1, 1)));
        finds(checker, "1001 open files", good -> resources(good, 40, now -> new Resources(2, 1, 1, 1, 1001, 1)));
        finds(checker, "201 threads", good -> resources(good, 40, now -> new Resources(2, 1, 1, 1, 1, 201)));
        isSilent(checker, good -> resources(good, 4, now -> new Resources(2, 1L << 31, 1, 1, 1001, 201)));
    }

    @Test
    void nodeThatGrowsIsFound() {
        finds(
                new BoundedResources(LIMITS),
                "more than 1.5 times as many",
                good -> resources(
                        good, 55, now -> new Resources(2, now.rssBytes(), 1, now.directBytes(), now.openFiles(), 130)));
        finds(
                new BoundedResources(LIMITS),
                "open files at",
                good -> resources(
                        good, 55, now -> new Resources(2, now.rssBytes(), 1, now.directBytes(), 800, now.threads())));
    }

    /** A node that was idle has nearly nothing, and soon many times as much. */
    @Test
    void growthFromNearlyNothingIsNone() {
        var generous = new ResourceLimits(Duration.ofSeconds(5), 10_000_000_000L, 1_000_000_000, 10_000, 2_000, 1.5);
        isSilent(
                new BoundedResources(generous),
                good -> resources(good, 55, now -> new Resources(2, 4_000_000_000L, 1, 124_000_000, 1_249, 249)));
        finds(
                new BoundedResources(generous),
                "more than 1.5 times as many",
                good -> resources(good, 55, now -> new Resources(2, 1, 1, 160_000_000, 1, 1)));
        finds(
                new BoundedResources(generous),
                "resident bytes at",
                good -> resources(good, 55, now -> new Resources(2, 6_000_000_000L, 1, 1, 1, 1)));
    }

    private static Edited read(Edited good, Call<Operation.Read> read, UnaryOperator<List<Seen>> records) {
        return good.ended(read, read.what().got(records.apply(read.what().records()), next(read)));
    }

    /** The last acknowledged record of a producer that begins before a time. */
    private static Call<Operation.Produce> lastAcknowledged(Edited good, long nanos) {
        var calls = good.history().calls(Operation.Produce.class).stream()
                .filter(call -> call.isOk() && call.beginNanos() < nanos)
                .toList();
        return calls.get(calls.size() - 1);
    }

    /** Those of one kind in the first partition that begin when all has to work again. */
    private static <T extends Operation.OfPartition> List<Call<T>> late(Edited good, Class<T> kind) {
        return good.history().calls(kind).stream()
                .filter(call -> call.beginNanos() >= DEADLINE_NANOS
                        && call.ended() != null
                        && call.what().partition().equals(PARTITION))
                .toList();
    }

    /** The last answered end-offset read that begins before a time. */
    private static Call<Operation.EndOffset> before(Edited good, long nanos) {
        var calls = good.history().calls(Operation.EndOffset.class).stream()
                .filter(call -> call.isOk() && call.beginNanos() < nanos)
                .toList();
        return calls.get(calls.size() - 1);
    }

    /**
     * Conditional appends that begin when all has to work again, some of them refused for the end they found.
     */
    private static List<Call<Operation.AppendIf>> lateAppends(Edited good) {
        return late(good, Operation.AppendIf.class);
    }

    /** As it was begun. */
    private static Operation.AppendIf without(Call<Operation.AppendIf> append) {
        var what = append.what();
        return Operation.AppendIf.of(what.partition(), what.value(), what.expectedEnd());
    }

    private static Edited replica(Edited good, UnaryOperator<ReplicaState> how) {
        var call = good.history().calls(ReplicaState.class).stream()
                .filter(state ->
                        state.what().node() == 2 && state.what().partition().equals(PARTITION))
                .findFirst()
                .orElseThrow();
        return good.ended(call, how.apply(call.what()));
    }

    /** With one sample of node 2 changed: the one at a second. */
    private static Edited resources(Edited good, int second, UnaryOperator<Resources> how) {
        var call = good.history().calls(Resources.class).stream()
                .filter(sample -> sample.what().node() == 2 && sample.beginNanos() / 1_000_000_000 == second)
                .findFirst()
                .orElseThrow();
        return good.ended(call, how.apply(call.what()));
    }
}
