package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.proto.v1.TrimmedOffsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test is the consumer, and says what the coordinator does. */
final class GrpcMembershipTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);
    private static final TopicPartition ZERO = new TopicPartition("orders", 0);
    private static final TopicPartition ONE = new TopicPartition("orders", 1);

    private final Told told = new Told();
    private final ScriptedCluster cluster = ScriptedCluster.start(3);
    private ScriptedGroup group;
    private CordwoodClient client;
    private GrpcMembership membership;

    /** What was reported; guarded by the cluster's lock, like what it is compared with. */
    private final class Told implements GroupMembership.Listener {
        private final List<GroupMembership.Assignments> assigned = new ArrayList<>();
        private final List<String> fences = new ArrayList<>();
        private final List<CordwoodException> refusals = new ArrayList<>();
        private final List<CordwoodException> failures = new ArrayList<>();
        private final List<PartitionId> startless = new ArrayList<>();
        private final List<HeldPartition> held = new ArrayList<>();
        private boolean answersHeld = true;

        @Override
        public void assigned(GroupMembership.Assignments whole) {
            synchronized (cluster) {
                assigned.add(whole);
            }
        }

        @Override
        public CompletableFuture<List<HeldPartition>> held() {
            synchronized (cluster) {
                return answersHeld ? CompletableFuture.completedFuture(List.copyOf(held)) : new CompletableFuture<>();
            }
        }

        @Override
        public void fenced(String reason) {
            synchronized (cluster) {
                fences.add(reason);
            }
        }

        @Override
        public void refused(CordwoodException reason) {
            synchronized (cluster) {
                refusals.add(reason);
            }
        }

        @Override
        public void failed(CordwoodException reason) {
            synchronized (cluster) {
                failures.add(reason);
            }
        }

        @Override
        public void beginsNowhere(List<PartitionId> partitions, CordwoodException reason) {
            synchronized (cluster) {
                startless.addAll(partitions);
                refusals.add(reason);
            }
        }

        private boolean has(TopicPartition partition) {
            return last().assigned().stream().anyMatch(each -> each.partition().equals(partition));
        }

        private GroupMembership.Assignments last() {
            return assigned.isEmpty()
                    ? new GroupMembership.Assignments(0, OutOfRange.FAIL, List.of(), List.of())
                    : assigned.get(assigned.size() - 1);
        }
    }

    @BeforeEach
    void start() {
        cluster.createTopic("orders", 2);
        group = cluster.group;
        client = cluster.connect();
        membership = membership("");
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void helloSaysWhoItIsAndFindsTheCoordinatorThatARefusalNames() {
        say(() -> group.coordinator = 3);

        join();

        var hello = ask(() -> group.hellos.get(0));
        assertThat(hello.getGroup()).isEqualTo("billing");
        assertThat(hello.getMemberEpoch()).isZero();
        assertThat(hello.getTopicsList()).containsExactly("orders", "returns");
        assertThat(hello.getPattern()).isEqualTo("o.*");
        assertThat(hello.getSettings().getSessionTimeout().getSeconds()).isEqualTo(5);
        assertThat(hello.getSettings().getTrimmedOffsets()).isEqualTo(TrimmedOffsets.TRIMMED_OFFSETS_LATEST);
    }

    @Test
    void coordinatorThatNobodyNamesIsFound() {
        say(() -> {
            group.coordinator = 2;
            group.namesCoordinator = false;
        });

        join();

        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void brokenStreamIsFollowedByAnotherOfTheSameMember() {
        commitStored(ZERO, 4);
        join();
        give(ZERO);
        long epoch = ask(() -> told.last().epoch());

        say(group::breakStreams);
        await(() -> group.isConnected() && group.hellos.size() == 2);

        var again = ask(() -> group.hellos.get(1));
        assertThat(again.getMemberId()).isEqualTo(ask(() -> group.hellos.get(0).getMemberId()));
        assertThat(again.getMemberEpoch()).isEqualTo(epoch);
        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void coordinatorIsFollowedWhereItMovesAndWhereItsNodeIsGone() {
        join();
        say(() -> group.moveTo(2));
        await(() -> group.isConnected());
        cluster.stopNode(2);
        say(() -> group.coordinator = 3);
        await(() -> group.isConnected());

        assertThat(ask(() -> group.members)).hasSize(1);
        assertThat(ask(() -> told.fences)).isEmpty();
        assertThat(ask(() -> group.hellos)).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void nodeThatAnswersNoPingIsLeftBeforeTheLeaseIsOver() {
        join();
        say(() -> {
            group.silentNode = 1;
            group.coordinator = 2;
        });
        await(() -> group.isConnected() && group.hellos.size() > 1);

        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void pingsGoOnAsLongAsTheConsumerDoesNothing() {
        join();

        await(() -> group.pings > 5);

        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void pingTellsWhatHoldsTheMemberBack() {
        var id = new PartitionId(cluster.topic("orders").id, 1);
        var outside = new OffsetOutOfRangeException(ONE, 7, 40, 90);
        say(() -> told.held.add(
                new HeldPartition(id, 7, true, true, Optional.of(Duration.ofMillis(2_500)), 3, Optional.of(outside))));
        join();
        await(() -> group.held.size() == 1);

        var held = ask(() -> group.held.get(0));
        assertThat(held.getPartition().getTopicId()).isEqualTo(id.topicId().toString());
        assertThat(held.getPartition().getPartition()).isEqualTo(1);
        assertThat(held.getOffset()).isEqualTo(7);
        assertThat(held.getPaused() && held.getFull()).isTrue();
        assertThat(GroupMessages.duration(held.getProcessing())).isEqualTo(Duration.ofMillis(2_500));
        assertThat(held.getFailedAttempts()).isEqualTo(3);
        assertThat(held.getStopped().getCode()).isEqualTo(11);
        assertThat(StatusTranslation.of(held.getStopped()).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);

        say(told.held::clear);
        await(() -> group.held.isEmpty());
    }

    @Test
    void whyTheApplicationStoppedIsToldInFewWords() {
        var id = new PartitionId(cluster.topic("orders").id, 0);
        var reason = new IllegalStateException("no such customer".repeat(100));
        say(() -> told.held.add(new HeldPartition(id, 7, false, false, Optional.empty(), 0, Optional.of(reason))));
        join();
        await(() -> group.held.size() == 1);

        var held = ask(() -> group.held.get(0));
        assertThat(held.hasProcessing()).isFalse();
        assertThat(held.getStopped().getMessage()).hasSize(500).startsWith("no such customer");
        assertThat(held.getStopped().getDetailsList()).isEmpty();
    }

    @Test
    void pingsDoNotWaitForAConsumerThatDoesNotAnswer() {
        var id = new PartitionId(cluster.topic("orders").id, 0);
        say(() -> told.held.add(new HeldPartition(id, 7, true, false, Optional.empty(), 0, Optional.empty())));
        join();
        await(() -> group.held.size() == 1);
        say(() -> {
            told.answersHeld = false;
            group.pings = 0;
        });

        await(() -> group.pings > 5);

        assertThat(ask(() -> group.held)).as("what was so before").hasSize(1);
        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void leaseThatIsOverIsAFenceAndTheMemberFindsOutWhetherItStillIsOne() {
        say(() -> group.sessionMillis = 400);
        join();
        say(() -> group.allAreSilent = true);
        await(() -> !told.fences.isEmpty());
        say(() -> {
            group.allAreSilent = false;
            group.sessionMillis = 5_000;
        });

        membership.join(told);
        await(() -> group.isConnected());

        assertThat(ask(() -> told.fences)).hasSize(1);
        assertThat(ask(() -> group.hellos.get(group.hellos.size() - 1).getMemberId()))
                .isEqualTo(ask(() -> group.hellos.get(0).getMemberId()));
    }

    @Test
    void sessionThatIsShorterFromNowOnEndsTheLeaseSooner() {
        say(() -> {
            group.sessionMillis = 1_800_000;
            group.pingMillis = 300;
        });
        join();
        await(() -> group.pings > 1);

        say(() -> group.sessionMillis = 900);
        int pings = ask(() -> group.pings);
        await(() -> group.pings > pings);
        say(() -> group.allAreSilent = true);

        await(() -> !told.fences.isEmpty());
    }

    @Test
    void pingsComeMoreOftenOnceTheGroupSaysSo() {
        say(() -> {
            group.pingMillis = 3_600_000;
            group.pongPingMillis = 20;
        });

        join();

        await(() -> group.pings > 5);
    }

    @Test
    void memberPingsAsSoonAsItIsIn() {
        say(() -> group.pingMillis = 3_600_000);

        join();

        await(() -> group.pings == 1);
    }

    @Test
    void otherPlaceForTrimmedOffsetsIsToldWithTheNextPong() {
        commitStored(ZERO, 4);
        join();
        give(ZERO);
        assertThat(ask(() -> told.last().outOfRange())).isEqualTo(OutOfRange.EARLIEST);

        say(() -> group.trimmedOffsets = TrimmedOffsets.TRIMMED_OFFSETS_FAIL);

        await(() -> told.last().outOfRange() == OutOfRange.FAIL);
        assertThat(ask(() -> told.has(ZERO))).isTrue();
    }

    @Test
    void removedMemberIsFencedAndComesAsSomebodyNew() {
        membership = membership("till-7");
        join();
        say(() -> group.remove(group.member(), "UNKNOWN_MEMBER"));
        await(() -> told.fences.size() == 1);
        assertThat(ask(() -> group.hellos)).hasSize(1);

        membership.join(told);
        await(() -> group.isConnected());

        var again = ask(() -> group.hellos.get(1));
        assertThat(again.getMemberId())
                .isNotEqualTo(ask(() -> group.hellos.get(0).getMemberId()));
        assertThat(again.getMemberEpoch()).isZero();
        assertThat(again.getInstanceId()).isEqualTo("till-7");
    }

    @Test
    void memberThatWasRemovedWhileItHadNoStreamIsFenced() {
        commitStored(ZERO, 4);
        join();
        give(ZERO);
        say(() -> {
            group.members.clear();
            group.breakStreams();
        });

        await(() -> told.fences.size() == 1);

        assertThat(ask(() -> group.hellos.get(1).getMemberEpoch())).isPositive();
    }

    @Test
    void refusalForGoodIsTold() {
        say(() -> group.helloRefusals.add(Refusals.of("INVALID_SUBSCRIPTION", "no expression")));

        membership.join(told);

        await(() -> told.refusals.size() == 1);
        assertThat(ask(() -> told.refusals.get(0).code())).isEqualTo(ErrorCode.INVALID_SUBSCRIPTION);
        assertThat(ask(() -> group.hellos)).hasSize(1);
    }

    @Test
    void staticMemberWaitsUntilItsPredecessorIsGone() {
        say(() -> {
            group.helloRefusals.add(Refusals.of("DUPLICATE_INSTANCE_ID", "it is there"));
            group.helloRefusals.add(Refusals.of("DUPLICATE_INSTANCE_ID", "it is there"));
        });

        join();

        assertThat(ask(() -> group.hellos)).hasSize(3);
        assertThat(ask(() -> told.refusals)).isEmpty();
    }

    @Test
    void assignmentSaysWhereToBeginAndWhatIsRevoked() {
        say(() -> group.offsets.put(ZERO, new ScriptedGroup.Stored(7, 2, "half way")));
        commitStored(ONE, 3);
        join();
        give(ZERO, ONE);
        long since = ask(() -> group.member().epoch);

        say(() -> group.revoke(group.member(), ONE));
        await(() -> told.last().revoked().size() == 1);

        var topicId = cluster.topic("orders").id;
        assertThat(ask(() -> told.last().assigned()))
                .containsExactly(new GroupMembership.Assignment(ZERO, topicId, since, 7, 7, "half way"));
        assertThat(ask(() -> told.last().revoked()))
                .containsExactly(new GroupMembership.Revocation(new PartitionId(topicId, 1), since));
        assertThat(ask(() -> told.last().outOfRange())).isEqualTo(OutOfRange.EARLIEST);
        assertThat(ask(() -> told.fences)).isEmpty();

        membership.acknowledge(ask(() -> told.last().epoch()), List.of(new PartitionId(topicId, 1)));
        await(() -> group.releases.size() == 1 && told.last().revoked().isEmpty());
    }

    @Test
    void assignmentOfBeforeMeansNothing() {
        commitStored(ZERO, 4);
        join();
        give(ZERO);
        int before = ask(() -> told.assigned.size());

        say(() -> group.assignOfBefore(group.member()));
        give(ZERO);

        assertThat(ask(() -> told.assigned)).hasSize(before + 1);
    }

    @Test
    void partitionWithoutACommittedOffsetBeginsWhereTheGroupSays() {
        try (var producer = client.producer().open()) {
            producer.send(new ProducerRecord("orders", 1, null, new byte[] {1})).join();
        }
        commitStored(ZERO, 9);
        say(() -> group.trimmedOffsets = TrimmedOffsets.TRIMMED_OFFSETS_LATEST);
        say(() -> cluster.answers.failNext("ListOffsets.1", Refusals.of("LEADER_UNKNOWN", "an election")));
        join();

        give(ZERO, ONE);

        await(() -> told.has(ONE));
        var begun = ask(() -> told.last().assigned().get(1));
        assertThat(begun.offset()).isEqualTo(1);
        assertThat(begun.committed()).isEqualTo(-1);
        assertThat(ask(() -> told.assigned.stream()
                        .anyMatch(whole -> whole.assigned().size() == 1)))
                .as("the other one did not wait")
                .isTrue();
    }

    @Test
    void memberThatCannotFindOutWhereToBeginIsOneUntilItLeaves() {
        commitStored(ZERO, 9);
        say(() -> group.trimmedOffsets = TrimmedOffsets.TRIMMED_OFFSETS_LATEST);
        say(() -> cluster.answers.failNext("ListOffsets.1", Refusals.of("INVALID_ARGUMENT", "by the test")));
        join();

        give(ZERO, ONE);
        await(() -> told.failures.size() == 1);

        assertThat(ask(() -> told.failures.get(0).code())).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(ask(() -> told.refusals)).isEmpty();
        assertThat(isCommitted(commit(commitOf(ZERO, 10, ask(() -> told.last().epoch())))))
                .isTrue();
    }

    @Test
    void groupThatSaysNowhereRefusesAPartitionWithoutAnOffset() {
        say(() -> group.trimmedOffsets = TrimmedOffsets.TRIMMED_OFFSETS_FAIL);
        join();
        say(() -> group.give(group.member(), ZERO));

        await(() -> !told.refusals.isEmpty());

        assertThat(ask(() -> told.refusals.get(0).code())).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(ask(() -> told.startless.get(0))).isEqualTo(id(0));
    }

    @Test
    void commitIsAnsweredOffsetByOffset() {
        commitStored(ONE, 50);
        join();
        give(ZERO, ONE);
        long epoch = ask(() -> told.last().epoch());
        var other = new TopicPartition("orders", 5);

        var outcomes = commit(commitOf(ZERO, 12, epoch), commitOf(ONE, 40, epoch), commitOf(other, 1, epoch));

        assertThat(outcomes)
                .succeedsWithin(SECONDS)
                .isEqualTo(Map.of(
                        ZERO, GroupMembership.CommitOutcome.COMMITTED,
                        ONE, GroupMembership.CommitOutcome.COMMITTED,
                        other, GroupMembership.CommitOutcome.NOT_OWNED));
        assertThat(stored(ZERO)).isEqualTo(new ScriptedGroup.Stored(12, 3, "text"));
        assertThat(stored(ONE).offset()).isEqualTo(50);
    }

    @Test
    void refusalsOfOffsetsSayWhetherThePartitionOrTheMemberIsOver() {
        commitStored(ZERO, 0);
        join();
        give(ZERO);
        var expected = Map.of(
                "MEMBER_FENCED", GroupMembership.CommitOutcome.NOT_OWNED,
                "UNKNOWN_TOPIC", GroupMembership.CommitOutcome.NOT_OWNED,
                "UNKNOWN_MEMBER", GroupMembership.CommitOutcome.FENCED,
                "METADATA_UNAVAILABLE", GroupMembership.CommitOutcome.UNCONFIRMED,
                "OVERLOADED", GroupMembership.CommitOutcome.UNCONFIRMED,
                "OFFSET_OUT_OF_RANGE", GroupMembership.CommitOutcome.OUT_OF_RANGE);

        expected.forEach((reason, outcome) -> {
            say(() -> group.commitRefusals.put(ZERO, Refusals.of(reason, "by the test")));
            assertThat(commit(commitOf(ZERO, 1, 1)))
                    .as(reason)
                    .succeedsWithin(SECONDS)
                    .isEqualTo(Map.of(ZERO, outcome));
        });
    }

    @Test
    void offsetThatIsRefusedForGoodDoesNotHideWhatBecameOfTheOthersOfItsCall() {
        join();
        give(ZERO, ONE);
        long epoch = ask(() -> told.last().epoch());
        say(() -> group.commitRefusals.put(ZERO, Refusals.of("LIMIT_REACHED", "too much text")));

        var outcomes = commit(commitOf(ZERO, 12, epoch), commitOf(ONE, 40, epoch));

        assertThat(outcomes).succeedsWithin(SECONDS);
        var refused = Objects.requireNonNull(outcomes.join().get(ZERO));
        assertThat(refused.fate()).isEqualTo(GroupMembership.CommitOutcome.Fate.REFUSED);
        assertThat(Objects.requireNonNull(refused.reason()).code()).isEqualTo(ErrorCode.LIMIT_REACHED);
        assertThat(outcomes.join()).containsEntry(ONE, GroupMembership.CommitOutcome.COMMITTED);
    }

    @Test
    void largeCommitGoesInPartsAndOneOfSeveralEpochsToo() {
        join();
        var commits = new ArrayList<GroupMembership.Commit>();
        for (int number = 0; number < 1_500; number++) {
            commits.add(commitOf(new TopicPartition("orders", number), 1, number == 0 ? 1 : 2));
        }

        var outcomes = membership.commit(commits);

        assertThat(outcomes).succeedsWithin(SECONDS);
        assertThat(outcomes.join()).hasSize(1_500);
        assertThat(ask(() -> group.commitSizes)).containsExactly(1, 1_000, 499);
    }

    @Test
    void commitWithMuchTextGoesInPartsThatTheGroupTakes() {
        join();
        var commits = new ArrayList<GroupMembership.Commit>();
        var topicId = cluster.topic("orders").id;
        for (int number = 0; number < 100; number++) {
            var text = "\u00e4".repeat(number == 99 ? 200_000 : 2_048);
            commits.add(new GroupMembership.Commit(new TopicPartition("orders", number), topicId, 1, 3, text, 1));
        }

        var outcomes = membership.commit(commits);

        assertThat(outcomes).succeedsWithin(SECONDS);
        assertThat(outcomes.join()).hasSize(100);
        // 63 texts of 4096 bytes and 64 beside them, and 128, are 262,208; 256 KiB are 262,144.
        assertThat(ask(() -> group.commitSizes)).containsExactly(62, 37, 1);
    }

    @Test
    void commitWhoseAnswerIsLostFailsAndMayBeRepeated() {
        commitStored(ZERO, 0);
        join();
        give(ZERO);
        long epoch = ask(() -> told.last().epoch());
        say(() -> group.losesNextAnswer = true);

        var lost = Failures.of(commit(commitOf(ZERO, 5, epoch)));
        assertThat(lost.retryable()).isTrue();
        await(() -> group.isConnected());
        Awaitility.await().atMost(SECONDS).until(() -> isCommitted(commit(commitOf(ZERO, 5, epoch))));

        assertThat(stored(ZERO).offset()).isEqualTo(5);
    }

    @Test
    void commitWithoutAStreamFailsAtOnce() {
        var failure = Failures.of(commit(commitOf(ZERO, 5, 1)));

        assertThat(failure.retryable()).isTrue();
    }

    @Test
    void memberLeavesAndComesNoMore() {
        join();

        assertThat(membership.leave(false, List.of(), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.members)).isEmpty();
        assertThat(ask(() -> group.leaves)).isEqualTo(1);
        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void memberThatLeavesSaysBeforeWhereItStopped() {
        say(() -> group.pingMillis = 3_600_000);
        join();
        await(() -> group.pings == 1);
        int pings = ask(() -> group.pings);

        assertThat(membership.leave(false, List.of(stopped(1)), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.leaves)).isEqualTo(1);
        assertThat(ask(() -> group.pings)).isEqualTo(pings + 1);
        var last = ask(() -> group.held.get(0));
        assertThat(last.getPartition().getPartition()).isEqualTo(1);
        assertThat(last.getStopped().getMessage()).isEqualTo("no such customer");
    }

    @Test
    void memberThatHasNothingNewToSayJustLeaves() {
        say(() -> group.pingMillis = 3_600_000);
        join();

        assertThat(membership.leave(false, List.of(), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.pings)).isEqualTo(1);
    }

    @Test
    void staticMemberSaysWhereItStoppedBeforeItEndsItsStream() {
        membership = membership("till-7");
        join();

        assertThat(membership.leave(false, List.of(stopped(0)), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.completions)).isEqualTo(1);
        assertThat(ask(() -> group.held.get(0).hasStopped())).isTrue();
    }

    @Test
    void memberThatLeavesWithoutAStreamSaysWhereItStoppedOnTheNext() {
        join();
        say(() -> {
            group.helloRefusals.add(Refusals.of("METADATA_UNAVAILABLE", "an election"));
            group.breakStreams();
        });

        assertThat(membership.leave(false, List.of(stopped(0)), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.leaves)).isEqualTo(1);
        assertThat(ask(() -> group.held.get(0).hasStopped())).isTrue();
    }

    @Test
    void memberThatBeginsAnewDoesNotTellWhatHeldItBackBefore() {
        say(() -> told.held.add(new HeldPartition(id(0), 7, true, false, Optional.empty(), 0, Optional.empty())));
        join();
        await(() -> group.held.size() == 1);
        say(() -> group.remove(group.member(), "UNKNOWN_MEMBER"));
        await(() -> told.fences.size() == 1);
        say(() -> {
            told.held.clear();
            group.pings = 0;
            group.pingMillis = 3_600_000;
        });

        membership.join(told);
        await(() -> group.pings == 1);

        assertThat(ask(() -> group.held)).isEmpty();
    }

    @Test
    void memberThatLeavesWhileItsStreamIsBrokenFindsTheCoordinatorToSaySo() {
        commitStored(ZERO, 1);
        join();
        give(ZERO);
        say(() -> {
            group.helloRefusals.add(Refusals.of("METADATA_UNAVAILABLE", "an election"));
            group.breakStreams();
        });

        assertThat(membership.leave(false, List.of(), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.members)).isEmpty();
    }

    @Test
    void staticMemberEndsItsStreamWithoutALeaveAndItsCommitsArrive() {
        membership = membership("till-7");
        commitStored(ZERO, 1);
        join();
        give(ZERO);
        var unused = commit(commitOf(ZERO, 5, ask(() -> told.last().epoch())));

        assertThat(membership.leave(false, List.of(), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.member().stream)).isNull();
        assertThat(ask(() -> group.completions)).isEqualTo(1);
        assertThat(ask(() -> group.leaves)).isZero();
        assertThat(stored(ZERO).offset()).isEqualTo(5);
        assertThat(ask(() -> told.fences)).isEmpty();
    }

    @Test
    void staticMemberThatGoesForGoodLeaves() {
        membership = membership("till-7");
        join();

        assertThat(membership.leave(true, List.of(), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.members)).isEmpty();
        assertThat(ask(() -> group.leaves)).isEqualTo(1);
    }

    @Test
    void staticMemberWithoutAStreamIsAwayAtOnce() {
        membership = membership("till-7");
        join();
        int hellos = ask(() -> group.hellos.size());
        say(() -> {
            group.helloRefusals.add(Refusals.of("METADATA_UNAVAILABLE", "an election"));
            group.breakStreams();
        });
        await(() -> group.hellos.size() > hellos);

        assertThat(membership.leave(false, List.of(), Duration.ofDays(1))).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.leaves)).isZero();
    }

    @Test
    void leaveThatIsNotAnsweredIsWaitedForAsLongAsThereIsPatience() {
        join();
        say(() -> group.ignoresLeaves = true);

        assertThat(membership.leave(true, List.of(), Duration.ZERO)).succeedsWithin(SECONDS);

        await(() -> group.leaves == 1);
    }

    @Test
    void memberThatNeverWasOneLeavesAtOnce() {
        assertThat(membership.leave(false, List.of(), SECONDS)).succeedsWithin(SECONDS);

        assertThat(ask(() -> group.hellos)).isEmpty();
    }

    private PartitionId id(int number) {
        return new PartitionId(cluster.topic("orders").id, number);
    }

    private HeldPartition stopped(int number) {
        return HeldPartition.stopped(id(number), new IllegalStateException("no such customer"));
    }

    private GrpcMembership membership(String instanceId) {
        return new GrpcMembership(
                client,
                new GroupSubscription(
                        "billing",
                        "test",
                        instanceId,
                        "",
                        List.of("returns", "orders"),
                        "o.*",
                        Duration.ofSeconds(5),
                        GroupAssignor.STICKY,
                        OutOfRange.LATEST),
                MemberTime.of(client));
    }

    private void join() {
        membership.join(told);
        await(() -> group.isConnected());
    }

    private void give(TopicPartition... partitions) {
        say(() -> group.give(group.member(), partitions));
        await(() -> told.last().epoch() == group.member().epoch && told.has(partitions[0]));
    }

    private ScriptedGroup.Stored stored(TopicPartition partition) {
        return ask(() -> Objects.requireNonNull(group.offsets.get(partition)));
    }

    private void commitStored(TopicPartition partition, long offset) {
        say(() -> group.offsets.put(partition, new ScriptedGroup.Stored(offset, -1, "")));
    }

    private GroupMembership.Commit commitOf(TopicPartition partition, long offset, long epoch) {
        return new GroupMembership.Commit(partition, cluster.topic("orders").id, offset, 3, "text", epoch);
    }

    private CompletableFuture<Map<TopicPartition, GroupMembership.CommitOutcome>> commit(
            GroupMembership.Commit... commits) {
        return membership.commit(List.of(commits));
    }

    private static boolean isCommitted(CompletableFuture<Map<TopicPartition, GroupMembership.CommitOutcome>> outcomes) {
        return outcomes.handle(
                        (all, failure) -> failure == null && all.containsValue(GroupMembership.CommitOutcome.COMMITTED))
                .join();
    }

    private void say(Runnable what) {
        synchronized (cluster) {
            what.run();
        }
    }

    private <T> T ask(Supplier<T> what) {
        synchronized (cluster) {
            return what.get();
        }
    }

    private void await(BooleanSupplier condition) {
        Awaitility.await().atMost(SECONDS).until(() -> ask(condition::getAsBoolean));
    }
}
