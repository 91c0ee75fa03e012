package io.cordwood.server.explain;

import static io.cordwood.server.explain.CauseCode.DISK;
import static io.cordwood.server.explain.CauseCode.FAILING_RECORD;
import static io.cordwood.server.explain.CauseCode.FENCED;
import static io.cordwood.server.explain.CauseCode.MOVING;
import static io.cordwood.server.explain.CauseCode.NODE_DEAD;
import static io.cordwood.server.explain.CauseCode.NOT_SUBSCRIBED;
import static io.cordwood.server.explain.CauseCode.NO_CREDITS;
import static io.cordwood.server.explain.CauseCode.NO_LEADER;
import static io.cordwood.server.explain.CauseCode.NO_MAJORITY;
import static io.cordwood.server.explain.CauseCode.NO_MEMBER;
import static io.cordwood.server.explain.CauseCode.NO_METADATA_LEADER;
import static io.cordwood.server.explain.CauseCode.OUT_OF_RANGE;
import static io.cordwood.server.explain.CauseCode.PAUSED;
import static io.cordwood.server.explain.CauseCode.RETENTION_NEAR;
import static io.cordwood.server.explain.CauseCode.SILENT_MEMBER;
import static io.cordwood.server.explain.CauseCode.SLOW_HANDLER;
import static io.cordwood.server.explain.CauseCode.STOPPED;
import static io.cordwood.server.explain.CauseCode.TOO_SLOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.explain.GroupPicture.Assignment;
import io.cordwood.server.explain.GroupPicture.Fenced;
import io.cordwood.server.explain.GroupPicture.Heard;
import io.cordwood.server.explain.GroupPicture.Told;
import io.cordwood.server.explain.GroupPicture.Work;
import io.cordwood.server.explain.LagPicture.Rates;
import io.cordwood.server.explain.PartitionPicture.Standing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class GroupExplainerTest {
    private static final Duration MOMENT = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private static List<Cause> explain(GroupPicture group) {
        return Explainer.group(group, Pictures.sound());
    }

    private static List<CauseCode> codes(GroupPicture group) {
        return explain(group).stream().map(Cause::code).toList();
    }

    /** The one cause that there is. */
    private static Cause only(GroupPicture group) {
        var causes = explain(group);
        assertThat(causes).hasSize(1);
        return causes.get(0);
    }

    private static void assertCause(Cause cause, CauseCode code, String memberId, String sentence) {
        assertThat(cause.code()).isEqualTo(code);
        assertThat(cause.sentence()).isEqualTo(sentence);
        assertThat(cause.hint()).isNotEmpty();
        assertThat(cause.place())
                .isEqualTo(new Cause.Place("orders", OptionalInt.of(3), memberId, OptionalInt.empty()));
    }

    @Test
    void groupThatReadsOnHasNoCauses() {
        assertThat(codes(Pictures.group(Pictures.ownedWork(Pictures.lag())))).isEmpty();
        assertThat(codes(Pictures.group())).isEmpty();
    }

    @Test
    void groupThatHasNothingToProcessHasNoCauses() {
        var nothing = Optional.of(Pictures.noLag());

        assertThat(codes(Pictures.emptyGroup(HOUR, Pictures.ownedWork(Pictures.noLag()))))
                .isEmpty();
        assertThat(codes(Pictures.group(
                        Pictures.work(Assignment.NONE, nothing, Told.NOTHING),
                        Pictures.work(Pictures.ownedBy("a"), nothing, Pictures.told(Pictures.paused())),
                        Pictures.work(Pictures.ownedBy("a"), nothing, Pictures.told(Pictures.full())),
                        Pictures.work(Pictures.ownedBy("a"), nothing, Pictures.told(Pictures.stopped(false, "why"))),
                        Pictures.work(Pictures.ownedBy("a"), nothing, Pictures.told(Pictures.processing(HOUR))),
                        Pictures.work(new Assignment("a", true, "b"), nothing, Told.NOTHING))))
                .isEmpty();
    }

    @Test
    void groupWithoutMembersIsToldOnce() {
        var work = Pictures.work(Assignment.NONE, Optional.of(Pictures.lag()), Told.NOTHING);

        var cause = only(Pictures.emptyGroup(Duration.ofSeconds(723), work, work));

        assertThat(cause.code()).isEqualTo(NO_MEMBER);
        assertThat(cause.sentence())
                .isEqualTo("group \"payments\" has had no member for 12 min 3 s, so nobody processes: 20 records in 2"
                        + " partitions wait");
        assertThat(cause.place()).isEqualTo(Cause.Place.EVERYWHERE);
    }

    @Test
    void whatIsNotMeasuredMayWait() {
        var work = Pictures.work(Assignment.NONE, Optional.empty(), Told.NOTHING);

        assertThat(only(Pictures.emptyGroup(HOUR, work)).sentence())
                .endsWith(": at least 0 records in 1 partition wait");
    }

    @Test
    void topicThatNoMemberWantsIsToldOnce() {
        var work = Pictures.work(Assignment.NONE, Optional.of(Pictures.lag()), Told.NOTHING);

        var cause = only(Pictures.group(work, work));

        assertThat(cause.code()).isEqualTo(NOT_SUBSCRIBED);
        assertThat(cause.sentence())
                .isEqualTo("no member of group \"payments\" wants topic \"orders\": 20 records in 2 partitions wait");
        assertThat(cause.place()).isEqualTo(Cause.Place.topic("orders"));
    }

    @Test
    void memberIsSilentFromHalfOfItsSessionOn() {
        var work = Pictures.ownedWork(Pictures.lag());

        assertThat(codes(Pictures.group(TrimmedOffsets.EARLIEST, Duration.ofMillis(4_999), work)))
                .isEmpty();
        var cause = only(Pictures.group(TrimmedOffsets.EARLIEST, Duration.ofSeconds(5), work));
        assertThat(cause.code()).isEqualTo(SILENT_MEMBER);
        assertThat(cause.sentence())
                .isEqualTo(
                        "member \"payments-a\" (host 10.0.0.4), which has 1 partition, was not heard of for 5 s; when"
                                + " its session of 10 s is over they are given to others");
        assertThat(cause.place()).isEqualTo(Cause.Place.member("a"));
    }

    @Test
    void eachMemberIsSilentByItsOwnSession() {
        var silent = Optional.of(new Heard(HOUR, Duration.ofSeconds(20)));
        var work = new Work[] {
            Pictures.ownedWork(Pictures.lag()),
            Pictures.work(Pictures.ownedBy("b"), Optional.of(Pictures.lag()), Told.NOTHING)
        };

        var cause = only(Pictures.group(
                TrimmedOffsets.EARLIEST,
                Pictures.member("a", Duration.ofSeconds(30), silent),
                Pictures.member("b", Duration.ofSeconds(60), silent),
                work));

        assertThat(cause.code()).isEqualTo(SILENT_MEMBER);
        assertThat(cause.place()).isEqualTo(Cause.Place.member("a"));
        assertThat(cause.sentence()).contains("when its session of 30 s is over");
    }

    @Test
    void silentMemberWithoutPartitionsHoldsNobodyBack() {
        var work = Pictures.work(Pictures.ownedBy("b"), Optional.of(Pictures.lag()), Told.NOTHING);

        assertThat(codes(Pictures.group(TrimmedOffsets.EARLIEST, Duration.ofSeconds(9), work)))
                .isEmpty();
    }

    @Test
    void partitionIsToMove() {
        var work = Pictures.work(new Assignment("a", true, "b"), Optional.of(Pictures.lag()), Told.NOTHING);

        assertCause(
                only(Pictures.group(work)),
                MOVING,
                "a",
                "partition orders-3: member \"payments-a\" (host 10.0.0.4) was asked to give it up, and has not yet; it"
                        + " goes to member \"payments-b\" (host 10.0.0.4)");
    }

    @Test
    void partitionIsPaused() {
        assertCause(
                only(Pictures.group(Pictures.toldWork(Pictures.paused()))),
                PAUSED,
                "a",
                "partition orders-3: member \"payments-a\" (host 10.0.0.4) has paused it, and 10 records wait");
    }

    @Test
    void memberGrantsNoCredits() {
        assertCause(
                only(Pictures.group(Pictures.toldWork(Pictures.full()))),
                NO_CREDITS,
                "a",
                "partition orders-3: member \"payments-a\" (host 10.0.0.4) asks for no more: what it read ahead from"
                        + " offset 42 on fills its bounds and is not processed");
    }

    @Test
    void handlerIsSlowFromTenSecondsOn() {
        assertThat(codes(Pictures.group(Pictures.toldWork(Pictures.processing(Duration.ofMillis(9_999))))))
                .isEmpty();
        assertThat(codes(Pictures.group(Pictures.toldWork(Pictures.processing(Duration.ofSeconds(10))))))
                .containsExactly(SLOW_HANDLER);
        assertCause(
                only(Pictures.group(Pictures.toldWork(Pictures.processing(Duration.ofSeconds(192))))),
                SLOW_HANDLER,
                "a",
                "partition orders-3: member \"payments-a\" (host 10.0.0.4) has handled the record at offset 42 for 3 min"
                        + " 12 s");
    }

    @Test
    void recordFailsAndIsTriedAgain() {
        assertCause(
                only(Pictures.group(Pictures.toldWork(Pictures.failed(3)))),
                FAILING_RECORD,
                "a",
                "partition orders-3: the record at offset 42 failed 3 times with member \"payments-a\" (host 10.0.0.4) and"
                        + " is tried again");
    }

    @Test
    void memberHasStopped() {
        assertCause(
                only(Pictures.group(Pictures.toldWork(Pictures.stopped(false, "the handler\ngave up")))),
                STOPPED,
                "a",
                "partition orders-3: member \"payments-a\" (host 10.0.0.4) has stopped at offset 42, where the record"
                        + " failed 2 times: the handler gave up");
    }

    @Test
    void memberHasStoppedAndLeft() {
        var work = Pictures.work(Assignment.NONE, Optional.of(Pictures.lag()), Pictures.left(false));

        var causes = explain(Pictures.emptyGroup(HOUR, work));

        assertThat(causes).extracting(Cause::code).containsExactly(NO_MEMBER, STOPPED);
        assertCause(
                causes.get(1),
                STOPPED,
                "gone",
                "partition orders-3: member \"payments-gone\" (host 10.0.0.5) stopped at offset 42 and left 2 min 5 s"
                        + " ago: the handler gave up");
        assertThat(causes.get(1).hint()).contains("start the application again");
        var done = Pictures.work(Assignment.NONE, Optional.of(Pictures.noLag()), Pictures.left(false));
        assertThat(codes(Pictures.emptyGroup(HOUR, done))).isEmpty();
    }

    @Test
    void stopOfAMemberThatLeftIsToldUntilTheNextOneStopsToo() {
        var lag = Optional.of(Pictures.lag());
        var left = Pictures.left(false);
        var both = new Told(Optional.of(Pictures.stopped(false, "why")), Optional.empty(), left.left());

        var cause = only(Pictures.group(Pictures.work(Pictures.ownedBy("a"), lag, left)));
        assertThat(cause.code()).isEqualTo(STOPPED);
        assertThat(cause.place().memberId()).isEqualTo("gone");
        assertThat(cause.hint()).contains("member \"payments-a\" (host 10.0.0.4) has the partition now");
        assertThat(only(Pictures.group(Pictures.work(Pictures.ownedBy("a"), lag, both)))
                        .place()
                        .memberId())
                .isEqualTo("a");
    }

    @Test
    void memberThatFoundNothingToGoOnWithHasLeft() {
        var lag = Optional.of(Pictures.lag());

        var causes = explain(Pictures.emptyGroup(HOUR, Pictures.work(Assignment.NONE, lag, Pictures.left(true))));

        assertThat(causes).extracting(Cause::code).containsExactly(NO_MEMBER, OUT_OF_RANGE);
        assertThat(causes.get(1).sentence())
                .isEqualTo("partition orders-3: member \"payments-gone\" (host 10.0.0.5) found no record to go on with,"
                        + " and left 2 min 5 s ago: the handler gave up");
        assertThat(causes.get(1).place().memberId()).isEqualTo("gone");
    }

    @Test
    void memberFindsNothingToGoOnWith() {
        var cause = only(Pictures.group(Pictures.toldWork(Pictures.stopped(true, "offset 42 was trimmed"))));

        assertCause(
                cause,
                OUT_OF_RANGE,
                "a",
                "partition orders-3: member \"payments-a\" (host 10.0.0.4) finds no record to go on with: offset 42 was"
                        + " trimmed");
        assertThat(cause.hint()).contains("reset");
    }

    @Test
    void committedOffsetWasTrimmed() {
        var trimmed = Pictures.ownedWork(Pictures.lagOf(42, 50, 52));

        assertCause(
                only(Pictures.group(trimmed)),
                OUT_OF_RANGE,
                "a",
                "partition orders-3: the group is at offset 42, the log begins at 50 by now: 8 records went before it"
                        + " processed them");
        assertThat(only(Pictures.group(trimmed)).hint()).startsWith("members go on at the first offset");
        assertThat(only(Pictures.group(TrimmedOffsets.LATEST, MOMENT, trimmed)).hint())
                .startsWith("members go on at the end");
        assertThat(only(Pictures.group(TrimmedOffsets.FAIL, MOMENT, trimmed)).hint())
                .startsWith("reset");
        assertThat(codes(Pictures.group(Pictures.ownedWork(Pictures.lagOf(42, 42, 52)))))
                .isEmpty();
    }

    @Test
    void committedOffsetLiesBeyondTheEnd() {
        assertThat(only(Pictures.group(Pictures.ownedWork(Pictures.lagOf(42, 0, 41))))
                        .sentence())
                .isEqualTo("partition orders-3: the group is at offset 42, the log ends at 41");
        assertThat(codes(Pictures.group(Pictures.ownedWork(Pictures.lagOf(42, 0, 42)))))
                .isEmpty();
    }

    @Test
    void commitOfAnotherMemberWasRefused() {
        var refused = new Fenced("gone", Reason.MEMBER_FENCED, false, Duration.ofSeconds(125));
        var work = Pictures.work(Pictures.ownedBy("a"), Optional.of(Pictures.noLag()), Pictures.fenced(refused));

        assertCause(
                only(Pictures.group(work)),
                FENCED,
                "gone",
                "partition orders-3: a commit of member \"gone\" was refused 2 min 5 s ago (MEMBER_FENCED), because the"
                        + " partition was not its own any more");
    }

    @Test
    void sessionOfAMemberEnded() {
        var expired = new Fenced("gone", Reason.UNKNOWN_MEMBER, true, Duration.ofSeconds(125));
        var work = Pictures.work(Pictures.ownedBy("a"), Optional.of(Pictures.noLag()), Pictures.fenced(expired));

        var cause = only(Pictures.group(work));
        assertCause(
                cause,
                FENCED,
                "gone",
                "partition orders-3: member \"gone\" was not heard of for its session, which ended 2 min 5 s ago: it"
                        + " may commit there no more (UNKNOWN_MEMBER)");
        assertThat(cause.hint()).contains("processed again by member \"payments-a\"", "longer than its session");
    }

    private static Work idle(Duration age, Rates rates, Optional<Duration> committedAgo) {
        var lag = Pictures.lag(age, Optional.empty(), rates);
        return Pictures.work(Pictures.ownedBy("a"), Optional.of(lag), Told.NOTHING, committedAgo);
    }

    @Test
    void partitionStandsStillThoughNobodySaysWhy() {
        var minute = Duration.ofMinutes(1);
        var nothing = Pictures.rates(0, 0, Optional.empty());

        assertCause(
                only(Pictures.group(idle(minute, nothing, Optional.of(minute)))),
                TOO_SLOW,
                "a",
                "partition orders-3: the group has committed nothing for 1 min, and 10 records wait, the next one for"
                        + " 1 min");
        assertThat(only(Pictures.group(idle(HOUR, Rates.UNKNOWN, Optional.empty())))
                        .sentence())
                .isEqualTo("partition orders-3: the group has committed nothing yet, and 10 records wait, the next one"
                        + " for 1 h");
        assertThat(codes(Pictures.group(idle(HOUR, Pictures.rates(0, 1, Optional.empty()), Optional.of(HOUR)))))
                .containsExactly(TOO_SLOW);
    }

    @Test
    void partitionThatIsProcessedOrHasNothingToDoDoesNotStandStill() {
        var shorter = Duration.ofMillis(59_999);
        var nothing = Pictures.rates(0, 0, Optional.empty());
        var noLag =
                Pictures.work(Pictures.ownedBy("a"), Optional.of(Pictures.noLag()), Told.NOTHING, Optional.of(HOUR));

        assertThat(codes(Pictures.group(
                        idle(shorter, nothing, Optional.of(HOUR)),
                        idle(HOUR, nothing, Optional.of(shorter)),
                        idle(HOUR, Rates.UNKNOWN, Optional.of(shorter)),
                        noLag)))
                .isEmpty();
    }

    @Test
    void memberThatHasJustComeIsGivenTimeForItsFirstCommit() {
        var work = idle(HOUR, Rates.UNKNOWN, Optional.empty());
        var b = Pictures.member("b", Duration.ZERO);
        var session = Duration.ofSeconds(10);
        var come = Optional.of(new Heard(Duration.ofMillis(59_999), MOMENT));

        assertThat(codes(Pictures.group(TrimmedOffsets.EARLIEST, Pictures.member("a", session, come), b, work)))
                .isEmpty();
        // Of it nobody knows anything who asks without a metadata leader.
        assertThat(codes(Pictures.group(
                        TrimmedOffsets.EARLIEST, Pictures.member("a", session, Optional.empty()), b, work)))
                .isEmpty();
    }

    @Test
    void partitionWithAnotherCauseDoesNotStandStillBesides() {
        var lag = Optional.of(Pictures.lag(HOUR, Optional.empty(), Rates.UNKNOWN));
        var ago = Optional.of(HOUR);
        var paused = Pictures.work(Pictures.ownedBy("a"), lag, Pictures.told(Pictures.paused()), ago);
        var moving = Pictures.work(new Assignment("a", true, "b"), lag, Told.NOTHING, ago);
        var unwanted = Pictures.work(Assignment.NONE, lag, Told.NOTHING, ago);
        var owned = Pictures.work(Pictures.ownedBy("a"), lag, Told.NOTHING, ago);

        assertThat(codes(Pictures.group(paused))).containsExactly(PAUSED);
        assertThat(codes(Pictures.group(moving))).containsExactly(MOVING);
        assertThat(codes(Pictures.group(unwanted))).containsExactly(NOT_SUBSCRIBED);
        assertThat(codes(Pictures.emptyGroup(HOUR, owned))).containsExactly(NO_MEMBER);
        assertThat(codes(Pictures.group(TrimmedOffsets.EARLIEST, Duration.ofSeconds(9), owned)))
                .containsExactly(SILENT_MEMBER);
    }

    @Test
    void groupIsTooSlowWhereItFallsBehind() {
        var slower = Pictures.lag(HOUR, Optional.empty(), Pictures.rates(10, 25.04, Optional.empty()));

        assertCause(
                only(Pictures.group(Pictures.ownedWork(slower))),
                TOO_SLOW,
                "a",
                "partition orders-3: the group commits 10.0 offsets/s, and 25.0 are appended, and 10 records wait, the"
                        + " next one for 1 h");
    }

    @Test
    void groupThatKeepsUpOrIsNotFarBehindIsNotTooSlow() {
        var keepsUp = Pictures.lag(HOUR, Optional.empty(), Pictures.rates(9, 10, Optional.empty()));
        var close = Pictures.lag(Duration.ofSeconds(59), Optional.empty(), Pictures.rates(1, 10, Optional.empty()));
        var unknown = Pictures.lag(HOUR, Optional.empty(), Rates.UNKNOWN);

        assertThat(codes(Pictures.group(
                        Pictures.ownedWork(keepsUp), Pictures.ownedWork(close), Pictures.ownedWork(unknown))))
                .isEmpty();
    }

    @Test
    void retentionIsNearWhereTheGroupDoesNotComeInTime() {
        var late = Pictures.lag(HOUR, Optional.of(Duration.ofMinutes(25)), Pictures.rates(30, 10, Optional.of(HOUR)));

        assertCause(
                only(Pictures.group(Pictures.ownedWork(late))),
                RETENTION_NEAR,
                "a",
                "partition orders-3: retention may remove the next record in 25 min, and 10 records wait; the group needs"
                        + " 1 h more");
    }

    @Test
    void retentionIsNearAndNobodyKnowsHowFastTheGroupGoes() {
        var left = Optional.of(Duration.ofMinutes(25));
        var never = Pictures.lag(HOUR, left, Pictures.rates(10, 11, Optional.empty()));

        assertThat(only(Pictures.group(Pictures.ownedWork(Pictures.lag(HOUR, left, Rates.UNKNOWN))))
                        .sentence())
                .endsWith("; how fast the group goes is not known yet");
        assertThat(only(Pictures.group(Pictures.ownedWork(never))).sentence())
                .endsWith("; at its rate the group does not catch up");
    }

    @Test
    void retentionIsNotNearWhereTheGroupComesInTimeOrThereIsTime() {
        var inTime = Pictures.lag(HOUR, Optional.of(HOUR), Pictures.rates(30, 10, Optional.of(HOUR)));
        var young = Pictures.lag(MOMENT, Optional.of(HOUR), Rates.UNKNOWN);
        var days = Duration.ofDays(3);
        var far = Pictures.lag(days, Optional.of(days), Rates.UNKNOWN);

        assertThat(codes(
                        Pictures.group(Pictures.ownedWork(inTime), Pictures.ownedWork(young), Pictures.ownedWork(far))))
                .isEmpty();
    }

    @Test
    void partitionThatStandsStillIsToldWithItsDeadNodes() {
        var partition = Pictures.partition(Standing.SOUND, Standing.SILENT, Standing.SILENT);
        var around = Pictures.around(partition, Pictures.node(2, NodeState.DEAD), Pictures.node(3, NodeState.DEAD));

        assertThat(Explainer.group(Pictures.group(Pictures.ownedWork(Pictures.lag())), around))
                .extracting(Cause::code)
                .containsExactly(NO_MAJORITY, NODE_DEAD, NODE_DEAD);
    }

    @Test
    void partitionWithoutLeaderHoldsTheGroupBack() {
        var around = Pictures.around(
                Pictures.partition(OptionalInt.empty(), Standing.SOUND, Standing.SOUND, Standing.SOUND));

        assertThat(Explainer.group(Pictures.group(), around))
                .extracting(Cause::code)
                .containsExactly(NO_LEADER);
    }

    @Test
    void missingReplicaAndAFollowersDiskHoldNoGroupBack() {
        var around = Pictures.around(
                Pictures.partition(Standing.SOUND, Standing.SOUND, Standing.SILENT),
                Pictures.node(2, Level.FULL),
                Pictures.node(3, NodeState.DEAD));

        assertThat(Explainer.group(Pictures.group(Pictures.ownedWork(Pictures.lag())), around))
                .isEmpty();
    }

    @Test
    void leaderWhoseDiskHasNoRoomTakesNothingNew() {
        var around = Pictures.around(Pictures.soundPartition(), Pictures.node(1, Level.LOW));

        assertThat(Explainer.group(Pictures.group(), around)).singleElement().satisfies(cause -> {
            assertThat(cause.code()).isEqualTo(DISK);
            assertThat(cause.sentence())
                    .isEqualTo(
                            "the data disk of node 1 has 500 bytes left, its floor is 1000: the node takes no batches"
                                    + " of producers");
        });
    }

    @Test
    void gravestCauseComesFirst() {
        var group = Pictures.group(
                TrimmedOffsets.EARLIEST, Duration.ofSeconds(9), Pictures.toldWork(Pictures.stopped(false, "why")));

        assertThat(Explainer.group(group, Pictures.leaderless()))
                .extracting(Cause::code)
                .containsExactly(NO_METADATA_LEADER, STOPPED, SILENT_MEMBER);
    }
}
