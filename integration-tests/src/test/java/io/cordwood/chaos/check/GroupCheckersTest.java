package io.cordwood.chaos.check;

import static io.cordwood.chaos.check.CheckerAssertions.finds;
import static io.cordwood.chaos.check.CheckerAssertions.isSilent;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.check.GroupRepeats.Cause;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Commit;
import io.cordwood.chaos.history.Operation.GroupOffset;
import io.cordwood.chaos.history.Operation.Handled;
import io.cordwood.chaos.history.Operation.Owned;
import io.cordwood.chaos.history.Operation.Parted;
import io.cordwood.chaos.history.Operation.Parting;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What groups promise: each bug that is put into good histories is found. */
class GroupCheckersTest {
    private static final String GROUP = SimulatedGroup.NAME;
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final Checker UNPROCESSED = new Unprocessed(Verdict.RECOVERY);
    private static final Checker ZOMBIES = new ZombieCommit();
    private static final Checker EARLY = new EarlyCommit();
    private static final Checker OWNERS = new OneOwner();
    private static final Checker REPEATS = new GroupRepeats();
    private static final long NEW_OPERATION = 1L << 50;
    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000 * MILLISECOND;

    /** Else the silence would say little. */
    @Test
    void goodHistoriesHaveEachCauseOfRepetitionsButThoseThatAreNone() {
        var causes = new TreeSet<Cause>();
        for (long seed = 1; seed <= 5; seed++) {
            var counts = GroupRepeats.counts(SimulatedRun.history(seed));
            Objects.requireNonNull(counts.get(GROUP)).forEach((cause, count) -> {
                if (count > 0) {
                    causes.add(cause);
                }
            });
        }

        assertThat(causes).containsExactly(Cause.KILLED, Cause.PAUSED, Cause.LEASE_LOST);
    }

    @Test
    void recordThatNobodyHandledIsFound() {
        finds(UNPROCESSED, "nobody has handled 1 records below it", good -> {
            var record = record(good);
            return good.without(event -> isHandled(event, record));
        });
        finds(UNPROCESSED, "nobody has handled 1 records below it", good -> {
            var record = record(good);
            return good.without(event -> isHandled(event, record) && event.type() == EventType.OK);
        });
    }

    @Test
    void groupThatDoesNotComeToTheEndIsFound() {
        finds(UNPROCESSED, "in the end, and the log ends at", good -> {
            var end = Edited.middle(good.history().calls(GroupOffset.class));
            long offset = Objects.requireNonNull(end.what().offset());
            return good.ended(end, new GroupOffset(GROUP, end.what().partition(), offset - 1));
        });
        finds(UNPROCESSED, "has the committed offset 0 in the end, and the log ends at", good -> {
            var end = Edited.middle(good.history().calls(GroupOffset.class));
            return good.ended(end, new GroupOffset(GROUP, end.what().partition(), null));
        });
    }

    @Test
    void groupThatDoesNotGoOnBehindTheHealIsFound() {
        long second = Duration.ofSeconds(1).toNanos();
        finds(
                UNPROCESSED,
                "was handled by 50.000000 s",
                good -> good.without(event -> event.what() instanceof Handled
                        && event.nanos() >= SimulatedRun.HEAL_NANOS - second
                        && event.nanos() <= SimulatedRun.HEAL_NANOS + 30 * second));
    }

    @Test
    void whatIsTrimmedIsNotAskedFor() {
        isSilent(UNPROCESSED, good -> {
            long start = Objects.requireNonNull(good.history().finalLogs().get(PARTITION))
                    .logStart();
            return good.without(event -> event.what() instanceof Handled handled
                    && handled.partition().equals(PARTITION)
                    && handled.record().offset() < start);
        });
    }

    @Test
    void commitOfAnOldOwnershipBehindANewOneIsFound() {
        finds(ZOMBIES, "was accepted since epoch", good -> {
            var last = last(good, Owned.class);
            var before = ownedBefore(good, last);
            return good.plus(accepted(
                    last.beginNanos() + MILLISECOND,
                    before.process(),
                    before.what().since(),
                    Objects.requireNonNull(last.what().offset())));
        });
    }

    /** It was sent before the others heard of it, and must have been written behind it. */
    @Test
    void commitThatTheNextOwnerWasNotToldOfIsFound() {
        finds(ZOMBIES, "and behind that", good -> {
            var last = last(good, Owned.class);
            var before = ownedBefore(good, last);
            return good.plus(accepted(
                    last.beginNanos() - 1,
                    before.process(),
                    before.what().since(),
                    Objects.requireNonNull(last.what().offset()) + 1));
        });
        isSilent(ZOMBIES, good -> {
            var last = last(good, Owned.class);
            var before = ownedBefore(good, last);
            return good.plus(accepted(
                    last.beginNanos() - 1,
                    before.process(),
                    before.what().since(),
                    Objects.requireNonNull(last.what().offset())));
        });
    }

    @Test
    void commitByWhoNeverHadThePartitionIsFound() {
        finds(ZOMBIES, "its member was never told to have the partition", good -> {
            var last = last(good, Owned.class);
            return good.plus(
                    accepted(last.beginNanos() + 1, "somebody", last.what().since(), 1));
        });
    }

    /** Lost and had again: the commit names an epoch from before. */
    @Test
    void commitOfAnEpochFromBeforeIsFound() {
        finds(ZOMBIES, "was accepted", good -> {
            var commit = last(good, Commit.class);
            var what = commit.what();
            var own = last(good, Owned.class);
            return good.ended(commit, Commit.of(GROUP, PARTITION, own.what().since() - 1, what.offset()));
        });
    }

    @Test
    void commitThatGoesBackIsFound() {
        finds(ZOMBIES, "was accepted, and before that", good -> {
            var commit = last(good, Commit.class);
            return good.ended(commit, Commit.of(GROUP, PARTITION, commit.what().epoch(), 1));
        });
    }

    @Test
    void commitOfWhatIsNotHandledYetIsFound() {
        finds(EARLY, "was not handled to its end, and", good -> {
            var commit = commitBehindARecord(good);
            var record = newestHandled(good, commit);
            return good.moved(record.ended(), commit.beginNanos() + 1);
        });
        finds(EARLY, "was not handled to its end, and", good -> {
            var commit = commitBehindARecord(good);
            return good.unanswered(newestHandled(good, commit));
        });
    }

    @Test
    void refusedCommitOfWhatIsNotHandledIsNone() {
        isSilent(EARLY, good -> {
            var commit = commitBehindARecord(good);
            return good.moved(newestHandled(good, commit).ended(), commit.beginNanos() + 1)
                    .ended(commit, EventType.FAIL);
        });
    }

    @Test
    void memberThatGoesOnBehindItsSuccessorIsFound() {
        finds(OWNERS, "had it since epoch", good -> {
            var last = last(good, Owned.class);
            var before = ownedBefore(good, last);
            long late = last.beginNanos() + OneOwner.NOTICE.toNanos() + MILLISECOND;
            return good.plus(handledBy(before.process(), record(good), late));
        });
    }

    @Test
    void memberThatComesBackLateMayHaveBegunOne() {
        isSilent(OWNERS, good -> {
            var last = lastOf(good, Parting.LOST);
            var successor = ownedAfter(good, last);
            long late = successor.beginNanos() + OneOwner.NOTICE.toNanos() + MILLISECOND;
            return good.plus(handledBy(last.process(), record(good), late)).plus(pauseOver(last.process(), late - 1));
        });
    }

    private static Event pauseOver(String member, long nanos) {
        var pause = new Operation.Fault(HarmKind.MEMBER_PAUSE, List.of(), member);
        return new Event(nanos, member, NEW_OPERATION - 1, EventType.OK, pause, "");
    }

    @Test
    void memberThatWasNeverToldIsFound() {
        finds(OWNERS, "was never told to have it", good -> good.plus(handledBy("somebody", record(good), 1)));
    }

    @Test
    void oneOwnershipOfTwoIsFound() {
        finds(OWNERS, "is since epoch", good -> {
            var last = last(good, Owned.class);
            return good.plus(
                    new Event(last.beginNanos() + 1, "somebody", NEW_OPERATION, EventType.OK, last.what(), ""));
        });
    }

    @Test
    void recordBehindAReleaseIsFound() {
        finds(OWNERS, "had given it up at", good -> {
            var release = lastOf(good, Parting.RELEASED);
            return good.plus(handledBy(release.process(), record(good), release.beginNanos() + 1));
        });
        finds(OWNERS, "had given it up at", good -> {
            var release = lastOf(good, Parting.RELEASED);
            return good.plus(handledBy(release.process(), record(good), release.beginNanos() - 1));
        });
    }

    @Test
    void twoAtATimeAreFound() {
        finds(OWNERS, "did so while", GroupCheckersTest::twoAtATime);
    }

    private static Edited twoAtATime(Edited good) {
        var release = lastOf(good, Parting.RELEASED);
        var successor = ownedAfter(good, release);
        var next = handled(good, call -> call.process().equals(successor.process()))
                .get(0);
        var begun = handled(good, call -> call.process().equals(release.process()));
        return good.without(event -> event.operation() == release.invoked().operation())
                .moved(begun.get(begun.size() - 1).ended(), next.beginNanos() + 1);
    }

    @Test
    void memberThatComesBackMayMeetItsSuccessor() {
        isSilent(OWNERS, good -> {
            var met = successorOfTheLost(good);
            return meeting(good, met).plus(pauseOver(lastOf(good, Parting.LOST).process(), met.beginNanos() + 49));
        });
        finds(
                OWNERS,
                "did so while",
                good -> meeting(good, successorOfTheLost(good))
                        .without(event -> event.what() instanceof Operation.Fault));
    }

    /** The first record of whoever has the partition behind one that lost it. */
    private static Call<Handled> successorOfTheLost(Edited good) {
        var lost = lastOf(good, Parting.LOST);
        var successor = of(good, Owned.class).stream()
                .filter(owned -> owned.beginNanos() > lost.beginNanos()
                        && !owned.process().equals(lost.process()))
                .findFirst()
                .orElseThrow();
        return handled(
                        good,
                        call -> call.process().equals(successor.process())
                                && call.beginNanos() > successor.beginNanos())
                .get(0);
    }

    /** Who lost the partition handles a record while its successor does. */
    private static Edited meeting(Edited good, Call<Handled> met) {
        return good.moved(met.ended(), met.beginNanos() + 100)
                .plus(handledBy(lastOf(good, Parting.LOST).process(), record(good), met.beginNanos() + 50));
    }

    @Test
    void repetitionWithoutACauseIsFound() {
        finds(REPEATS, "unknown cause", good -> {
            var owned = last(good, Owned.class);
            var record = handled(good, call -> call.process().equals(owned.process()))
                    .get(0);
            return good.plus(handledBy(owned.process(), record.what().record(), record.endNanos() + 1));
        });
    }

    /** It had the time to commit. */
    @Test
    void repetitionBehindARevocationIsFound() {
        finds(REPEATS, "revoked in time", good -> {
            var release = lastOf(good, Parting.RELEASED);
            var successor = ownedAfter(good, release);
            var records = handled(good, call -> call.process().equals(release.process()));
            return good.plus(handledBy(
                    successor.process(), records.get(records.size() - 1).what().record(), successor.beginNanos() + 1));
        });
    }

    /** It was told nothing, and stood still; what it says of its lease is all there is. */
    @Test
    void repetitionBehindALossThatNothingExplainsIsFound() {
        finds(REPEATS, "unknown cause", GroupCheckersTest::repeatedBehindALoss);
        finds(REPEATS, "unknown cause", good -> befallen(repeatedBehindALoss(good), HarmKind.KILL, 25));
        finds(REPEATS, "unknown cause", good -> befallen(repeatedBehindALoss(good), HarmKind.TOPIC_CHANGE, 10));
        isSilent(REPEATS, good -> befallen(repeatedBehindALoss(good), HarmKind.KILL, 22));
    }

    @Test
    void faultThatCouldNotBeMadeExplainsNothing() {
        finds(REPEATS, "unknown cause", good -> {
            var harmed = befallen(repeatedBehindALoss(good), HarmKind.KILL, 10);
            var faults = harmed.history().calls(Operation.Fault.class);
            return harmed.ended(faults.get(faults.size() - 1), EventType.FAIL);
        });
    }

    @Test
    void twoAtATimeBehindALossThatNothingExplainsAreFound() {
        finds(OWNERS, "did so while", good -> twoAtATime(good).plus(loss(good)));
        isSilent(OWNERS, good -> befallen(twoAtATime(good).plus(loss(good)), HarmKind.KILL, 10));
    }

    @Test
    void recordBehindAReleaseAndALossThatNothingExplainsIsFound() {
        finds(OWNERS, "had given it up at", good -> handledBehindARelease(good).plus(loss(good)));
        isSilent(OWNERS, good -> befallen(handledBehindARelease(good).plus(loss(good)), HarmKind.KILL, 10));
    }

    private static Edited handledBehindARelease(Edited good) {
        var release = lastOf(good, Parting.RELEASED);
        return good.plus(handledBy(release.process(), record(good), release.beginNanos() - 1));
    }

    private static Edited repeatedBehindALoss(Edited good) {
        var release = lastOf(good, Parting.RELEASED);
        var successor = ownedAfter(good, release);
        var records = handled(good, call -> call.process().equals(release.process()));
        return good.plus(handledBy(
                        successor.process(),
                        records.get(records.size() - 1).what().record(),
                        successor.beginNanos() + 1))
                .plus(loss(good));
    }

    /** Where the last release is. */
    private static Event loss(Edited good) {
        var release = lastOf(good, Parting.RELEASED);
        return new Event(
                release.beginNanos() - 1,
                release.process(),
                NEW_OPERATION + 2,
                EventType.OK,
                new Parted(GROUP, PARTITION, Parting.LOST),
                "");
    }

    /** A fault upon a node that began that long before the loss and went on for a second. */
    private static Edited befallen(Edited good, HarmKind kind, int secondsBefore) {
        long began = lastOf(good, Parting.LOST).beginNanos() - secondsBefore * SECOND;
        var what = new Operation.Fault(kind, List.of(1), "");
        return good.plus(
                new Event(began, "nemesis", NEW_OPERATION + 1, EventType.INVOKE, what, ""),
                new Event(began + SECOND, "nemesis", NEW_OPERATION + 1, EventType.OK, what, ""));
    }

    /** There was nobody to commit to. */
    @Test
    void repetitionBehindALeaveThatTookAllItsTimeIsNone() {
        isSilent(REPEATS, good -> {
            var release = lastOf(good, Parting.RELEASED);
            var successor = ownedAfter(good, release);
            var records = handled(good, call -> call.process().equals(release.process()));
            var leave = new Operation.Fault(HarmKind.MEMBER_LEAVE, List.of(), release.process());
            long began = release.beginNanos() - GroupRepeats.LEAVE_TIMEOUT.toNanos();
            return good.plus(handledBy(
                            successor.process(),
                            records.get(records.size() - 1).what().record(),
                            successor.beginNanos() + 1))
                    .plus(
                            new Event(began, release.process(), NEW_OPERATION + 1, EventType.INVOKE, leave, ""),
                            new Event(
                                    release.beginNanos(),
                                    release.process(),
                                    NEW_OPERATION + 1,
                                    EventType.OK,
                                    leave,
                                    ""));
        });
    }

    @Test
    void causeOfARepetitionIsWhatBefellTheOlderMember() {
        for (var good : Edited.good()) {
            var counts = GroupRepeats.counts(good.without(event -> event.what() instanceof Operation.Fault)
                    .history());
            var before = GroupRepeats.counts(good.history());

            assertThat(Objects.requireNonNull(counts.get(GROUP)).get(Cause.KILLED))
                    .isZero();
            assertThat(Objects.requireNonNull(counts.get(GROUP)).get(Cause.PAUSED))
                    .isZero();
            assertThat(Objects.requireNonNull(counts.get(GROUP)).get(Cause.LEASE_LOST))
                    .isZero();
            assertThat(sum(counts)).isEqualTo(sum(before)).isPositive();
        }
    }

    private static long sum(Map<String, Map<Cause, Long>> counts) {
        return counts.values().stream()
                .flatMap(ofOne -> ofOne.values().stream())
                .mapToLong(count -> count)
                .sum();
    }

    private static Event[] accepted(long nanos, String member, long epoch, long offset) {
        var what = Commit.of(GROUP, PARTITION, epoch, offset);
        return new Event[] {
            new Event(nanos, member, NEW_OPERATION, EventType.INVOKE, what, ""),
            new Event(nanos, member, NEW_OPERATION, EventType.OK, what, "")
        };
    }

    private static Event[] handledBy(String member, Seen record, long nanos) {
        var what = new Handled(GROUP, PARTITION, record);
        return new Event[] {
            new Event(nanos, member, NEW_OPERATION, EventType.INVOKE, what, ""),
            new Event(nanos + 10, member, NEW_OPERATION, EventType.OK, what, "")
        };
    }

    /** One that is there in the end. */
    private static Seen record(Edited good) {
        var log = Objects.requireNonNull(good.history().finalLogs().get(PARTITION));
        return Edited.middle(log.records());
    }

    private static boolean isHandled(Event event, Seen record) {
        return event.what() instanceof Handled handled
                && handled.partition().equals(PARTITION)
                && handled.record().equals(record);
    }

    private static List<Call<Handled>> handled(Edited good, Predicate<Call<Handled>> which) {
        return of(good, Handled.class).stream().filter(Call::isOk).filter(which).toList();
    }

    private static <T extends Operation.OfGroup> List<Call<T>> of(Edited good, Class<T> kind) {
        return good.history().calls(kind).stream()
                .filter(call -> call.what().partition().equals(PARTITION))
                .toList();
    }

    private static <T extends Operation.OfGroup> Call<T> last(Edited good, Class<T> kind) {
        var all = of(good, kind).stream().filter(Call::isOk).toList();
        return all.get(all.size() - 1);
    }

    private static Call<Owned> ownedBefore(Edited good, Call<Owned> owned) {
        var all = of(good, Owned.class);
        return all.get(all.indexOf(owned) - 1);
    }

    private static Call<Parted> lastOf(Edited good, Parting how) {
        var all = of(good, Parted.class).stream()
                .filter(parted -> parted.what().how() == how)
                .toList();
        return all.get(all.size() - 1);
    }

    private static Call<Owned> ownedAfter(Edited good, Call<Parted> parted) {
        long since = of(good, Owned.class).stream()
                .filter(owned -> owned.process().equals(parted.process()))
                .mapToLong(owned -> owned.what().since())
                .findFirst()
                .orElseThrow();
        return of(good, Owned.class).stream()
                .filter(owned -> owned.what().since() > since)
                .findFirst()
                .orElseThrow();
    }

    /**
     * The newest accepted one that is the first to say of a record, which is there in the end, that it was
     * handled.
     */
    private static Call<Commit> commitBehindARecord(Edited good) {
        var log = Objects.requireNonNull(good.history().finalLogs().get(PARTITION));
        var accepted = of(good, Commit.class).stream().filter(Call::isOk).toList();
        return accepted.stream()
                .filter(commit -> log.at(commit.what().offset() - 1) != null
                        && newestHandled(good, commit).what().record().offset()
                                == commit.what().offset() - 1)
                .filter(commit -> accepted.stream()
                        .filter(other -> other.what().offset() == commit.what().offset())
                        .findFirst()
                        .filter(commit::equals)
                        .isPresent())
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private static Call<Handled> newestHandled(Edited good, Call<Commit> commit) {
        return handled(good, call -> call.process().equals(commit.process()) && call.endNanos() <= commit.beginNanos())
                .stream()
                .reduce((first, second) -> second)
                .orElseThrow();
    }
}
