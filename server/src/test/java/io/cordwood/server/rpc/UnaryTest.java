package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import io.cordwood.batch.Murmur2;
import io.cordwood.batch.RecordBatch;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.HeaderField;
import io.cordwood.proto.v1.InitProducerRequest;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.PartitionOffsets;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.ProducedRecord;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.StoredRecord;
import io.cordwood.proto.v1.TrimPartitionRequest;
import io.cordwood.proto.v1.TrimPartitionResponse;
import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.Confirmation;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.AppendResult;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.cordwood.store.OffsetTrimmedException;
import io.cordwood.store.ProducerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 1 leads partition 0, node 2 leads partition 1. */
final class UnaryTest {
    private final FakeCluster cluster = FakeCluster.of(2);
    private final FakePeers peers = new FakePeers();
    private TestNode one;
    private TestNode two;
    private FakeReplica leaderHere;
    private FakeReplica leaderThere;

    @BeforeEach
    void openNodes() throws IOException {
        cluster.createTopic("orders", 2, 2);
        cluster.leads(1, "orders", 0, 5);
        cluster.leads(2, "orders", 1, 5);
        one = TestNode.open(1, cluster, peers);
        two = TestNode.open(2, cluster, peers);
        leaderHere = one.replicas.add("orders", 0);
        one.replicas.add("orders", 1).ledBy(2, 1);
        two.replicas.add("orders", 0).ledBy(1, 2);
        leaderThere = two.replicas.add("orders", 1).ledBy(2, 2);
    }

    @AfterEach
    void closeNodes() throws InterruptedException {
        one.close();
        two.close();
        assertThat(one.failures).isEmpty();
        assertThat(two.failures).isEmpty();
    }

    @Test
    void recordsGoToTheirPartitionsWhereverTheseAreLed() {
        var request = ProduceRequest.newBuilder().setTopic("orders");
        for (int i = 0; i < 20; i++) {
            request.addRecords(NewRecord.newBuilder().setKey(text("k" + i)).setValue(text("v" + i)));
        }

        var records = one.data().produce(request.build()).getRecordsList();

        assertThat(records).hasSize(20).noneMatch(ProducedRecord::hasError);
        for (int i = 0; i < 20; i++) {
            var key = ("k" + i).getBytes(StandardCharsets.UTF_8);
            assertThat(records.get(i).getPartition()).isEqualTo(Murmur2.partition(key, 2));
        }
        assertThat(records).extracting(ProducedRecord::getPartition).contains(0, 1);
        assertThat(leaderHere.highWatermark() + leaderThere.highWatermark()).isEqualTo(20);
    }

    @Test
    void formsOfContentAreStoredAsBytesAndReadBackInTheFormAsked() {
        var json = Value.newBuilder()
                .setStructValue(Struct.newBuilder()
                        .putFields("n", Value.newBuilder().setNumberValue(5).build())
                        .putFields(
                                "t",
                                Value.newBuilder()
                                        .setStringValue("a\"\n<\u00e4>")
                                        .build()))
                .build();
        one.data()
                .produce(ProduceRequest.newBuilder()
                        .setTopic("orders")
                        .setPartition(1)
                        .addRecords(NewRecord.newBuilder()
                                .setKey(text("key"))
                                .setValue(RecordContent.newBuilder().setJson(json))
                                .addHeaders(HeaderField.newBuilder().setKey("h").setValue(text("x")))
                                .addHeaders(HeaderField.newBuilder().setKey("none"))
                                .setTimestamp(Timestamp.newBuilder()
                                        .setSeconds(1_700_000_000)
                                        .setNanos(5_000_000)))
                        .addRecords(NewRecord.newBuilder()
                                .setValue(RecordContent.newBuilder().setData(ByteString.fromHex("ff00"))))
                        .build());

        var stored = leaderThere.stored().get(0).records().next();
        assertThat(StandardCharsets.UTF_8.decode(stored.value()).toString())
                .isEqualTo("{\"n\":5,\"t\":\"a\\\"\\n<\u00e4>\"}");

        var auto = fetch(one, 1, Encoding.ENCODING_AUTO);
        assertThat(auto.getValue().getJson()).isEqualTo(json);
        assertThat(auto.getKey().getText()).isEqualTo("key");
        assertThat(auto.getTimestamp().getSeconds()).isEqualTo(1_700_000_000);
        assertThat(auto.getTimestamp().getNanos()).isEqualTo(5_000_000);
        assertThat(auto.getHeaders(0).getValue().getText()).isEqualTo("x");
        assertThat(auto.getHeaders(1).hasValue()).isFalse();
        assertThat(fetch(one, 1, Encoding.ENCODING_TEXT).getValue().getText()).startsWith("{\"n\":5");
        assertThat(fetch(one, 1, Encoding.ENCODING_BYTES).getKey().getData()).isEqualTo(ByteString.copyFromUtf8("key"));
        var raw = one.data().fetch(fetchFrom(1, "1").build()).getRecords(0);
        assertThat(raw.getValue().getData()).isEqualTo(ByteString.fromHex("ff00"));
        assertThat(raw.hasKey()).isFalse();
    }

    @Test
    void badProduceRequestsNameFieldAndLimit() {
        assertReason(produceRefused(produce("")), Reason.INVALID_ARGUMENT, "field", "records");
        assertReason(
                produceRefused(produce("", "v").setExpectedEndOffset(3)),
                Reason.INVALID_ARGUMENT,
                "field",
                "partition");
        assertReason(produceRefused(produce("nope", "v")), Reason.UNKNOWN_TOPIC, "topic", "nope");
        assertReason(
                produceRefused(produce("", "v").setPartition(2)),
                Reason.PARTITION_OUT_OF_RANGE,
                "field",
                "partition",
                "value",
                "2",
                "limit",
                "2");
        assertReason(
                produceRefused(produce("", "x".repeat(1 << 20)).setPartition(1)),
                Reason.RECORD_TOO_LARGE,
                "field",
                "records[0]",
                "limit",
                "1048588",
                "setting",
                "max.batch.bytes");
        assertReason(
                produceRefused(produce("", "v")
                        .setRecords(
                                0,
                                NewRecord.newBuilder()
                                        .setTimestamp(Timestamp.newBuilder().setSeconds(-5)))),
                Reason.TIMESTAMP_OUT_OF_RANGE,
                "field",
                "records[0].timestamp");
    }

    @Test
    void requestsThatRepeatAFieldTooOftenAreRefused() {
        var records = produce("").addAllRecords(Collections.nCopies(10_001, NewRecord.getDefaultInstance()));
        var headers =
                NewRecord.newBuilder().addAllHeaders(Collections.nCopies(10_001, HeaderField.getDefaultInstance()));
        var partitions = ListOffsetsRequest.newBuilder()
                .setTopic("orders")
                .addAllPartitions(Collections.nCopies(10_001, 0))
                .build();

        assertTooMany("records", produceRefused(records));
        assertTooMany("records.headers", produceRefused(produce("").addRecords(headers)));
        assertTooMany("partitions", Refused.by(() -> one.data().listOffsets(partitions)));
    }

    private static void assertTooMany(String field, Refusal refusal) {
        assertReason(refusal, Reason.INVALID_ARGUMENT, "field", field, "value", "10001");
        assertReason(refusal, Reason.INVALID_ARGUMENT, "limit", "at most 10000 elements");
    }

    @Test
    void oneFailedPartitionIsAnErrorOfItsRecordsAlone() {
        var refusal = Refusal.of(Reason.OVERLOADED, "too much waits").with("setting", "appender.queue-max-bytes");
        leaderThere.refuse(new AppendResult.Refused(refusal));
        var request = ProduceRequest.newBuilder().setTopic("orders");
        for (int i = 0; i < 20; i++) {
            request.addRecords(NewRecord.newBuilder().setKey(text("k" + i)));
        }

        for (var record : one.data().produce(request.build()).getRecordsList()) {
            assertThat(record.hasError()).isEqualTo(record.getPartition() == 1);
            if (record.hasError()) {
                assertReason(Refused.of(record.getError()), Reason.OVERLOADED, "setting", "appender.queue-max-bytes");
            }
        }
    }

    @Test
    void produceWaitsForAnElectionAndThenGoesOn() {
        leaderHere.leaderless();
        two.replicas.add("orders", 0).leaderless();
        cluster.createTopic("young", 1, 2);
        var leader = two.replicas.add("young", 0).leaderless();
        var answer = CompletableFuture.supplyAsync(
                () -> one.data().produce(produce("young", "v").build()));
        await().during(java.time.Duration.ofMillis(200)).until(() -> !answer.isDone());

        leader.ledBy(2, 2);
        cluster.leads(2, "young", 0, 5);

        assertThat(answer.join().getRecords(0).getOffset()).isZero();
    }

    @Test
    void callsWithoutALeaderFailAfterABoundedTime() {
        leaderHere.leaderless();
        cluster.createTopic("headless", 1, 2);

        var refusal = Refused.by(() -> one.data()
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .produce(produce("headless", "v").build()));

        assertReason(refusal, Reason.LEADER_UNKNOWN);
    }

    @Test
    void unknownOutcomeIsNeverSentAgain() {
        leaderThere.hold();
        leaderThere.refuse(new AppendResult.Refused(Refusal.of(Reason.NOT_LEADER, "it stepped down meanwhile")));
        int before = peers.calls();

        var refusal = produceRefused(produce("", "v").setPartition(1));

        assertReason(refusal, Reason.NOT_LEADER);
        assertThat(peers.calls()).isEqualTo(before + 1);
    }

    @Test
    void silentLeaderLeavesTheOutcomeUnknownForProduceAndIsAskedAgainForReads() {
        peers.silence(2);

        assertReason(produceRefused(produce("", "v").setPartition(1)), Reason.REQUEST_TIMED_OUT);
        int before = peers.calls();
        Refused.by(() -> one.data()
                .withDeadlineAfter(1, TimeUnit.SECONDS)
                .fetch(fetchFrom(1, "0").build()));
        assertThat(peers.calls()).isGreaterThan(before + 2);
    }

    private TrimPartitionResponse trim(String start) {
        return one.topics()
                .trimPartition(TrimPartitionRequest.newBuilder()
                        .setTopic("orders")
                        .setPartition(1)
                        .setStart(start)
                        .build());
    }

    @Test
    void trimIsDoneByTheLeader() {
        append(leaderThere, "a", "b");
        append(leaderThere, "c", "d");

        assertThat(trim("3").getLogStartOffset()).isEqualTo(3);
        assertThat(trim("1").getLogStartOffset()).isEqualTo(3);
        assertThat(trim("last:1").getHighWatermark()).isEqualTo(4);
        assertReason(Refused.by(() -> trim("5")), Reason.OFFSET_OUT_OF_RANGE);
        assertReason(Refused.by(() -> trim("")), Reason.INVALID_ARGUMENT);
        assertThat(leaderThere.logStartOffset()).isEqualTo(3);
        assertThat(trim("latest").getLogStartOffset()).isEqualTo(4);
    }

    @Test
    void fetchIsAnsweredByTheLeaderWithBoundsAndNextOffset() {
        append(leaderThere, "a", "b");
        append(leaderThere, "c", "d");
        leaderThere.trimTo(1);

        var response = one.data().fetch(fetchFrom(1, "").setMaxRecords(2).build());

        assertThat(response.getRecordsList())
                .extracting(StoredRecord::getOffset)
                .containsExactly(1L, 2L);
        assertThat(response.getNextOffset()).isEqualTo(3);
        assertThat(response.getHighWatermark()).isEqualTo(4);
        assertThat(response.getLogStartOffset()).isEqualTo(1);
        assertThat(response.getLeaderEpoch()).isEqualTo(5);
        assertThat(one.data().fetch(fetchFrom(1, "last:1").build()).getNextOffset())
                .isEqualTo(4);
        assertThat(one.data().fetch(fetchFrom(1, "latest").build()).getRecordsList())
                .isEmpty();
    }

    @Test
    void recordsThatUnpackToMuchComeInSeveralAnswers() {
        var batch = RecordBatch.of(Batches.packed(12, 1_000_000));
        leaderThere.append(AppendRequest.of(batch)).join();
        append(leaderThere, "last");
        var offsets = new ArrayList<Long>();

        long next = 0;
        while (next < 13) {
            var request = fetchFrom(1, Long.toString(next)).setEncoding(Encoding.ENCODING_BYTES);
            var response = one.data().fetch(request.build());
            assertThat(response.getSerializedSize()).isLessThan(6_000_000);
            assertThat(response.getNextOffset()).isGreaterThan(next);
            response.getRecordsList().forEach(record -> offsets.add(record.getOffset()));
            next = response.getNextOffset();
        }

        assertThat(offsets).hasSize(13).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void fetchBeginsAtTheTimeOnTheLeadersClock() {
        long now = System.currentTimeMillis();
        var batch = RecordBatch.of(Batches.at(now - 7_200_000, now - 1_800_000, now - 5_400_000));
        assertThat(leaderThere.append(AppendRequest.of(batch))).isCompleted();

        var recent = one.data().fetch(fetchFrom(1, "-1h").build());
        assertThat(recent.getRecordsList()).extracting(StoredRecord::getOffset).containsExactly(1L, 2L);
        assertThat(one.data().fetch(fetchFrom(1, "@" + (now - 1_000)).build()).getNextOffset())
                .isEqualTo(3);

        leaderThere.failReads(new IOException("bad sector"));
        assertReason(fetchRefused(fetchFrom(1, "@0")), Reason.INTERNAL);
    }

    @Test
    void badFetchRequestsNameFieldAndLimit() {
        append(leaderThere, "a");

        assertReason(
                fetchRefused(fetchFrom(1, "2")),
                Reason.OFFSET_OUT_OF_RANGE,
                "value",
                "2",
                "log_start_offset",
                "0",
                "log_end_offset",
                "1");
        assertReason(fetchRefused(fetchFrom(1, "soon")), Reason.INVALID_ARGUMENT, "field", "start", "value", "soon");
        assertReason(fetchRefused(fetchFrom(9, "")), Reason.PARTITION_OUT_OF_RANGE, "value", "9", "limit", "2");
        assertReason(fetchRefused(fetchFrom(1, "").setMaxRecords(0)), Reason.INVALID_ARGUMENT, "field", "max_records");
        assertReason(fetchRefused(fetchFrom(1, "").setMaxBytes(-1)), Reason.INVALID_ARGUMENT, "field", "max_bytes");
        assertReason(
                fetchRefused(fetchFrom(1, "").setMaxWait(Duration.newBuilder().setSeconds(31))),
                Reason.INVALID_ARGUMENT,
                "field",
                "max_wait");
        var beyondADuration = Duration.newBuilder().setSeconds(Long.MAX_VALUE).setNanos(2_000_000_000);
        assertReason(
                fetchRefused(fetchFrom(1, "").setMaxWait(beyondADuration)),
                Reason.INVALID_ARGUMENT,
                "field",
                "max_wait");
    }

    @Test
    void fetchThatCannotBeReadSaysWhereAndWhatToDo() {
        append(leaderThere, "good");
        append(leaderThere, "damaged", "damaged too");
        leaderThere.damageValue(1);

        var inFront = one.data().fetch(fetchFrom(1, "0").build());
        assertThat(inFront.getRecordsCount()).isEqualTo(1);
        assertThat(inFront.getNextOffset()).isEqualTo(1);
        var damaged = fetchRefused(fetchFrom(1, "2"));
        assertReason(damaged, Reason.INTERNAL, "topic", "orders");
        assertThat(damaged.message()).contains("batch at offset 1", "subscribe at another replica", "at offset 3");
        leaderThere.failReads(new IOException("bad sector"));
        assertThat(fetchRefused(fetchFrom(1, "0")).message()).contains("offset 0", "subscribe at another replica");
        leaderThere.failReads(new OffsetTrimmedException(0, 1));
        assertReason(fetchRefused(fetchFrom(1, "0")), Reason.OFFSET_OUT_OF_RANGE, "topic", "orders");
    }

    @Test
    void fetchWaitsForARecordAndAnswersEmptyWhenNoneComes() {
        var request = fetchFrom(0, "latest").setMaxWait(Duration.newBuilder().setSeconds(20));
        var answer = CompletableFuture.supplyAsync(() -> one.data().fetch(request.build()));
        await().until(() -> leaderHere.listenerCount() == 1);

        append(leaderHere, "a");

        assertThat(answer.join().getRecordsCount()).isEqualTo(1);
        assertThat(leaderHere.listenerCount()).isZero();
        var short0 = fetchFrom(0, "latest").setMaxWait(Duration.newBuilder().setNanos(50_000_000));
        assertThat(one.data().fetch(short0.build()).getNextOffset()).isEqualTo(1);
    }

    @Test
    void fetchThatWaitsIsAnsweredWhenTheLeaderStops() {
        var here = fetchFrom(0, "latest").setMaxWait(Duration.newBuilder().setSeconds(20));
        var answer = CompletableFuture.supplyAsync(() -> one.data().fetch(here.build()));
        var passedOn = CompletableFuture.supplyAsync(() -> two.data().fetch(here.build()));
        await().until(() -> leaderHere.listenerCount() == 2);

        one.server.beginStop();

        assertThat(answer.orTimeout(10, TimeUnit.SECONDS).join().getRecordsCount())
                .isZero();
        assertThat(passedOn.orTimeout(10, TimeUnit.SECONDS).join().getRecordsCount())
                .isZero();
    }

    @Test
    void fetchThatIsCancelledWaitsNoLonger() {
        var request = fetchFrom(0, "latest").setMaxWait(Duration.newBuilder().setSeconds(20));
        var answer = DataServiceGrpc.newFutureStub(one.channel).fetch(request.build());
        await().until(() -> leaderHere.listenerCount() == 1);

        answer.cancel(true);

        await().until(() -> leaderHere.listenerCount() == 0);
    }

    @Test
    void logEndsNotBeforeItsStartWhileAReplayIsBehindATrim() {
        append(leaderHere, "a");
        leaderHere.trimTo(500);

        for (var start : List.of("latest", "earliest", "last:1", "500")) {
            var found = one.data()
                    .listOffsets(ListOffsetsRequest.newBuilder()
                            .setTopic("orders")
                            .addPartitions(0)
                            .setStart(start)
                            .build());
            assertThat(found.getPartitions(0).getOffset()).isEqualTo(500);
            assertThat(found.getPartitions(0).getHighWatermark()).isEqualTo(500);
        }
    }

    @Test
    void listOffsetsAsksEachLeaderAndKeepsErrorsApart() {
        append(leaderHere, "a", "b");
        append(leaderThere, "a");

        var latest = one.data()
                .listOffsets(ListOffsetsRequest.newBuilder()
                        .setTopic("orders")
                        .setStart("latest")
                        .build());
        var two2 = one.data()
                .listOffsets(ListOffsetsRequest.newBuilder()
                        .setTopic("orders")
                        .addPartitions(0)
                        .addPartitions(1)
                        .addPartitions(2)
                        .setStart("2")
                        .build());

        assertThat(latest.getPartitionsList())
                .extracting(partition -> partition.getOffset())
                .containsExactly(2L, 1L);
        assertThat(two2.getPartitions(0).getOffset()).isEqualTo(2);
        assertReason(Refused.of(two2.getPartitions(1).getError()), Reason.OFFSET_OUT_OF_RANGE);
        assertReason(Refused.of(two2.getPartitions(2).getError()), Reason.PARTITION_OUT_OF_RANGE);
    }

    @Test
    void endsAreReadAfterTheLeaderIsConfirmed() {
        var confirmed = new CompletableFuture<Confirmation>();
        leaderHere.confirmNext(confirmed);
        var answer = CompletableFuture.supplyAsync(() -> listOffset(one, 0, "latest"));
        await().until(() -> leaderHere.confirmationCount() == 1);

        append(leaderHere, "a");
        assertThat(answer).isNotDone();
        confirmed.complete(Confirmation.CONFIRMED);

        assertThat(answer.join().getHighWatermark()).isEqualTo(1);
        assertThat(answer.join().getOffset()).isEqualTo(1);
        assertThat(answer.join().getLeaderEpoch()).isEqualTo(5);
    }

    @Test
    void leaderThatNobodyConfirmsIsAskedAgain() {
        leaderThere.confirmNext(
                CompletableFuture.completedFuture(Confirmation.UNANSWERED),
                CompletableFuture.completedFuture(Confirmation.NOT_LEADER));

        var answer = listOffset(one, 1, "latest");

        assertThat(answer.hasError()).isFalse();
        assertThat(leaderThere.confirmationCount()).isEqualTo(3);
    }

    @Test
    void endOfWhoWasDeposedIsAskedOfTheNextLeader() {
        var deposed = new CompletableFuture<Confirmation>();
        leaderHere.confirmNext(deposed);
        var answer = CompletableFuture.supplyAsync(() -> listOffset(one, 0, "latest"));
        await().until(() -> leaderHere.confirmationCount() == 1);
        append(two.replicas.add("orders", 0).ledBy(2, 2), "a", "b", "c");

        leaderHere.ledBy(2, 1);
        deposed.complete(Confirmation.NOT_LEADER);

        assertThat(answer.join().getHighWatermark()).isEqualTo(3);
    }

    @Test
    void fetchBeyondTheEndOfWhoWasDeposedIsAskedOfTheNextLeader() {
        append(two.replicas.add("orders", 0).ledBy(2, 2), "a", "b", "c");
        var deposed = new CompletableFuture<Confirmation>();
        leaderHere.confirmNext(deposed);
        var answer = CompletableFuture.supplyAsync(
                () -> one.data().fetch(fetchFrom(0, "2").build()));
        await().until(() -> leaderHere.confirmationCount() == 1);

        leaderHere.ledBy(2, 1);
        deposed.complete(Confirmation.NOT_LEADER);

        assertThat(answer.join().getRecordsCount()).isEqualTo(1);
    }

    private static PartitionOffsets listOffset(TestNode node, int partition, String start) {
        return node.data()
                .listOffsets(ListOffsetsRequest.newBuilder()
                        .setTopic("orders")
                        .addPartitions(partition)
                        .setStart(start)
                        .build())
                .getPartitions(0);
    }

    @Test
    void partitionThatIsNamedTwiceIsAnsweredOnce() {
        var response = one.data()
                .listOffsets(ListOffsetsRequest.newBuilder()
                        .setTopic("orders")
                        .addAllPartitions(List.of(1, 0, 1, 1))
                        .build());

        assertThat(response.getPartitionsList())
                .extracting(partition -> partition.getPartition())
                .containsExactly(1, 0);
    }

    @Test
    void partitionsAreDescribedByEveryReplicasNode() {
        append(leaderThere, "a");

        var partitions = one.cluster()
                .describePartitions(DescribePartitionsRequest.newBuilder()
                        .setTopic("orders")
                        .build())
                .getPartitionsList();

        assertThat(partitions).hasSize(2);
        var led = partitions.get(1);
        assertThat(led.getLeader()).isEqualTo(2);
        assertThat(led.getTerm()).isEqualTo(5);
        assertThat(led.getHighWatermark()).isEqualTo(1);
        assertThat(led.getReplicasList())
                .extracting(replica -> replica.getHighWatermark())
                .containsExactlyInAnyOrder(0L, 1L);
        assertThat(led.hasError()).isFalse();
    }

    @Test
    void silentNodeLeavesItsFieldsEmpty() {
        peers.silence(2);

        var partitions = one.cluster()
                .describePartitions(DescribePartitionsRequest.getDefaultInstance())
                .getPartitionsList();

        assertThat(partitions.get(0).hasError()).isFalse();
        assertReason(Refused.of(partitions.get(1).getError()), Reason.LEADER_UNKNOWN);
        assertThat(partitions.get(1).hasHighWatermark()).isFalse();
        assertThat(partitions.get(1).getReplicasList())
                .filteredOn(replica -> replica.getNodeId() == 2)
                .allMatch(replica -> !replica.hasHighWatermark());
    }

    @Test
    void producerIdsStartWithEpochZero() {
        var first = one.data().initProducer(InitProducerRequest.getDefaultInstance());
        var second = two.data().initProducer(InitProducerRequest.getDefaultInstance());

        assertThat(first.hasProducerId() && first.hasProducerEpoch()).isTrue();
        assertThat(first.getProducerEpoch()).isZero();
        assertThat(first.getBatchesRemembered()).isEqualTo(ProducerState.BATCHES_KEPT);
        assertThat(second.getProducerId()).isNotEqualTo(first.getProducerId());
        cluster.cutOff();
        assertReason(
                Refused.by(() -> one.data().initProducer(InitProducerRequest.getDefaultInstance())),
                Reason.METADATA_UNAVAILABLE);
    }

    private static RecordContent.Builder text(String text) {
        return RecordContent.newBuilder().setText(text);
    }

    /** For topic "orders" where none is named. */
    private static ProduceRequest.Builder produce(String topic, String... values) {
        var request = ProduceRequest.newBuilder().setTopic(topic.isEmpty() ? "orders" : topic);
        for (var value : values) {
            request.addRecords(NewRecord.newBuilder().setValue(text(value)));
        }
        return request;
    }

    private Refusal produceRefused(ProduceRequest.Builder request) {
        return Refused.by(() -> one.data().produce(request.build()));
    }

    private Refusal fetchRefused(FetchRequest.Builder request) {
        return Refused.by(() -> one.data().fetch(request.build()));
    }

    private static FetchRequest.Builder fetchFrom(int partition, String start) {
        return FetchRequest.newBuilder()
                .setTopic("orders")
                .setPartition(partition)
                .setStart(start);
    }

    private static StoredRecord fetch(TestNode node, int partition, Encoding encoding) {
        return node.data()
                .fetch(fetchFrom(partition, "0").setEncoding(encoding).build())
                .getRecords(0);
    }

    private static void append(FakeReplica replica, String... values) {
        replica.append(AppendRequest.of(RecordBatch.of(Batches.of(values)))).join();
    }
}
