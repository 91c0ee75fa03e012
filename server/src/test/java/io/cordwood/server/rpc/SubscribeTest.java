package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.StoredRecord;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.proto.v1.TopicPartition;
import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.Confirmation;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.cordwood.store.LogClosedException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SubscribeTest {
    private static final long PLENTY = 1L << 40;

    private final FakeCluster cluster = FakeCluster.of(3);
    private final Recorded<SubscribeResponse> answers = new Recorded<>();
    private TestNode node;
    private FakeReplica first;
    private FakeReplica second;

    @BeforeEach
    void openNode() throws IOException {
        cluster.createTopic("orders", 3, 3);
        node = TestNode.open(1, cluster, new FakePeers());
        first = node.replicas.add("orders", 0);
        second = node.replicas.add("orders", 1);
    }

    @AfterEach
    void closeNode() throws InterruptedException {
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @Test
    void committedBatchesArriveAsTheyCommit() {
        append(first, "a", "b");
        var requests = node.dataStreams().subscribe(answers);
        requests.onNext(start(0, "earliest").setCredit(credit(PLENTY, PLENTY)).build());
        await().until(() -> nextOffset(0) == 2);

        append(first, "c");

        await().until(() -> nextOffset(0) == 3);
        var last = answers.all().get(answers.all().size() - 1).getData();
        assertThat(last.getHighWatermark()).isEqualTo(3);
        assertThat(last.getLogStartOffset()).isZero();
        assertThat(RecordBatch.of(last.getBatches().asReadOnlyByteBuffer()).baseOffset())
                .isEqualTo(2);
        requests.onCompleted();
        answers.awaitEnd();
        assertThat(first.listenerCount()).isZero();
    }

    @Test
    void nothingUncommittedIsSent() {
        first.hold();
        append(first, "a");
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());

        await().during(Duration.ofMillis(200)).until(() -> answers.all().isEmpty());
        first.commitNext();

        await().until(() -> nextOffset(0) == 1);
    }

    @Test
    void creditIsExceededByLessThanOneBatch() {
        for (int i = 0; i < 10; i++) {
            append(first, "a", "b", "c");
        }
        int batch = first.stored().get(0).sizeBytes();
        var requests = node.dataStreams().subscribe(answers);

        requests.onNext(start(0, "").setCredit(credit(PLENTY, 4)).build());
        await().until(() -> nextOffset(0) == 6);
        requests.onNext(SubscribeRequest.newBuilder().setCredit(credit(0, 2)).build());
        await().during(Duration.ofMillis(200)).until(() -> nextOffset(0) == 6);
        requests.onNext(SubscribeRequest.newBuilder().setCredit(credit(0, 1)).build());
        await().until(() -> nextOffset(0) == 9);

        var other = new Recorded<SubscribeResponse>();
        node.dataStreams()
                .subscribe(other)
                .onNext(start(0, "").setCredit(credit(2L * batch + 1, PLENTY)).build());
        await().until(() -> bytes(other) == 3L * batch);
        await().during(Duration.ofMillis(200)).until(() -> bytes(other) == 3L * batch);
    }

    @Test
    void startPointsAreResolvedPerPartition() {
        append(first, "a", "b", "c");
        append(second, "a", "b", "c");
        first.trimTo(1);
        var requests = node.dataStreams().subscribe(answers);

        requests.onNext(start(0, "earliest")
                .addAdd(PartitionStart.newBuilder()
                        .setTopic("orders")
                        .setPartition(1)
                        .setStart("last:1"))
                .setEncoding(Encoding.ENCODING_AUTO)
                .setCredit(credit(PLENTY, PLENTY))
                .build());

        await().until(() -> answers.all().size() == 2);
        assertThat(offsets(0)).containsExactly(1L, 2L);
        assertThat(offsets(1)).containsExactly(2L);
    }

    @Test
    void timeIsSearchedInEachPartition() {
        var one = first.append(AppendRequest.of(RecordBatch.of(Batches.at(500, 900, 700))));
        var two = second.append(AppendRequest.of(RecordBatch.of(Batches.at(100, 200, 300))));
        assertThat(one).isCompleted();
        assertThat(two).isCompleted();
        var requests = node.dataStreams().subscribe(answers);

        requests.onNext(start(0, "@600")
                .addAdd(PartitionStart.newBuilder()
                        .setTopic("orders")
                        .setPartition(1)
                        .setStart("@301"))
                .setEncoding(Encoding.ENCODING_AUTO)
                .setCredit(credit(PLENTY, PLENTY))
                .build());
        await().until(() -> answers.all().size() == 1 && second.listenerCount() == 1);
        append(second, "new");

        await().until(() -> answers.all().size() == 2);
        assertThat(offsets(0)).containsExactly(1L, 2L);
        assertThat(offsets(1)).containsExactly(3L);
    }

    @Test
    void searchThatFailsEndsItsPartitionAlone() {
        append(first, "a");
        append(second, "b");
        first.failReads(new IOException("bad sector"));
        var requests = node.dataStreams().subscribe(answers);

        requests.onNext(start(0, "-1h")
                .addAdd(PartitionStart.newBuilder().setTopic("orders").setPartition(1))
                .setEncoding(Encoding.ENCODING_AUTO)
                .setCredit(credit(PLENTY, PLENTY))
                .build());

        await().until(() -> answers.all().size() == 2);
        assertThat(answers.all())
                .filteredOn(SubscribeResponse::hasError)
                .singleElement()
                .satisfies(ended -> {
                    assertThat(ended.getPartition()).isZero();
                    assertThat(Refused.of(ended.getError()).reason()).isEqualTo(Reason.INTERNAL);
                });
        assertThat(offsets(1)).containsExactly(0L);
    }

    @Test
    void latestBeginsBehindWhatIsThere() {
        append(first, "old");
        var requests = node.dataStreams().subscribe(answers);
        requests.onNext(start(0, "latest")
                .setEncoding(Encoding.ENCODING_TEXT)
                .setCredit(credit(PLENTY, PLENTY))
                .build());
        await().until(() -> first.listenerCount() == 1);

        append(first, "new");

        await().until(() -> !answers.all().isEmpty());
        assertThat(records(0)).extracting(record -> record.getValue().getText()).containsExactly("new");
    }

    @Test
    void whatIsWrongWithOnePartitionEndsThatOneAlone() {
        append(first, "a");
        var requests = node.dataStreams().subscribe(answers);

        requests.onNext(SubscribeRequest.newBuilder()
                .addAdd(start("nope", 0, ""))
                .addAdd(start("orders", 3, ""))
                .addAdd(start("orders", 2, ""))
                .addAdd(start("orders", 1, "17"))
                .addAdd(start("orders", 0, "first"))
                .setCredit(credit(PLENTY, PLENTY))
                .build());
        await().until(() -> answers.all().size() == 5);
        requests.onNext(start(0, "0").build());

        await().until(() -> nextOffset(0) == 1);
        assertError("nope", 0, Reason.UNKNOWN_TOPIC, "topic", "nope");
        assertError("orders", 3, Reason.PARTITION_OUT_OF_RANGE, "value", "3", "limit", "3");
        assertError("orders", 2, Reason.NOT_REPLICA);
        assertError("orders", 1, Reason.OFFSET_OUT_OF_RANGE, "log_start_offset", "0", "log_end_offset", "0");
        assertError("orders", 0, Reason.INVALID_ARGUMENT, "field", "start", "value", "first");
    }

    @Test
    void followerWaitsForAPositionThatOnlyTheLeaderKnows() {
        first.ledBy(2, 1);
        append(first, "a");
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "2").setCredit(credit(PLENTY, PLENTY)).build());

        await().during(Duration.ofMillis(200)).until(() -> answers.all().isEmpty());
        append(first, "b");
        append(first, "c");

        await().until(() -> nextOffset(0) == 3);
    }

    @Test
    void leaderThatIsNotConfirmedRefusesNoPosition() {
        var asked = new CompletableFuture<Confirmation>();
        first.confirmNext(asked);
        append(first, "a");
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "2").setCredit(credit(PLENTY, PLENTY)).build());
        await().until(() -> first.confirmationCount() == 1);

        append(first, "b");
        append(first, "c");

        await().until(() -> nextOffset(0) == 3);
    }

    @Test
    void positionBeyondTheEndIsRefusedOnceTheLeaderIsConfirmed() {
        var asked = new CompletableFuture<Confirmation>();
        first.confirmNext(CompletableFuture.completedFuture(Confirmation.UNANSWERED), asked);
        append(first, "a");
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "2").setCredit(credit(PLENTY, PLENTY)).build());
        await().until(() -> first.confirmationCount() == 2);
        assertThat(answers.all()).isEmpty();

        asked.complete(Confirmation.CONFIRMED);

        await().until(() -> answers.all().size() == 1);
        assertError("orders", 0, Reason.OFFSET_OUT_OF_RANGE, "value", "2", "log_end_offset", "1");
    }

    @Test
    void questionThatFailsIsAskedAgain() {
        first.failConfirmation(new IllegalStateException("a fault of the replica"));
        first.confirmNext(CompletableFuture.failedFuture(new IllegalStateException("another")));
        append(first, "a");
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "2").setCredit(credit(PLENTY, PLENTY)).build());

        await().until(() -> answers.all().size() == 1);
        assertError("orders", 0, Reason.OFFSET_OUT_OF_RANGE, "value", "2", "log_end_offset", "1");
        assertThat(first.confirmationCount()).isEqualTo(3);
    }

    @Test
    void leaderThatIsNotConfirmedIsNotAskedByEachWake() {
        for (int i = 0; i < 1_000; i++) {
            first.confirmNext(CompletableFuture.completedFuture(Confirmation.UNANSWERED));
        }
        append(first, "a");
        long beganNanos = System.nanoTime();
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "2")
                        .addAdd(start("orders", 1, ""))
                        .setCredit(credit(PLENTY, PLENTY))
                        .build());
        await().until(() -> first.confirmationCount() > 0);

        for (int end = 1; end <= 50; end++) {
            long expected = end;
            append(second, "b");
            await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> nextOffset(1) == expected);
        }

        long halfSeconds =
                (System.nanoTime() - beganNanos) / Duration.ofMillis(500).toNanos();
        assertThat(first.confirmationCount()).isLessThanOrEqualTo(Math.toIntExact(1 + halfSeconds));
    }

    @Test
    void trimBehindAReaderIsToldWithTheLogStart() {
        append(first, "a", "b", "c");
        var requests = node.dataStreams().subscribe(answers);
        requests.onNext(start(0, "0").build());
        await().until(() -> first.listenerCount() == 1);

        first.trimTo(2);
        requests.onNext(
                SubscribeRequest.newBuilder().setCredit(credit(PLENTY, PLENTY)).build());

        await().until(() -> answers.all().size() == 1);
        assertError("orders", 0, Reason.OFFSET_OUT_OF_RANGE, "value", "0", "log_start_offset", "2");
    }

    @Test
    void deletedTopicEndsItsPartitions() {
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());
        await().until(() -> first.listenerCount() == 1);

        cluster.deleteTopic("orders");

        await().until(() -> answers.all().size() == 1);
        assertError("orders", 0, Reason.UNKNOWN_TOPIC);
        assertThat(first.listenerCount()).isZero();
    }

    @Test
    void topicThatIsCreatedAnewEndsItsPartitions() {
        append(first, "old");
        var gate = new CountDownLatch(1);
        first.gateReads(gate);
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());
        // The subscription sees nothing of the metadata before it has read.
        await().until(() -> first.waitingReads() == 1);

        var before = cluster.topicId("orders").toString();
        cluster.deleteTopic("orders");
        cluster.createTopic("orders", 3, 3);
        append(node.replicas.add("orders", 0), "anew", "anew too");
        gate.countDown();

        await().until(() -> answers.all().size() == 2);
        var now = cluster.topicId("orders").toString();
        assertThat(nextOffset(0)).isEqualTo(1);
        assertError("orders", 0, Reason.UNKNOWN_TOPIC, "field", "topic_id", "value", before, "limit", now);
    }

    @Test
    void topicIdThatIsGivenMustBeTheTopics() {
        append(first, "a");
        var id = cluster.topicId("orders").toString();
        var other = new UUID(1, 2).toString();
        var requests = node.dataStreams().subscribe(answers);

        requests.onNext(SubscribeRequest.newBuilder()
                .addAdd(start("orders", 0, "").toBuilder().setTopicId(id))
                .addAdd(start("orders", 1, "").toBuilder().setTopicId(other))
                .addAdd(start("orders", 2, "").toBuilder().setTopicId("orders"))
                .setCredit(credit(PLENTY, PLENTY))
                .build());

        await().until(() -> answers.all().size() == 3);
        assertThat(nextOffset(0)).isEqualTo(1);
        assertError("orders", 1, Reason.UNKNOWN_TOPIC, "topic", "orders", "value", other, "limit", id);
        assertError("orders", 2, Reason.INVALID_ARGUMENT, "field", "topic_id", "limit", "a UUID");
    }

    @Test
    void failedReadEndsThePartition() {
        append(first, "a");
        append(second, "a");
        first.failReads(new IOException("bad sector"));

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "")
                        .addAdd(start("orders", 1, ""))
                        .setCredit(credit(PLENTY, PLENTY))
                        .build());

        await().until(() -> answers.all().size() == 2);
        assertError("orders", 0, Reason.INTERNAL);
        assertThat(nextOffset(1)).isEqualTo(1);
    }

    /** To the first partition, from its start, with plenty of credit. */
    private void subscribeDecoded() {
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "")
                        .setEncoding(Encoding.ENCODING_AUTO)
                        .setCredit(credit(PLENTY, PLENTY))
                        .build());
    }

    @Test
    void damagedBatchIsLeftToWhoeverDecodesIt() {
        append(first, "value");
        append(second, "value");
        first.damageValue(0);
        second.damageValue(0);

        subscribeDecoded();
        node.dataStreams()
                .subscribe(answers)
                .onNext(SubscribeRequest.newBuilder()
                        .addAdd(start("orders", 1, ""))
                        .setCredit(credit(PLENTY, PLENTY))
                        .build());

        await().until(() -> answers.all().size() == 2);
        assertError("orders", 0, Reason.INTERNAL, "topic", "orders");
        assertThat(nextOffset(1)).isEqualTo(1);
    }

    @Test
    void recordsInFrontOfADamagedBatchArrive() {
        append(first, "good");
        append(first, "damaged");
        first.damageValue(1);

        subscribeDecoded();

        await().until(() -> answers.all().size() == 2);
        assertThat(offsets(0)).containsExactly(0L);
        assertThat(nextOffset(0)).isEqualTo(1);
        assertThat(answers.all().get(1).getError().getMessage()).contains("batch at offset 1", "another replica");
    }

    @Test
    void damagedBatchesTakeNoCredit() {
        append(first, "damaged");
        first.damageValue(0);
        append(second, "good");
        append(second, "damaged");
        second.damageValue(1);
        append(second, "behind");
        long ofTwo = 2L * second.stored().get(1).sizeBytes();

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "")
                        .addAdd(start("orders", 1, ""))
                        .setEncoding(Encoding.ENCODING_AUTO)
                        .setCredit(credit(ofTwo, 2))
                        .build());

        await().until(() -> answers.all().size() == 3);
        assertError("orders", 0, Reason.INTERNAL);
        assertThat(offsets(1)).containsExactly(0L);
        assertError("orders", 1, Reason.INTERNAL);
    }

    @Test
    void batchThatUnpacksToMuchComesInPartsAndTakesItsCreditOnce() {
        var packed = Batches.packed(12, 1_000_000);
        assertThat(first.append(AppendRequest.of(RecordBatch.of(packed)))).isCompleted();
        append(first, "next");
        append(first, "beyond the credit");

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "")
                        .setEncoding(Encoding.ENCODING_BYTES)
                        .setCredit(credit(packed.limit() + 1L, 13))
                        .build());

        await().until(() -> nextOffset(0) == 13);
        await().during(Duration.ofMillis(200)).until(() -> nextOffset(0) == 13);
        assertThat(offsets(0)).hasSize(13).isSorted().doesNotHaveDuplicates();
        assertThat(answers.all()).hasSizeGreaterThan(3).allMatch(answer -> answer.getSerializedSize() < 6_000_000);
    }

    @Test
    void partitionsTakeTurns() {
        for (int i = 0; i < 10; i++) {
            append(first, "x".repeat(600_000));
            append(second, "x".repeat(600_000));
        }

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "")
                        .addAdd(start("orders", 1, ""))
                        .setCredit(credit(PLENTY, PLENTY))
                        .build());

        await().until(() -> answers.all().size() == 20);
        var turns = answers.all().stream().map(SubscribeResponse::getPartition).toList();
        for (int i = 2; i < 20; i++) {
            assertThat(turns.get(i)).as("turn " + i + " of " + turns).isNotEqualTo(turns.get(i - 1));
        }
    }

    @Test
    void logThatWasClosedIsSoughtElsewhere() {
        append(first, "a");
        first.failReads(new LogClosedException("log of orders-0"));

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());

        await().until(() -> answers.all().size() == 1);
        assertError("orders", 0, Reason.NOT_REPLICA);
    }

    @Test
    void faultEndsTheStreamAndNotTheNode() {
        append(first, "a");
        first.failReads(new IllegalStateException("inside a batch"));

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());

        answers.awaitEnd();
        assertThat(node.failures).isEmpty();
        await().until(() -> first.listenerCount() == 0);
    }

    @Test
    void removedPartitionIsReadNoLonger() {
        var requests = node.dataStreams().subscribe(answers);
        requests.onNext(start(0, "")
                .addAdd(start("orders", 1, ""))
                .setCredit(credit(PLENTY, PLENTY))
                .build());
        await().until(() -> first.listenerCount() == 1 && second.listenerCount() == 1);

        requests.onNext(SubscribeRequest.newBuilder()
                .addRemove(TopicPartition.newBuilder().setTopic("orders").setPartition(0))
                .build());
        await().until(() -> first.listenerCount() == 0);
        append(first, "unseen");
        append(second, "seen");

        await().until(() -> nextOffset(1) == 1);
        assertThat(nextOffset(0)).isEqualTo(-1);
    }

    @Test
    void slowSubscriberHoldsLittleAndBlocksNobody() {
        for (int i = 0; i < 64; i++) {
            append(first, "x".repeat(900_000));
        }
        var slow = new SlowClient();
        node.dataStreams()
                .subscribe(slow)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());
        int fewReads = 16;
        await().until(() -> first.readCount() >= 2);
        await().during(Duration.ofMillis(300)).until(() -> first.readCount() < fewReads);

        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());

        await().atMost(Duration.ofSeconds(30)).until(() -> nextOffset(0) == 64);
        assertThat(first.readCount()).isLessThan(fewReads + 64);
    }

    @Test
    void clientThatReadsNoAnswersIsAskedForNoMoreRequests() {
        var slow = new SlowClient();
        var requests = node.dataStreams().subscribe(slow);
        var refused = start("x".repeat(350), 0, "");

        // Some 10 MB of refusals, more than the client's transport takes in.
        requests.onNext(SubscribeRequest.newBuilder()
                .addAllAdd(Collections.nCopies(10_000, refused))
                .build());
        requests.onNext(start(0, "").build());

        await().during(Duration.ofMillis(500)).until(() -> first.listenerCount() == 0);
        slow.read();
        await().until(() -> first.listenerCount() == 1);
    }

    @Test
    void stuckDiskReadsHoldUpNoEventLoop() throws Exception {
        append(first, "a");
        var gate = new CountDownLatch(1);
        first.gateReads(gate);
        node.dataStreams()
                .subscribe(answers)
                .onNext(start(0, "").setCredit(credit(PLENTY, PLENTY)).build());

        var publish = new Recorded<io.cordwood.proto.v1.PublishResponse>();
        var requests = node.dataStreams().publish(publish);
        requests.onNext(io.cordwood.proto.v1.PublishRequest.newBuilder()
                .setTopic("orders")
                .setPartition(1)
                .setBatch(com.google.protobuf.ByteString.copyFrom(Batches.of("b")))
                .build());
        requests.onCompleted();

        publish.awaitEnd();
        assertThat(publish.all().get(0).hasAck()).isTrue();
        gate.countDown();
        await().until(() -> nextOffset(0) == 1);
    }

    @Test
    void malformedSubscriptionsEndTheStream() {
        node.dataStreams()
                .subscribe(answers)
                .onNext(SubscribeRequest.newBuilder().setCredit(credit(-1, 0)).build());

        answers.awaitEnd();
        Refused.assertReason(Refused.of(answers.error()), Reason.INVALID_ARGUMENT, "field", "credit", "value", "-1");
    }

    @Test
    void requestsThatNameTooManyPartitionsEndTheStream() {
        var partition = TopicPartition.newBuilder().setTopic("orders").build();
        var remove = new Recorded<SubscribeResponse>();

        node.dataStreams()
                .subscribe(answers)
                .onNext(SubscribeRequest.newBuilder()
                        .addAllAdd(Collections.nCopies(10_001, PartitionStart.getDefaultInstance()))
                        .build());
        node.dataStreams()
                .subscribe(remove)
                .onNext(SubscribeRequest.newBuilder()
                        .addAllRemove(Collections.nCopies(10_001, partition))
                        .build());

        answers.awaitEnd();
        remove.awaitEnd();
        assertThat(answers.all()).isEmpty();
        Refused.assertReason(Refused.of(answers.error()), Reason.INVALID_ARGUMENT, "field", "add", "value", "10001");
        Refused.assertReason(Refused.of(remove.error()), Reason.INVALID_ARGUMENT, "field", "remove", "value", "10001");
    }

    @Test
    void stopEndsTheStream() {
        node.dataStreams().subscribe(answers).onNext(start(0, "").build());
        await().until(() -> first.listenerCount() == 1);

        node.server.beginStop();

        answers.awaitEnd();
        Refused.assertReason(Refused.of(answers.error()), Reason.SHUTTING_DOWN);
        await().until(() -> first.listenerCount() == 0);
    }

    /** A client whose transport window fills up, because it asks for no message before {@link #read}. */
    private static final class SlowClient implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {
        private volatile @Nullable ClientCallStreamObserver<SubscribeRequest> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<SubscribeRequest> started) {
            started.disableAutoRequestWithInitial(0);
            call = started;
        }

        void read() {
            Objects.requireNonNull(call).request(Integer.MAX_VALUE);
        }

        @Override
        public void onNext(SubscribeResponse value) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }

    private static void append(FakeReplica replica, String... values) {
        ByteBuffer batch = Batches.of(values);
        assertThat(replica.append(AppendRequest.of(RecordBatch.of(batch)))).isNotNull();
    }

    private static SubscribeRequest.Builder start(int partition, String start) {
        return SubscribeRequest.newBuilder().addAdd(start("orders", partition, start));
    }

    private static PartitionStart start(String topic, int partition, String start) {
        return PartitionStart.newBuilder()
                .setTopic(topic)
                .setPartition(partition)
                .setStart(start)
                .build();
    }

    private static Credit credit(long bytes, long records) {
        return Credit.newBuilder().setBytes(bytes).setRecords(records).build();
    }

    private static long bytes(Recorded<SubscribeResponse> recorded) {
        return recorded.all().stream()
                .mapToLong(answer -> answer.getData().getBatches().size())
                .sum();
    }

    /** -1 before the first data of the partition. */
    private long nextOffset(int partition) {
        return answers.all().stream()
                .filter(answer -> answer.getPartition() == partition && answer.hasData())
                .mapToLong(answer -> answer.getData().getNextOffset())
                .max()
                .orElse(-1);
    }

    private List<StoredRecord> records(int partition) {
        return answers.all().stream()
                .filter(answer -> answer.getPartition() == partition)
                .flatMap(answer -> answer.getData().getRecordsList().stream())
                .toList();
    }

    private List<Long> offsets(int partition) {
        return records(partition).stream().map(StoredRecord::getOffset).toList();
    }

    private void assertError(String topic, int partition, Reason reason, String... details) {
        var error = answers.all().stream()
                .filter(answer ->
                        answer.hasError() && answer.getTopic().equals(topic) && answer.getPartition() == partition)
                .findFirst()
                .orElseThrow();
        Refused.assertReason(Refused.of(error.getError()), reason, details);
    }
}
