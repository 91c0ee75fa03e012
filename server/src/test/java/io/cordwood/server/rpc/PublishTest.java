package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.cordwood.batch.TimestampType;
import io.cordwood.proto.v1.Durability;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.raft.AppendRequest;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.partition.AppendResult;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PublishTest {
    private final FakeCluster cluster = FakeCluster.of(3);
    private TestNode node;
    private FakeReplica first;
    private FakeReplica second;
    private Recorded<PublishResponse> answers;

    @BeforeEach
    void openNode() throws IOException {
        open(TestNode.LIMITS);
    }

    private void open(ServerConfig.Limits limits) throws IOException {
        if (node == null) {
            cluster.createTopic("orders", 2, 3);
            cluster.leads(1, "orders", 0, 5);
        }
        node = TestNode.open(1, limits, cluster, new FakePeers());
        first = node.replicas.add("orders", 0);
        second = node.replicas.add("orders", 1);
        answers = new Recorded<>();
    }

    @AfterEach
    void closeNode() throws InterruptedException {
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @Test
    void batchesAreAckedWithOffsetsEpochAndDurability() {
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publish(1, 0, Batches.of("a", "b")));
        requests.onNext(publish(2, 0, Batches.of("c")));
        requests.onCompleted();

        answers.awaitEnd();
        assertThat(answers.all()).hasSize(2);
        var ack = answers.all().get(1).getAck();
        assertThat(ack.getBaseOffset()).isEqualTo(2);
        assertThat(ack.getEndOffset()).isEqualTo(3);
        assertThat(ack.getLeaderEpoch()).isEqualTo(5);
        assertThat(ack.getDurability()).isEqualTo(Durability.DURABILITY_MAJORITY_FORCED);
        assertThat(first.stored().get(0).recordCount()).isEqualTo(2);
    }

    @Test
    void acksKeepTheirOrderPerPartitionAndDoNotWaitForOtherPartitions() {
        first.hold();
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publish(1, 0, Batches.of("a")));
        requests.onNext(publish(2, 0, damaged()));
        requests.onNext(publish(3, 1, Batches.of("b")));

        await().until(() -> answers.all().size() == 1);
        assertThat(ids()).containsExactly(3L);
        first.commitNext();
        await().until(() -> answers.all().size() == 3);
        assertThat(ids()).containsExactly(3L, 1L, 2L);
        requests.onCompleted();
        answers.awaitEnd();
    }

    @Test
    void refusedBatchesAreErrorsInTheirAcksAndTheStreamGoesOn() {
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publish(1, 0, damaged()));
        requests.onNext(publish(2, 0, wrongMagic()));
        requests.onNext(publish(3, 0, ByteBuffer.allocate(0)));
        requests.onNext(publish(4, 7, Batches.of("x")));
        requests.onNext(
                publish(5, 0, Batches.of("x")).toBuilder().setTopic("nope").build());
        requests.onNext(publish(6, 0, Batches.ofSize(3 << 20)));
        requests.onNext(publish(7, 0, Batches.of("good")));
        requests.onCompleted();

        answers.awaitEnd();
        assertThat(answers.all()).hasSize(7);
        assertError(1, Reason.CORRUPT_BATCH, "field", "crc");
        assertError(2, Reason.INVALID_BATCH, "field", "magic", "value", "1", "limit", "2");
        assertError(3, Reason.EMPTY_BATCH);
        assertError(4, Reason.PARTITION_OUT_OF_RANGE, "topic", "orders", "value", "7", "limit", "2");
        assertError(5, Reason.UNKNOWN_TOPIC, "topic", "nope");
        assertError(6, Reason.RECORD_TOO_LARGE, "limit", "1048588", "setting", "max.batch.bytes");
        assertThat(answerTo(7).getAck().getBaseOffset()).isZero();
    }

    @Test
    void batchForATopicThatWasCreatedAnewIsRefused() {
        var before = cluster.topicId("orders").toString();
        cluster.deleteTopic("orders");
        cluster.createTopic("orders", 1, 3);
        var now = cluster.topicId("orders").toString();
        var anew = node.replicas.add("orders", 0);
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publishTo(before, 1, 0));
        requests.onNext(publishTo(before, 2, 1));
        requests.onNext(publishTo("orders", 3, 0));
        requests.onNext(publishTo(now, 4, 0));
        requests.onNext(publishTo(now.toUpperCase(Locale.ROOT), 5, 0));
        requests.onNext(publish(6, 0, Batches.of("whatever it is")));
        requests.onCompleted();

        answers.awaitEnd();
        assertError(1, Reason.UNKNOWN_TOPIC, "topic", "orders", "field", "topic_id", "value", before, "limit", now);
        assertError(2, Reason.UNKNOWN_TOPIC, "value", before, "limit", now);
        assertError(3, Reason.INVALID_ARGUMENT, "field", "topic_id", "value", "orders", "limit", "a UUID");
        assertThat(answers.all()).filteredOn(PublishResponse::hasAck).hasSize(3);
        assertThat(first.requests()).isEmpty();
        assertThat(anew.requests()).hasSize(3);
    }

    private static PublishRequest publishTo(String topicId, long id, int partition) {
        return publish(id, partition, Batches.of("a")).toBuilder()
                .setTopicId(topicId)
                .build();
    }

    @Test
    void compactedTopicTakesNoRecordWithoutAKey() {
        cluster.createTopic("latest", 1, 1, java.util.Map.of("cleanup.policy", "compact"));
        node.replicas.add("latest", 0);
        var requests = node.dataStreams().publish(answers);

        requests.onNext(
                publish(1, 0, Batches.of("x")).toBuilder().setTopic("latest").build());
        requests.onCompleted();

        answers.awaitEnd();
        assertError(1, Reason.KEY_REQUIRED, "field", "key", "value", "0", "setting", "cleanup.policy");
    }

    @Test
    void batchSaysByWhichTimestampsItWasValidated() {
        cluster.createTopic("stamped", 1, 1, java.util.Map.of("message.timestamp.type", "append"));
        var stamped = node.replicas.add("stamped", 0);
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publish(1, 0, Batches.of("x")));
        requests.onNext(
                publish(2, 0, Batches.of("x")).toBuilder().setTopic("stamped").build());
        requests.onCompleted();

        answers.awaitEnd();
        assertThat(stamped.requests())
                .extracting(AppendRequest::validatedFor)
                .containsExactly(TimestampType.LOG_APPEND_TIME);
        assertThat(first.requests()).extracting(AppendRequest::validatedFor).containsExactly(TimestampType.CREATE_TIME);
    }

    @Test
    void topicsOwnLimitCounts() {
        cluster.createTopic("small", 1, 1, java.util.Map.of("max.batch.bytes", "128"));
        node.replicas.add("small", 0);
        var requests = node.dataStreams().publish(answers);

        requests.onNext(
                publish(1, 0, Batches.ofSize(200)).toBuilder().setTopic("small").build());
        requests.onCompleted();

        answers.awaitEnd();
        assertError(1, Reason.RECORD_TOO_LARGE, "limit", "128");
    }

    @Test
    void otherNodesAreNamedWithTheirAddress() {
        cluster.leads(2, "orders", 0, 6);
        first.ledBy(2, 1);
        second.leaderless();
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publish(1, 0, Batches.of("a")));
        requests.onNext(publish(2, 1, Batches.of("a")));
        node.replicas.remove("orders", 0);
        await().until(() -> answers.all().size() == 2);
        requests.onNext(publish(3, 0, Batches.of("a")));
        requests.onCompleted();

        answers.awaitEnd();
        assertError(1, Reason.NOT_LEADER, "leader_node_id", "2", "leader_address", "127.0.0.1:20002");
        assertError(2, Reason.LEADER_UNKNOWN);
        assertError(3, Reason.NOT_LEADER, "leader_node_id", "2");
    }

    @Test
    void whatTheReplicaRefusesIsTheError() {
        var refusal =
                Refusal.of(Reason.END_OFFSET_MISMATCH, "the log ends at 9").with("end_offset", 9);
        first.refuse(new AppendResult.Refused(refusal));
        var requests = node.dataStreams().publish(answers);

        requests.onNext(publish(1, 0, Batches.of("a")));
        requests.onCompleted();

        answers.awaitEnd();
        assertError(1, Reason.END_OFFSET_MISMATCH, "end_offset", "9");
    }

    @Test
    void bytesInFlightOfAConnectionAreBoundedAndFlowAgainAfterAcks() throws Exception {
        node.close();
        open(new ServerConfig.Limits((1 << 20) + 12, 64 << 20, 1 << 20, 100, 1_000, 2, 2));
        first.hold();
        var one = node.dataStreams().publish(answers);
        var other = node.dataStreams().publish(answers);

        for (int i = 0; i < 20; i++) {
            one.onNext(publish(i, 0, Batches.ofSize(200_000)));
            other.onNext(publish(100 + i, 0, Batches.ofSize(200_000)));
        }

        // 6 batches reach the limit of 1 MiB; each stream may have one more on its way.
        await().until(() -> first.heldCount() >= 6);
        await().during(java.time.Duration.ofMillis(300)).until(() -> first.heldCount() <= 8);
        one.onCompleted();
        other.onCompleted();
        await().until(() -> {
            while (first.heldCount() > 0) {
                first.commitNext();
            }
            return answers.all().size() == 40;
        });
    }

    @Test
    void bytesInFlightOfTheNodeAreBoundedOverConnections() throws Exception {
        node.close();
        open(new ServerConfig.Limits((1 << 20) + 12, 1 << 20, 1 << 20, 100, 1_000, 2, 2));
        first.hold();
        var one = node.dataStreams().publish(answers);

        for (int i = 0; i < 20; i++) {
            one.onNext(publish(i, 0, Batches.ofSize(200_000)));
        }

        await().until(() -> first.heldCount() >= 6);
        await().during(java.time.Duration.ofMillis(300)).until(() -> first.heldCount() <= 7);
        var produce = io.cordwood.proto.v1.ProduceRequest.newBuilder()
                .setTopic("orders")
                .addRecords(io.cordwood.proto.v1.NewRecord.getDefaultInstance())
                .build();
        Refused.assertReason(
                Refused.by(() -> node.data().produce(produce)),
                Reason.OVERLOADED,
                "setting",
                "node.in-flight-max-bytes",
                "limit",
                "1048576");
    }

    @Test
    void cancelledStreamGivesItsBytesBack() throws Exception {
        node.close();
        open(new ServerConfig.Limits((1 << 20) + 12, 1 << 20, 1 << 20, 100, 1_000, 2, 2));
        first.hold();
        var cancelled = node.dataStreams().publish(answers);
        for (int i = 0; i < 10; i++) {
            cancelled.onNext(publish(i, 0, Batches.ofSize(200_000)));
        }
        await().until(() -> first.heldCount() >= 6);

        cancelled.onError(new IllegalStateException("the client gave up"));
        await().until(() -> {
            while (first.heldCount() > 0) {
                first.commitNext();
            }
            return answers.ended();
        });

        var later = new Recorded<PublishResponse>();
        var requests = node.dataStreams().publish(later);
        for (int i = 0; i < 10; i++) {
            requests.onNext(publish(i, 1, Batches.ofSize(200_000)));
        }
        requests.onCompleted();
        later.awaitEnd();
        assertThat(later.all()).hasSize(10).allMatch(PublishResponse::hasAck);
    }

    @Test
    void stopFinishesWhatIsInFlightAndEndsTheStream() {
        first.hold();
        var requests = node.dataStreams().publish(answers);
        requests.onNext(publish(1, 0, Batches.of("a")));
        await().until(() -> first.heldCount() == 1);

        node.server.beginStop();
        assertThat(answers.ended()).isFalse();
        first.commitNext();

        answers.awaitEnd();
        assertThat(answerTo(1).hasAck()).isTrue();
        Refused.assertReason(Refused.of(answers.error()), Reason.SHUTTING_DOWN);
    }

    private List<Long> ids() {
        return answers.all().stream().map(PublishResponse::getCorrelationId).toList();
    }

    private PublishResponse answerTo(long id) {
        return answers.all().stream()
                .filter(answer -> answer.getCorrelationId() == id)
                .findFirst()
                .orElseThrow();
    }

    private void assertError(long id, Reason reason, String... details) {
        Refused.assertReason(Refused.of(answerTo(id).getError()), reason, details);
    }

    private static ByteBuffer damaged() {
        var batch = Batches.of("damaged");
        batch.put(batch.limit() - 1, (byte) (batch.get(batch.limit() - 1) ^ 1));
        return batch;
    }

    private static ByteBuffer wrongMagic() {
        var batch = Batches.of("old");
        batch.put(16, (byte) 1);
        return batch;
    }

    private static PublishRequest publish(long id, int partition, ByteBuffer batch) {
        return PublishRequest.newBuilder()
                .setCorrelationId(id)
                .setTopic("orders")
                .setPartition(partition)
                .setBatch(ByteString.copyFrom(batch))
                .build();
    }
}
