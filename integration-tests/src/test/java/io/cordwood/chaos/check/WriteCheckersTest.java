package io.cordwood.chaos.check;

import static io.cordwood.chaos.check.CheckerAssertions.finds;
import static io.cordwood.chaos.check.CheckerAssertions.isSilent;
import static io.cordwood.chaos.check.Edited.middle;
import static io.cordwood.chaos.check.Edited.next;
import static io.cordwood.chaos.check.Edited.offset;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.util.List;
import java.util.Objects;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The judges of what was written find what is there to find. */
class WriteCheckersTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final Value STRANGER = new Value("stranger", 5);
    private static final long POWER_LOSS_NANOS = SimulatedRun.HEAL_NANOS - 1_000_000_000;

    @Test
    void lostWriteOfTheMiddleIsFound() {
        finds(new LostWrite(), "lost middle", good -> lose(good, middle(acknowledged(good))));
    }

    @Test
    void lostPrefixIsFound() {
        finds(new LostWrite(), "lost prefix", good -> {
            long first = offset(middle(acknowledged(good)));
            return losing(good, offset -> offset <= first);
        });
    }

    @Test
    void lostPostfixIsFound() {
        finds(new LostWrite(), "lost postfix", good -> {
            long last = offset(middle(acknowledged(good)));
            return losing(good, offset -> offset > last);
        });
    }

    /** Nobody knows what is there. */
    @Test
    void partOfThePartitionThatWasNotReadInTheEndIsOneFinding() {
        finds(new LostWrite(), "was not read from offset", good -> good.without(lastFinalRead(good)));
        for (var good : Edited.good()) {
            assertThat(new LostWrite().check(good.without(lastFinalRead(good)).history()))
                    .hasSize(1);
        }
    }

    @Test
    void overwrittenWriteIsFound() {
        finds(new LostWrite(), "has there stranger-000005", good -> {
            long offset = offset(middle(acknowledged(good)));
            return good.inTheEnd(PARTITION, seen -> seen.offset() == offset ? new Seen(offset, STRANGER) : seen);
        });
    }

    @Test
    void partitionThatWasNotReadInTheEndIsFound() {
        finds(
                new LostWrite(),
                "orders-0 was not read in the end",
                good -> good.without(event -> event.what() instanceof Operation.FinalRead read
                        && read.partition().equals(PARTITION)));
    }

    @Test
    void trimThatNobodyAskedForLosesWrites() {
        finds(new LostWrite(), "lost prefix", good -> good.without(event -> event.what() instanceof Operation.Trim));
    }

    @Test
    void lossToPowerIsFoundForWhatWasAcknowledgedBefore() {
        var checker = new LostToPowerLoss();
        finds(checker, "lost middle", good -> powerLoss(lose(good, middle(beforePowerLoss(good)))));
        finds(
                checker,
                "lost prefix",
                good -> powerLoss(lose(good, beforePowerLoss(good).get(0))));
        finds(checker, "lost postfix", good -> {
            var all = beforePowerLoss(good);
            return powerLoss(lose(good, all.get(all.size() - 1)));
        });
    }

    @Test
    void otherLossIsNotPutDownToPower() {
        isSilent(new LostToPowerLoss(), good -> {
            var all = acknowledged(good);
            return powerLoss(lose(good, all.get(all.size() - 1)))
                    .without(event -> event.what() instanceof Operation.Fault fault
                            && fault.kind() == HarmKind.POWER_LOSS
                            && event.nanos() > POWER_LOSS_NANOS);
        });
    }

    @Test
    void phantomsAreFound() {
        var checker = new Phantom();
        finds(checker, "nobody wrote it", good -> {
            var read = middle(good.reads(1));
            long next = next(read);
            return good.ended(read, read.what().got(List.of(new Seen(read.what().position(), STRANGER)), next));
        });
        finds(checker, "nobody wrote it", good -> good.without(middle(acknowledged(good))));
        finds(checker, "failed without effect", good -> good.ended(middle(acknowledged(good)), EventType.FAIL));
        finds(checker, "its write began later", good -> {
            var write = middle(acknowledged(good));
            var last = good.events().get(good.events().size() - 1);
            return good.moved(write.invoked(), last.nanos() + 1).moved(write.ended(), last.nanos() + 2);
        });
    }

    @Test
    void inconsistentOffsetsAreFound() {
        var checker = new InconsistentOffset();
        finds(checker, "read by reader-0", good -> {
            var read = middle(good.reads(2));
            var records = read.what().records();
            var swapped = List.of(
                    new Seen(records.get(0).offset(), records.get(1).value()),
                    new Seen(records.get(1).offset(), records.get(0).value()));
            long next = next(read);
            return good.ended(read, read.what().got(swapped, next));
        });
        finds(
                checker,
                "read by final",
                good -> good.inTheEnd(PARTITION, seen -> new Seen(seen.offset() + 1, seen.value())));
        finds(checker, "acknowledged to producer-", good -> {
            var some = good.acknowledged(Edited::isIdempotent);
            return good.ended(some.get(0), produced(some.get(0)).at(offset(some.get(1)), 1));
        });
        // A record that nobody read, acknowledged at two places.
        finds(checker, "acknowledged to", good -> {
            var write = middle(good.acknowledged(Edited::isIdempotent));
            var other = Operation.Produce.of(PARTITION, STRANGER, true).at(offset(write), 1);
            return good.plus(event(good, "producer-x", other));
        });
    }

    @Test
    void copyOfIdempotentProducerIsFound() {
        var checker = new Duplicate();
        finds(
                checker,
                "written once by producer-p",
                good -> copied(good, good.acknowledged(Edited::isIdempotent).get(0)));
        finds(
                checker,
                "written once by conditional-c",
                good -> copied(
                        good,
                        good.acknowledged(write -> write instanceof Operation.AppendIf)
                                .get(0)));
        finds(checker, "read by reader-0", good -> {
            var write = middle(good.acknowledged(Edited::isIdempotent));
            var read = middle(good.reads(1));
            long next = next(read);
            return good.ended(
                    read,
                    read.what()
                            .got(
                                    List.of(new Seen(
                                            read.what().position(), write.what().value())),
                                    next));
        });
    }

    @Test
    void copyOfPlainProducerIsCounted() {
        var good = Edited.good().get(0);
        var plain =
                middle(good.acknowledged(write -> write instanceof Operation.Produce produce && !produce.idempotent()));
        var copied = copied(good, plain).history();

        assertThat(new Duplicate().check(copied)).isEmpty();
        assertThat(Duplicate.ofPlainProducers(copied)).isEqualTo(Duplicate.ofPlainProducers(good.history()) + 1);
    }

    @Test
    void wrongOrderIsFound() {
        var checker = new ProducerOrder();
        finds(checker, "read by final", good -> {
            var two = twoOfOneProducer(good);
            return good.inTheEnd(PARTITION, seen -> swapped(two, seen));
        });
        finds(checker, "acknowledged to producer-p0", good -> {
            var two = twoOfOneProducer(good);
            return good.ended(two.get(0), produced(two.get(0)).at(offset(two.get(1)), 1))
                    .ended(two.get(1), produced(two.get(1)).at(offset(two.get(0)), 1));
        });
        finds(checker, "read by reader-0", good -> {
            var two = twoOfOneProducer(good);
            var read = good.reads(1).get(0);
            var late = new Seen(read.what().position(), two.get(1).what().value());
            long next = next(read);
            return good.ended(read, read.what().got(List.of(late), next));
        });
    }

    /** Its producer had given it up before it sent the other one, under another identity. */
    @Test
    void recordThatWasGivenUpMayComeLate() {
        var checker = new ProducerOrder();
        isSilent(checker, good -> givenUpAndLate(good, 0));
        finds(checker, "read by final", good -> givenUpAndLate(good, 1));
        // Not given up at all.
        finds(checker, "read by final", good -> {
            var two = twoOfOneProducer(good);
            return good.inTheEnd(PARTITION, seen -> swapped(two, seen))
                    .without(event -> event.what() instanceof Operation.Read);
        });
    }

    /**
     * Two records change their places.
     *
     * @param later how much later than the second one was begun the first one is given up
     */
    private static Edited givenUpAndLate(Edited good, long later) {
        var two = twoOfOneProducer(good);
        return good.inTheEnd(PARTITION, seen -> swapped(two, seen))
                .without(event -> event.what() instanceof Operation.Read)
                .ended(two.get(0), EventType.INFO)
                .moved(two.get(0).ended(), two.get(1).beginNanos() + later)
                .ended(two.get(1), EventType.INFO);
    }

    @Test
    void holesAreFound() {
        var checker = new Density();
        finds(checker, "offsets, of them [", good -> {
            // More than repairs may have taken of what was trimmed since.
            var some = acknowledged(good);
            return losing(good, offset -> offset % 10 == 0 && offset >= offset(middle(some)));
        });
        finds(checker, "has no record at", good -> {
            var some = acknowledged(good);
            return losing(good, offset -> offset >= offset(some.get(3)) && offset < offset(some.get(11)));
        });
        finds(
                checker,
                "repairs may have taken none",
                good -> good.without(event -> event.what() instanceof Operation.Repair));
    }

    @Test
    void repairTakesNoOffsetThatWasTakenBefore() {
        var checker = new Density();
        finds(checker, "repairs may have taken one each behind [", good -> {
            var some = acknowledged(good);
            var early = middle(some.subList(0, some.size() / 2));
            return lose(repaired(good, Objects.requireNonNull(early.ended()).nanos() + 1), early);
        });
        isSilent(checker, good -> {
            var some = acknowledged(good);
            var late = some.get(some.size() - 1);
            return lose(repaired(good, late.beginNanos()), late);
        });
    }

    /** With one repair that names no offset, and all holes that there are named. */
    private static Edited repaired(Edited good, long nanos) {
        var changed = good.without(event -> event.what() instanceof Operation.Repair repair
                && repair.partition().equals(PARTITION));
        var log = Objects.requireNonNull(good.history().finalLogs().get(PARTITION));
        for (long offset = log.logStart(); offset < log.endOffset(); offset++) {
            if (log.at(offset) == null) {
                changed = changed.plus(repair(nanos, offset));
            }
        }
        return changed.plus(repair(nanos, null));
    }

    private static Event repair(long nanos, @Nullable Long offset) {
        long operation = (1L << 42) + (offset == null ? 0 : 1 + offset);
        return new Event(nanos, "nemesis", operation, EventType.OK, new Operation.Repair(PARTITION, offset), "");
    }

    @Test
    void finalReadThatIsShortIsFound() {
        var checker = new Density();
        finds(checker, "its log at", good -> good.without(lastFinalRead(good)));
        finds(checker, "has a gap", good -> good.without(finalReads(good).get(1)));
        finds(checker, "begins at", good -> good.without(finalReads(good).get(0)));
        finds(checker, "behind offset", good -> {
            long offset = offset(middle(acknowledged(good)));
            return good.inTheEnd(
                    PARTITION, seen -> seen.offset() == offset ? new Seen(offset - 2, seen.value()) : seen);
        });
    }

    private static List<Call<Operation.Write>> acknowledged(Edited good) {
        return good.acknowledged(write -> true);
    }

    private static List<Call<Operation.Write>> beforePowerLoss(Edited good) {
        return acknowledged(good).stream()
                .filter(write -> write.endNanos() < POWER_LOSS_NANOS)
                .toList();
    }

    private static Edited powerLoss(Edited good) {
        var fault = new Operation.Fault(HarmKind.POWER_LOSS, List.of(1, 2, 3), "all");
        return good.plus(new Event(POWER_LOSS_NANOS, "nemesis", 1L << 40, EventType.INVOKE, fault, ""));
    }

    private static Edited lose(Edited good, Call<Operation.Write> write) {
        return losing(good, offset -> offset == offset(write));
    }

    private static Edited losing(Edited good, LongPredicate lost) {
        return good.inTheEnd(PARTITION, seen -> lost.test(seen.offset()) ? null : seen);
    }

    /** With a copy at the end of the final log. */
    private static Edited copied(Edited good, Call<Operation.Write> write) {
        var read = lastFinalRead(good).what();
        long next = next(lastFinalRead(good));
        var more = Operation.FinalRead.of(PARTITION, read.logStart(), next + 1, next)
                .got(List.of(new Seen(next, write.what().value())), next + 1);
        return good.plus(event(good, "final", more));
    }

    private static Event event(Edited good, String process, Operation what) {
        var last = good.events().get(good.events().size() - 1);
        return new Event(last.nanos() + 1, process, 1L << 41, EventType.OK, what, "");
    }

    private static List<Call<Operation.FinalRead>> finalReads(Edited good) {
        return good.history().calls(Operation.FinalRead.class).stream()
                .filter(read -> read.what().partition().equals(PARTITION))
                .toList();
    }

    private static Call<Operation.FinalRead> lastFinalRead(Edited good) {
        var reads = finalReads(good);
        return reads.get(reads.size() - 1);
    }

    private static List<Call<Operation.Write>> twoOfOneProducer(Edited good) {
        var some = good.acknowledged(write -> write.value().producer().equals("p0"));
        return some.subList(some.size() - 2, some.size());
    }

    private static Operation.Produce produced(Call<Operation.Write> write) {
        return (Operation.Produce) write.what();
    }

    private static Seen swapped(List<Call<Operation.Write>> two, Seen seen) {
        for (int i = 0; i < 2; i++) {
            if (seen.offset() == offset(two.get(i))) {
                return new Seen(seen.offset(), two.get(1 - i).what().value());
            }
        }
        return seen;
    }
}
