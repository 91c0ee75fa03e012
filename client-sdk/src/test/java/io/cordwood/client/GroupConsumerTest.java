package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.proto.v1.TrimmedOffsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A consumer as an application opens it, against nodes that speak the real protocol. */
final class GroupConsumerTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);
    private static final int PARTITIONS = 3;

    private final Set<String> handled = ConcurrentHashMap.newKeySet();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final ScriptedCluster cluster = ScriptedCluster.start(3);
    private ScriptedGroup group;
    private CordwoodClient client;

    @BeforeEach
    void start() {
        cluster.createTopic("orders", PARTITIONS);
        group = cluster.group;
        for (int number = 0; number < PARTITIONS; number++) {
            group.givenAtJoin.add(partition(number));
        }
        client = cluster.connect();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void everythingIsHandledAndCommittedAndTheMemberLeaves() {
        produce(0, 300);

        try (var consumer = settings().handle(record -> handled.add(record.valueText()))) {
            awaitCommitted(300);
            assertThat(consumer.progress()).hasSize(PARTITIONS);
        }

        assertThat(handled).hasSize(300);
        synchronized (cluster) {
            assertThat(group.members).isEmpty();
            assertThat(group.leaves).isEqualTo(1);
        }
    }

    @Test
    void handlerThatTakesFiveMinutesKeepsItsPartitionsAndCommitsAfterwards() throws Exception {
        var timer = new ManualTimer();
        var ends = new CountDownLatch(1);
        group.sessionMillis = 10_000;
        group.pingMillis = 2_500;
        group.clock = timer::nowNanos;
        produce(0, 30);
        try (var consumer = memberBy(timer).listener(listener()).handle(record -> {
            ends.await();
            handled.add(record.valueText());
        })) {
            await(() -> told.size() == 1 && group.pings == 1);

            for (int ping = 1; ping <= 120; ping++) {
                passOnePing(timer, ping);
            }

            assertThat(Duration.ofNanos(timer.nowNanos())).isEqualTo(Duration.ofMinutes(5));
            assertThat(handled).isEmpty();
            assertThat(consumer.progress().values())
                    .allSatisfy(progress -> assertThat(progress.current()).isPresent());
            ends.countDown();
            awaitCommitted(30);
        }
        assertThat(told).noneMatch(line -> line.startsWith("lost"));
        timer.shutdownNow();
    }

    /** The group looks for silent members before each ping, too; the first one came with the member. */
    private void passOnePing(ManualTimer timer, int number) throws Exception {
        timer.advance(Duration.ofMillis(2_400));
        say(group::expire);
        int before = timer.ranAtOnce();
        timer.advance(Duration.ofMillis(100));
        await(() -> group.pings == number + 1 && timer.ranAtOnce() >= before + 2); // what is held, and the answer
        say(group::expire);
    }

    private ConsumerBuilder memberBy(ManualTimer timer) {
        var subscription = new GroupSubscription(
                "billing",
                "",
                "",
                "",
                List.of("orders"),
                "",
                Duration.ofSeconds(10),
                GroupAssignor.STICKY,
                OutOfRange.EARLIEST);
        var time = new MemberTime(timer, timer::nowNanos);
        return new ConsumerBuilder(client, new GrpcMembership(client, subscription, time))
                .commitInterval(Duration.ofMillis(50));
    }

    @Test
    void fencedMemberLosesEverythingAndBeginsAnewWhereTheGroupStands() {
        produce(0, 150);
        settings().listener(listener()).handle(record -> handled.add(record.valueText()));
        awaitCommitted(150);

        say(() -> group.remove(group.member(), "MEMBER_FENCED"));
        produce(150, 300);
        awaitCommitted(300);

        assertThat(handled).hasSize(300);
        assertThat(told)
                .anyMatch(line -> line.startsWith("lost"))
                .filteredOn(line -> line.startsWith("assigned"))
                .hasSizeGreaterThan(1);
    }

    @Test
    void brokenStreamsAndAnotherCoordinatorLoseNothing() {
        settings().listener(listener()).handle(record -> handled.add(record.valueText()));
        for (int round = 0; round < 6; round++) {
            produce(round * 50, round * 50 + 50);
            int next = 1 + round % 3;
            say(() -> {
                if (next == 2) {
                    group.breakStreams();
                } else {
                    group.moveTo(next);
                }
            });
        }

        awaitCommitted(300);

        assertThat(handled).hasSize(300);
        assertThat(told).noneMatch(line -> line.startsWith("lost"));
    }

    @Test
    void revokedPartitionIsCommittedAndReleased() {
        produce(0, 30);
        settings().commitInterval(Duration.ofHours(1)).handle(record -> handled.add(record.valueText()));
        await(() -> handled.size() == 30 && group.isConnected());

        say(() -> group.revoke(group.member(), partition(0)));
        await(() -> group.releases.size() == 1);

        synchronized (cluster) {
            var stored = Objects.requireNonNull(group.offsets.get(partition(0)));
            assertThat(stored.offset()).isEqualTo(cluster.values("orders", 0).size());
            assertThat(stored.leaderEpoch())
                    .isEqualTo(cluster.topic("orders").logs.get(0).leaderEpoch());
        }
    }

    @Test
    void textOfACommitIsKeptBesideTheOffset() {
        produce(0, 30);
        try (var consumer = settings().manualCommit().open()) {
            var records = consumer.poll(SECONDS);
            consumer.commit(records, "half way");

            var partition = new TopicPartition("orders", records.get(0).partition());
            synchronized (cluster) {
                assertThat(Objects.requireNonNull(group.offsets.get(partition)).metadata())
                        .isEqualTo("half way");
            }
            assertThat(Objects.requireNonNull(consumer.progress().get(partition))
                            .metadata())
                    .isEqualTo("half way");
        }
    }

    @Test
    void pausedPartitionAndRecordsThatTakeLongAreToldWithThePings() {
        produce(0, 30);
        try (var consumer = settings().manualCommit().open()) {
            var records = consumer.poll(SECONDS);
            int slow = records.get(0).partition();
            var paused = partition((slow + 1) % PARTITIONS);
            consumer.pause(Set.of(paused));

            await(() ->
                    held(paused.partition()).filter(MemberProgress::getPaused).isPresent());
            await(() -> held(slow).filter(MemberProgress::hasProcessing).isPresent());
            assertThat(held(slow).orElseThrow().getOffset())
                    .isEqualTo(records.get(0).offset());

            consumer.resume(Set.of(paused));
            consumer.commit(records);
            await(() ->
                    held(paused.partition()).filter(MemberProgress::getPaused).isEmpty()
                            && held(slow).isEmpty());
        }
    }

    @Test
    void recordThatEndsTheConsumerIsTheLastThatTheGroupHearsOf() {
        produce(0, 1);
        var consumer = settings().handle(record -> {
            throw new IllegalStateException("no such customer");
        });

        assertThat(consumer.ended()).failsWithin(SECONDS);

        synchronized (cluster) {
            assertThat(group.leaves).isEqualTo(1);
        }
        assertThat(held(0).orElseThrow().getStopped().getMessage()).contains("no such customer");
    }

    @Test
    void positionThatIsNotKeptIsTheLastThatTheGroupHearsOf() {
        produce(0, 30);
        say(() -> {
            group.trimmedOffsets = TrimmedOffsets.TRIMMED_OFFSETS_FAIL;
            for (int number = 0; number < PARTITIONS; number++) {
                group.offsets.put(partition(number), new ScriptedGroup.Stored(number == 1 ? 2 : 10, -1, ""));
            }
            cluster.topic("orders").logs.get(1).trimTo(5);
        });
        var consumer = settings().handle(record -> handled.add(record.valueText()));

        assertThat(consumer.ended()).failsWithin(SECONDS);

        assertThat(held(1).orElseThrow().getStopped().getCode()).isEqualTo(Code.OUT_OF_RANGE_VALUE);
        assertThat(held(1).orElseThrow().getOffset()).isEqualTo(2);
    }

    @Test
    void clientThatIsClosedLeavesNothingToItsTimer() {
        settings().handle(record -> handled.add(record.valueText()));
        await(group::isConnected);
        var waiting = new CompletableFuture<Boolean>();
        var unused = client.timer().schedule(() -> waiting.complete(true), 1, TimeUnit.DAYS);

        client.close();

        assertThat(client.timer().isTerminated()).isTrue();
        assertThat(waiting).isCompletedWithValue(true);
        client.close();
    }

    @Test
    void consumerOfAClientThatIsClosedEndsAtOnce() {
        client.close();

        var consumer = settings().open();

        assertThat(Failures.of(consumer.ended()).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    }

    @Test
    void refusalForGoodIsThrownByThePoll() {
        say(() -> group.helloRefusals.add(Refusals.of("LIMIT_REACHED", "too many members")));
        try (var consumer = settings().open()) {
            assertThat(Failures.thrownBy(() -> consumer.poll(SECONDS)).code()).isEqualTo(ErrorCode.LIMIT_REACHED);
        }
    }

    @Test
    void whetherAPatternIsAnExpressionTheClusterDecides() {
        say(() -> group.helloRefusals.add(Refusals.of("INVALID_SUBSCRIPTION", "no expression")));

        // Only RE2 knows names in groups that begin so.
        try (var consumer = client.consumer("billing").pattern("(?P<all>o.*").open()) {
            assertThat(Failures.thrownBy(() -> consumer.poll(SECONDS)).code())
                    .isEqualTo(ErrorCode.INVALID_SUBSCRIPTION);
        }

        synchronized (cluster) {
            assertThat(group.hellos.get(0).getPattern()).isEqualTo("(?P<all>o.*");
        }
    }

    @Test
    void wrongSubscriptionIsRefusedBeforeAnythingIsSent() {
        assertThat(Failures.thrownBy(() -> client.consumer("billing").open()).code())
                .isEqualTo(ErrorCode.INVALID_SUBSCRIPTION);
        assertThat(Failures.thrownBy(() -> client.consumer("a/b")).details()).containsEntry("field", "group");
        assertThat(Failures.thrownBy(
                                () -> client.consumer("billing").topics("a b").open())
                        .details())
                .containsEntry("field", "topic");
    }

    private ConsumerBuilder settings() {
        return client.consumer("billing")
                .topics("orders")
                .commitInterval(Duration.ofMillis(20))
                .closeTimeout(SECONDS);
    }

    private ConsumerListener listener() {
        return new ConsumerListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                told.add("assigned " + partitions);
            }

            @Override
            public void onLost(Collection<TopicPartition> partitions) {
                told.add("lost " + partitions);
            }
        };
    }

    private Optional<MemberProgress> held(int number) {
        synchronized (cluster) {
            return group.held.stream()
                    .filter(each -> each.getPartition().getPartition() == number)
                    .findFirst();
        }
    }

    private void awaitCommitted(int records) {
        await(() -> group.offsets.values().stream()
                        .mapToLong(ScriptedGroup.Stored::offset)
                        .sum()
                == records);
    }

    private void await(BooleanSupplier condition) {
        Awaitility.await().atMost(SECONDS).pollInterval(Duration.ofMillis(5)).until(() -> {
            synchronized (cluster) {
                return condition.getAsBoolean();
            }
        });
    }

    private void say(Runnable what) {
        synchronized (cluster) {
            what.run();
        }
    }

    private void produce(int start, int end) {
        try (var producer = client.producer().open()) {
            for (int i = start; i < end; i++) {
                var unused = producer.send(
                        new ProducerRecord("orders", i % PARTITIONS, null, ("value-" + i).getBytes(UTF_8)));
            }
        }
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("orders", number);
    }
}
