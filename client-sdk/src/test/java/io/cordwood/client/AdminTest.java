package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AdminTest {
    private ScriptedCluster cluster;
    private CordwoodClient client;
    private Admin admin;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(3);
        client = cluster.connect();
        admin = client.admin();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void createdTopicIsDescribedAndListed() {
        var created = admin.createTopic("orders", 3, 3, Map.of("segment.bytes", "1000"));

        assertThat(created).isEqualTo(admin.topic("orders"));
        assertThat(created.partitionCount()).isEqualTo(3);
        assertThat(created.config()).containsEntry("segment.bytes", "1000");
        assertThat(created.partitions().get(1))
                .isEqualTo(new TopicDescription.Placement(1, OptionalInt.of(2), OptionalInt.of(1), List.of(1, 2, 3)));
    }

    @Test
    void allPagesOfTopicsAreListed() {
        for (int i = 0; i < 5; i++) {
            admin.createTopic(NewTopic.of("topic-" + i).withPartitions(1));
        }

        assertThat(admin.topics())
                .extracting(TopicSummary::name)
                .containsExactly("topic-0", "topic-1", "topic-2", "topic-3", "topic-4");
    }

    @Test
    void causesAreTranslatedAndOneOfTheFutureKeepsItsSentence() {
        var explanation = admin.explain(Explained.group("billing"));

        assertThat(explanation.leftOut()).isEqualTo(3);
        assertThat(explanation.causes())
                .containsExactly(
                        new Cause(
                                CauseCode.SLOW_HANDLER,
                                "a record takes long",
                                "look at the handler",
                                "orders",
                                OptionalInt.of(0),
                                "ann",
                                OptionalInt.empty()),
                        new Cause(
                                CauseCode.UNKNOWN,
                                "of the future",
                                "",
                                "",
                                OptionalInt.empty(),
                                "",
                                OptionalInt.of(3)));
        assertThat(admin.explainAsync(Explained.node(1)).join()).isEqualTo(explanation);
    }

    @Test
    void whatIsToBeExplainedIsAGroupATopicAPartitionOrANode() {
        var partition = new TopicPartition("orders", 0);
        List.of(
                        Explained.group("billing", "orders"),
                        Explained.group("billing", partition),
                        Explained.topic("orders"),
                        Explained.partition(partition),
                        Explained.node(2))
                .forEach(admin::explain);

        var asked = cluster.explained();
        assertThat(asked.get(0).getGroup().getTopic()).isEqualTo("orders");
        assertThat(asked.get(0).getGroup().hasPartition()).isFalse();
        assertThat(asked.get(1).getGroup().getGroup()).isEqualTo("billing");
        assertThat(asked.get(1).getGroup().hasPartition()).isTrue();
        assertThat(asked.get(2).getTopic().getTopic()).isEqualTo("orders");
        assertThat(asked.get(2).getTopic().hasPartition()).isFalse();
        assertThat(asked.get(3).getTopic().hasPartition()).isTrue();
        assertThat(asked.get(4).getNodeId()).isEqualTo(2);
        assertThat(Failures.thrownBy(() -> Explained.topic("no topic!")).code()).isEqualTo(ErrorCode.INVALID_NAME);
    }

    /** A server's code that this client has no name for would be told as one that it does not know. */
    @Test
    void everyCauseOfTheApiHasItsName() {
        for (var code : io.cordwood.proto.v1.CauseCode.values()) {
            boolean named = code != io.cordwood.proto.v1.CauseCode.UNRECOGNIZED && code.getNumber() > 0;
            var cause = LagTranslation.cause(io.cordwood.proto.v1.Cause.newBuilder()
                    .setCodeValue(named ? code.getNumber() : 99)
                    .build());

            assertThat("CAUSE_CODE_" + cause.code()).isEqualTo(named ? code.name() : "CAUSE_CODE_UNKNOWN");
        }
    }

    @Test
    void trimmedPartitionSaysWhatItHolds() {
        admin.createTopic(NewTopic.of("orders").withPartitions(3));

        assertThat(admin.trim("orders", 2, StartPoint.offset(42))).isEqualTo(new TrimmedPartition(42, 102));
        var failure = Failures.of(admin.trimAsync("nowhere", 0, StartPoint.offset(1)));
        assertThat(failure.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
    }

    @Test
    void trimThatIsToldAgainTakesNothingThatCameSince() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));
        try (var producer = client.producer().open()) {
            producer.send("orders", null, new byte[1]).join();
        }
        cluster.answers.failNextAfterwards("TrimPartition", Refusals.of("REQUEST_TIMED_OUT", "too slow"));

        var trimmed = admin.trim("orders", 0, StartPoint.latest());

        // The doubles take nothing but offsets, and an offset means the same each time.
        assertThat(trimmed.logStartOffset()).isEqualTo(1);
        assertThat(cluster.answers.calls("TrimPartition")).isEqualTo(2);
        assertThat(cluster.answers.calls("ListOffsets")).isEqualTo(1);
    }

    @Test
    void deletedTopicIsGone() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));

        admin.deleteTopic("orders");

        var failure = Failures.of(admin.topicAsync("orders"));
        assertThat(failure.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(failure.details()).containsEntry("topic", "orders");
        assertThat(failure.retryable()).isFalse();
    }

    @Test
    void partitionsTellWhatTheirReplicasHold() {
        admin.createTopic(NewTopic.of("orders").withPartitions(2));

        var partition = admin.partitions("orders").get(1);

        assertThat(partition.partition()).isEqualTo(new TopicPartition("orders", 1));
        assertThat(partition.leader()).hasValue(2);
        assertThat(partition.highWatermark()).hasValue(0);
        assertThat(partition.term()).hasValue(1);
        assertThat(partition.replicas())
                .containsExactly(
                        new PartitionDescription.Replica(
                                2,
                                OptionalLong.of(0),
                                OptionalLong.of(7),
                                OptionalLong.of(0),
                                OptionalLong.empty(),
                                PartitionDescription.ReplicaState.LEADER,
                                Optional.empty()),
                        new PartitionDescription.Replica(
                                99,
                                OptionalLong.empty(),
                                OptionalLong.empty(),
                                OptionalLong.empty(),
                                OptionalLong.of(70),
                                PartitionDescription.ReplicaState.SILENT,
                                Optional.empty()));
        assertThat(partition.sizeBytes()).hasValue(7);
        assertThat(partition.error()).isEmpty();
        assertThat(admin.partitions()).hasSize(2);
    }

    @Test
    void settingsAreShownPreviewedAndChanged() {
        admin.createTopic("orders", 1, 3, Map.of("segment.bytes", "1000", "segment.age.ms", "9"));

        var preview = admin.previewTopicConfig("orders", Map.of("segment.bytes", "2000"), Set.of("segment.age.ms"));
        assertThat(admin.topic("orders").config()).containsEntry("segment.bytes", "1000");
        var change = admin.alterTopicConfig("orders", Map.of("segment.bytes", "2000"), Set.of("segment.age.ms"));

        assertThat(change).isEqualTo(preview);
        assertThat(change.before()).contains(new TopicSetting("segment.bytes", "1000", "0", true));
        assertThat(admin.topicConfig("orders"))
                .isEqualTo(change.after())
                .containsExactly(
                        new TopicSetting("segment.age.ms", "0", "0", false),
                        new TopicSetting("segment.bytes", "2000", "0", true));
    }

    @Test
    void partitionsAreAddedOnceAlthoughTheAnswerWasLost() {
        admin.createTopic(NewTopic.of("orders").withPartitions(2));
        assertThat(admin.previewPartitions("orders", 5).partitionCount()).isEqualTo(5);
        assertThat(admin.topic("orders").partitionCount()).isEqualTo(2);
        cluster.answers.failNextAfterwards("CreatePartitions", Refusals.of("METADATA_UNAVAILABLE", "gone"));

        assertThat(admin.addPartitions("orders", 5).partitionCount()).isEqualTo(5);

        assertThat(Failures.of(admin.addPartitionsAsync("orders", 5)).code())
                .isEqualTo(ErrorCode.INVALID_PARTITION_COUNT);
    }

    @Test
    void changeOfReplicasThatIsOverIsDoneAlthoughTheAnswerWasLost() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));
        assertThat(Failures.of(admin.moveReplicaAsync("orders", 0, 4, 3)).code())
                .isEqualTo(ErrorCode.REPLICA_EXISTS);

        cluster.answers.failNext("AlterReplicas", Refusals.of("METADATA_UNAVAILABLE", "lost"));
        assertThat(admin.moveReplica("orders", 0, 4, 3).replicas()).containsExactly(1, 2, 3);
        cluster.answers.failNext("AlterReplicas", Refusals.of("METADATA_UNAVAILABLE", "lost"));
        assertThat(admin.removeReplica("orders", 0, 4).replicas()).containsExactly(1, 2, 3);
    }

    @Test
    void changeOfReplicasThatWasNotMadeIsRefusedAlsoWhereAnAnswerWasLost() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));
        cluster.answers.failNext("AlterReplicas", Refusals.of("METADATA_UNAVAILABLE", "lost"));

        // Node 3 has a replica, and node 1 has not given up its own.
        assertThat(Failures.of(admin.moveReplicaAsync("orders", 0, 1, 3)).code())
                .isEqualTo(ErrorCode.REPLICA_EXISTS);
    }

    @Test
    void leadershipIsTransferred() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));

        var led = admin.transferLeadership("orders", 0, 3);

        assertThat(led.leader()).hasValue(3);
        assertThat(led.leaderEpoch()).hasValue(2);
        assertThat(Failures.of(admin.transferLeadershipAsync("orders", 0, 9)).code())
                .isEqualTo(ErrorCode.UNKNOWN_NODE);
    }

    @Test
    void clusterTellsItsFeatureLevelAndThoseOfItsNodes() {
        var described = admin.cluster();

        assertThat(described.featureLevel()).isEqualTo(2);
        assertThat(described.nodes().get(0).minFeatureLevel()).hasValue(1);
        assertThat(described.nodes().get(0).maxFeatureLevel()).hasValue(3);
    }

    @Test
    void partitionWithoutALeaderSaysSo() {
        cluster.createTopic("orders", 1).hidesLeaders = true;

        var partition = admin.partitions("orders").get(0);

        assertThat(partition.error())
                .hasValueSatisfying(error -> assertThat(error.code()).isEqualTo(ErrorCode.LEADER_UNKNOWN));
        assertThat(partition.highWatermark()).isEmpty();
    }

    @Test
    void clusterTellsItsNodes() {
        var described = admin.cluster();

        assertThat(described.nodes()).extracting(NodeDescription::nodeId).containsExactly(1, 2, 3);
        assertThat(described.nodes().get(0).state()).isEqualTo(NodeDescription.State.ALIVE);
        assertThat(described.nodes().get(0).voter()).isTrue();
        assertThat(described.metadataLeader()).hasValue(1);
    }

    @Test
    void addedNodeIsExpected() {
        var node = admin.addNode(4, "n4:9091");

        assertThat(node.state()).isEqualTo(NodeDescription.State.EXPECTED);
        assertThat(node.nodeAddress()).isEqualTo("n4:9091");
    }

    @Test
    void nextNodeIsAskedWhereOneIsDown() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));
        cluster.stopNode(1);

        assertThat(admin.topic("orders").name()).isEqualTo("orders");
    }

    @Test
    void noNodeAtAllIsUnreachableAndNamed() {
        try (var lonely = CordwoodClient.builder()
                .bootstrap("127.0.0.1:1")
                .requestTimeout(Duration.ofSeconds(2))
                .build()) {
            // A busy machine may not get as far as a refused connection within the time of the first request.
            await().untilAsserted(() -> {
                var failure = Failures.thrownBy(() -> lonely.admin().topics());
                assertThat(failure.code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
                assertThat(failure).hasMessageContaining("127.0.0.1:1");
                assertThat(failure.retryable()).isTrue();
            });
        }
    }

    @Test
    void passingRefusalsAreTriedAgain() {
        cluster.createTopic("orders", 1);
        cluster.answers.failNext("GetTopic", Refusals.of("METADATA_UNAVAILABLE", "no leader"));
        cluster.answers.failNext(
                "GetTopic", Refusals.retryAfter(Refusals.of("NOT_JOINED", "wait"), Duration.ofMillis(1)));

        assertThat(admin.topic("orders").name()).isEqualTo("orders");
        assertThat(cluster.answers.calls("GetTopic")).isEqualTo(3);
    }

    @Test
    void creationWhoseAnswerWasLostIsNoFailure() {
        cluster.answers.failNextAfterwards("CreateTopic", Refusals.of("METADATA_UNAVAILABLE", "lost"));

        var created = admin.createTopic(NewTopic.of("orders").withPartitions(2));

        assertThat(created.partitionCount()).isEqualTo(2);
    }

    @Test
    void deletionWhoseAnswerWasLostIsNoFailure() {
        cluster.createTopic("orders", 1);
        cluster.answers.failNextAfterwards("DeleteTopic", Refusals.of("METADATA_UNAVAILABLE", "lost"));

        admin.deleteTopic("orders");

        assertThat(admin.topics()).isEmpty();
    }

    @Test
    void secondCreationIsRefused() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));

        var failure =
                Failures.thrownBy(() -> admin.createTopic(NewTopic.of("orders").withPartitions(1)));

        assertThat(failure.code()).isEqualTo(ErrorCode.TOPIC_EXISTS);
        assertThat(failure.hint()).isNotBlank();
    }

    @Test
    void secondCreationIsRefusedAlsoWhereAnotherNodeWasDown() {
        admin.createTopic(NewTopic.of("orders").withPartitions(1));
        cluster.stopNode(1);

        try (var other = cluster.connect()) {
            var failure = Failures.thrownBy(
                    () -> other.admin().createTopic(NewTopic.of("orders").withPartitions(1)));

            assertThat(failure.code()).isEqualTo(ErrorCode.TOPIC_EXISTS);
        }
    }

    @Test
    void wrongRequestsAreRefusedBeforeTheyAreSent() {
        assertThat(Failures.thrownBy(() -> NewTopic.of("a/b")).code()).isEqualTo(ErrorCode.INVALID_NAME);
        assertThat(Failures.thrownBy(() -> NewTopic.of("a").withPartitions(0)).code())
                .isEqualTo(ErrorCode.INVALID_PARTITION_COUNT);
        assertThat(Failures.thrownBy(() -> NewTopic.of("a").withReplicas(-1)).code())
                .isEqualTo(ErrorCode.INVALID_REPLICATION_FACTOR);
        assertThat(Failures.thrownBy(() -> admin.addNode(0, "n:1")).details()).containsEntry("field", "nodeId");
        assertThat(Failures.thrownBy(() -> admin.addNode(4, "nowhere")).details())
                .containsEntry("field", "nodeAddress");
        assertThat(Failures.thrownBy(() -> CordwoodClient.connect("localhost")).details())
                .containsEntry("field", "bootstrap");
        assertThat(Failures.thrownBy(() -> CordwoodClient.connect()).details()).containsEntry("field", "bootstrap");
        assertThat(cluster.answers.calls("AddNode")).isZero();
    }

    @Test
    void closedClientSaysSo() {
        client.close();

        assertThat(Failures.thrownBy(() -> admin.topics()).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    }
}
