package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.client.PublishScript.Fate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ProducerFaultTest {
    private ScriptedCluster cluster;
    private CordwoodClient client;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(3);
        cluster.createTopic("orders", 1);
        client = cluster.connect();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void leaderThatMovesWithEveryBatchIsFollowedInOrder() {
        cluster.script("orders", (PublishScript) request -> {
            cluster.moveLeader("orders", 0, 1 + request.node() % 3);
            return request.count() % 3 == 0 ? Fate.ACCEPT_SAY_NOT_LEADER : Fate.ACCEPT;
        });

        sendAndFlush(300);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(300));
    }

    @Test
    void nodesThatBothSendTheClientToTheOtherAreLeftForTheMetadata() {
        cluster.topic("orders").namesLeaderInRefusal = true;
        cluster.script(
                "orders", (PublishScript) request -> request.count() <= 6 ? Fate.REFUSE_NOT_LEADER : Fate.ACCEPT);

        sendAndFlush(100);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(100));
    }

    @Test
    void lostAnswersMakeNoSecondCopy() {
        cluster.script(
                "orders", (PublishScript) request -> request.count() % 2 == 1 ? Fate.ACCEPT_AND_RESET : Fate.ACCEPT);

        var futures = sendAndFlush(300);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(300));
        assertThat(futures.get(299).join().offset()).isEqualTo(299);
    }

    @Test
    void firstBatchRefusedByALeaderThatDoesNotKnowTheProducerIsNotOvertaken() {
        cluster.script(
                "orders", (PublishScript) request -> request.count() == 1 ? Fate.REFUSE_NOT_LEADER : Fate.ACCEPT);

        sendAndFlush(500);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(500));
    }

    /** The one whose id is known is the later one: nobody was told of it who had not asked for what is current. */
    @Test
    void nodeThatStillKnowsAnEarlierTopicOfThatNameIsNotBelieved() {
        cluster.freezeWhatNodesKnowOf("orders");
        cluster.createTopic("orders", 1);
        cluster.script(
                "orders", (PublishScript) request -> request.count() == 1 ? Fate.REFUSE_NOT_LEADER : Fate.ACCEPT);

        var futures = sendAndFlush(100);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(100));
        assertThat(futures).allSatisfy(future -> assertThat(future).isCompleted());
        assertThat(cluster.answers.calls("GetTopic")).isEqualTo(3);
    }

    @Test
    void batchesBehindARefusedOneWaitForIt() {
        cluster.script(
                "orders", (PublishScript) request -> request.count() == 3 ? Fate.REFUSE_OVERLOADED : Fate.ACCEPT);

        sendAndFlush(500);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(500));
    }

    @Test
    void repeatedAnswersAreDropped() {
        cluster.script("orders", (PublishScript) request -> Fate.ACCEPT_ANSWER_TWICE);

        var futures = sendAndFlush(300);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(300));
        assertThat(futures).allSatisfy(future -> assertThat(future).isCompleted());
    }

    @Test
    void answersAfterTheMoveToANewLeaderAreDropped() {
        cluster.script("orders", (PublishScript) request -> {
            if (request.count() > 1) {
                return Fate.ACCEPT;
            }
            cluster.moveLeader("orders", 0, 2);
            return Fate.HOLD_ANSWER;
        });
        var producer = producer().open();
        var futures = send(producer, 100);

        producer.flush();
        cluster.releaseAnswers();
        send(producer, 1).get(0).join();

        assertThat(cluster.values("orders", 0)).hasSize(101);
        assertThat(futures.get(0).join().offset()).isZero();
    }

    @Test
    void leaderThatFallsSilentIsLeftWhenAnotherLeads() {
        cluster.script("orders", (PublishScript) request -> request.node() == 1 ? Fate.IGNORE : Fate.ACCEPT);
        var producer = producer().open();
        var futures = send(producer, 50);
        await().until(() -> !cluster.requests("orders").isEmpty());

        cluster.moveLeader("orders", 0, 3);

        producer.flush();
        assertThat(futures).allSatisfy(future -> assertThat(future).isCompleted());
        assertThat(cluster.values("orders", 0)).isEqualTo(values(50));
    }

    @Test
    void streamThatIsNotAnsweredIsGivenUp() {
        cluster.script("orders", (PublishScript) request -> request.count() == 1 ? Fate.IGNORE : Fate.ACCEPT);
        var impatient = new Patience(
                Duration.ofSeconds(10),
                RetryPolicy.DEFAULT,
                Duration.ofMillis(50),
                Duration.ofMillis(300),
                Duration.ofSeconds(5));

        try (var own = CordwoodClient.builder()
                        .bootstrap(cluster.bootstrap())
                        .patience(impatient)
                        .build();
                var producer = own.producer().open()) {
            assertThat(producer.send("orders", null, bytes("a"))).succeedsWithin(Duration.ofSeconds(10));
        }
        assertThat(cluster.values("orders", 0)).containsExactly("a");
    }

    @Test
    void nodeThatIsKilledAndStartedAgainIsFoundAgain() {
        var producer = producer().open();
        send(producer, 50);
        producer.flush();

        cluster.stopNode(1);
        send(producer, 50);
        cluster.startNode(1);
        producer.flush();

        assertThat(cluster.values("orders", 0)).hasSize(100);
    }

    @Test
    void refusedBatchFailsWhatIsQueuedBehindItAndTheNextHasANewProducerId() {
        cluster.script("orders", (PublishScript) request -> Fate.HOLD_ANSWER);
        var producer = producer().linger(Duration.ofMinutes(1)).open();
        var first = send(producer, 100);
        await().until(() -> !cluster.requests("orders").isEmpty());
        cluster.script("orders", (PublishScript) request -> Fate.REFUSE_TOO_LARGE);
        var second = send(producer, 200);

        cluster.releaseAnswers();
        var refusal = Failures.of(second.get(199));
        cluster.script("orders", PublishScript.ACCEPT);
        var third = producer.send("orders", null, bytes("after"));
        producer.flush();

        assertThat(refusal.code()).isEqualTo(ErrorCode.RECORD_TOO_LARGE);
        assertThat(refusal).hasMessageContaining("an earlier batch for orders-0 failed");
        assertThat(first.get(0)).isCompleted();
        assertThat(third).isCompleted();
        var ids = cluster.requests("orders").stream()
                .map(request -> request.batch().producerId())
                .distinct()
                .toList();
        assertThat(ids).hasSize(2);
        assertThat(cluster.values("orders", 0)).last().isEqualTo("after");
    }

    @Test
    void limitThatARefusalNamesIsKeptFromThenOn() {
        cluster.script("orders", (PublishScript)
                request -> request.batch().sizeBytes() > 512 ? Fate.REFUSE_BEYOND_512 : Fate.ACCEPT);
        var producer = producer().linger(Duration.ofMinutes(1)).open();

        var tooLarge = send(producer, 50); // one batch: the next would know the limit, or not
        producer.flush();
        var smaller = send(producer, 100);
        producer.flush();

        assertThat(Failures.of(tooLarge.get(0)).code()).isEqualTo(ErrorCode.RECORD_TOO_LARGE);
        assertThat(smaller).allSatisfy(future -> assertThat(future).isCompleted());
        assertThat(cluster.values("orders", 0)).isEqualTo(values(100));
    }

    @Test
    void leaderAddressThatCannotBeReadIsAskedFor() {
        cluster.topic("orders").wrongAddress = "nowhere";
        cluster.script("orders", (PublishScript) request -> {
            if (request.count() == 1) {
                cluster.moveLeader("orders", 0, 2);
                return Fate.REFUSE_NOT_LEADER;
            }
            return Fate.ACCEPT;
        });

        sendAndFlush(100);

        assertThat(cluster.values("orders", 0)).isEqualTo(values(100));
    }

    @Test
    void logThatForgotTheProducerFailsTheBatchAndTheNextGoesOn() {
        var producer = producer().open();
        send(producer, 10);
        producer.flush();
        cluster.script("orders", (PublishScript) request -> {
            cluster.topic("orders").logs.get(0).forgetUpTo(request.batch());
            return Fate.ACCEPT;
        });

        var lost = producer.send("orders", null, bytes("lost"));
        var refusal = Failures.of(lost);
        cluster.script("orders", PublishScript.ACCEPT);

        assertThat(refusal.code()).isEqualTo(ErrorCode.OUT_OF_ORDER_SEQUENCE);
        assertThat(producer.send("orders", null, bytes("next"))).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void deliveryTimeoutSaysThatTheOutcomeIsUnknown() {
        cluster.script("orders", (PublishScript) request -> Fate.IGNORE);
        var producer = producer().deliveryTimeout(Duration.ofMillis(200)).open();

        var failure = Failures.of(producer.send("orders", null, bytes("a")));

        assertThat(failure.code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
        assertThat(failure.details())
                .containsEntry("setting", "deliveryTimeout")
                .containsEntry("outcome", "unknown");
    }

    @Test
    void deliveryTimeoutSaysThatNothingWasWrittenAndWhy() {
        cluster.topic("orders").hidesLeaders = true;
        var producer = producer().deliveryTimeout(Duration.ofMillis(200)).open();

        var failure = Failures.of(producer.send("orders", null, bytes("a")));

        assertThat(failure.details()).containsEntry("outcome", "not written");
        assertThat(failure).hasMessageContaining("orders-0 has no leader at the moment");
        cluster.topic("orders").hidesLeaders = false;
        assertThat(producer.send("orders", null, bytes("b"))).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void topicThatWasCreatedAnewGetsNothingOfTheOld() {
        var producer = producer().open();
        send(producer, 10);
        producer.flush();
        cluster.deleteTopic("orders");

        var late = producer.send("orders", null, bytes("late"));
        assertThat(Failures.of(late).code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        cluster.createTopic("orders", 2);
        var fresh = producer.send("orders", null, bytes("fresh"));

        assertThat(fresh).succeedsWithin(Duration.ofSeconds(10));
        assertThat(fresh.join().offset()).isZero();
    }

    @Test
    void topicThatWasCreatedAnewUnseenGetsNothingOfTheOld() {
        cluster.createTopic("orders", 2);
        var producer = producer().open();
        producer.send(new ProducerRecord("orders", 0, null, bytes("old"))).join();
        cluster.createTopic("orders", 2);

        var late = producer.send(new ProducerRecord("orders", 1, null, bytes("late")));
        assertThat(Failures.of(late).code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        var fresh = producer.send(new ProducerRecord("orders", 1, null, bytes("fresh")));

        assertThat(fresh).succeedsWithin(Duration.ofSeconds(10));
        assertThat(cluster.values("orders", 1)).containsExactly("fresh");
    }

    @Test
    void recordBehindAnExpiredOneFailsWithIt() {
        cluster.topic("orders").hidesLeaders = true;
        var producer = producer()
                .linger(Duration.ZERO)
                .deliveryTimeout(Duration.ofMillis(500))
                .open();
        var first = producer.send("orders", null, bytes("first"));
        var unused = producer.flushAsync(); // the second goes into a batch of its own
        var second = producer.send("orders", null, bytes("second"));

        assertThat(Failures.of(first).details()).containsEntry("outcome", "not written");
        var told = Failures.of(second);
        cluster.topic("orders").hidesLeaders = false;
        assertThat(told.details()).containsEntry("outcome", "not written");
        assertThat(told).hasMessageContaining("an earlier batch for orders-0 failed");
        assertThat(producer.send("orders", null, bytes("third"))).succeedsWithin(Duration.ofSeconds(10));
        assertThat(cluster.values("orders", 0)).containsExactly("third");
    }

    @Test
    void anotherClusterAtTheSameAddressesGetsNothing() {
        cluster.createTopic("orders", 2);
        var producer = producer().open();
        producer.send(new ProducerRecord("orders", 0, null, bytes("first"))).join();
        cluster.wipe();

        var failure = Failures.of(producer.send(new ProducerRecord("orders", 1, null, bytes("late"))));
        var again = Failures.of(producer.send(new ProducerRecord("orders", 0, null, bytes("later"))));

        assertThat(failure.code()).isEqualTo(ErrorCode.OTHER_CLUSTER);
        assertThat(failure.details()).containsEntry("limit", "abcdefghijklmnopqrstuv");
        assertThat(again.code()).isEqualTo(ErrorCode.OTHER_CLUSTER);
        assertThat(cluster.values("orders", 0)).isEmpty();
        assertThat(cluster.values("orders", 1)).isEmpty();
    }

    @Test
    void producerIdIsDrawnAgainAfterAFailure() {
        cluster.answers.failNext("InitProducer", Refusals.of("METADATA_UNAVAILABLE", "no leader"));
        cluster.answers.failNext("InitProducer", Refusals.of("INTERNAL", "oops"));

        sendAndFlush(10);

        assertThat(cluster.values("orders", 0)).hasSize(10);
    }

    @Test
    void withoutIdempotenceOrderHoldsAndOnlyTheRefusedBatchFails() {
        cluster.script("orders", (PublishScript) request -> switch (request.count()) {
            case 2 -> Fate.REFUSE_NOT_LEADER;
            case 4 -> Fate.REFUSE_TOO_LARGE;
            default -> Fate.ACCEPT;
        });
        var producer =
                producer().idempotent(false).linger(Duration.ofMinutes(1)).open();

        var futures = send(producer, 300);
        producer.flush();

        var delivered = IntStream.range(0, 300)
                .filter(i -> !futures.get(i).isCompletedExceptionally())
                .mapToObj(i -> "value-" + i)
                .toList();
        assertThat(delivered).hasSizeBetween(200, 299);
        assertThat(cluster.values("orders", 0)).isEqualTo(delivered);
    }

    private Producer.Builder producer() {
        return client.producer().batchBytes(1024);
    }

    private List<CompletableFuture<RecordMetadata>> sendAndFlush(int count) {
        try (var producer = producer().open()) {
            var futures = send(producer, count);
            producer.flush();
            return futures;
        }
    }

    private static List<CompletableFuture<RecordMetadata>> send(Producer producer, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> producer.send("orders", null, bytes("value-" + i)))
                .toList();
    }

    private static List<String> values(int count) {
        return IntStream.range(0, count).mapToObj(i -> "value-" + i).toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
