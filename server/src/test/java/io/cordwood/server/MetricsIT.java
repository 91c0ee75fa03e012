package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DeleteTopicRequest;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.config.ConfigException;
import io.cordwood.server.metrics.MetricsText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes that run, and what their pages show. */
final class MetricsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private List<URI> pages = List.of();
    private RunningServers servers;

    @BeforeEach
    void startNodes() throws IOException, ConfigException {
        servers = RunningServers.start(directory, 2, "--metrics.max-partitions=2");
        pages = List.of(servers.http(1, "/metrics"), servers.http(2, "/metrics"));
    }

    @AfterEach
    void stopNodes() {
        servers.close();
    }

    @Test
    void everythingOfTheCatalogueIsOnThePageAndNothingElse() {
        useTopic("orders", 2);
        var groups = GroupServiceGrpc.newBlockingStub(servers.channel(1)).withDeadlineAfter(60, TimeUnit.SECONDS);
        await().atMost(PATIENCE).ignoreExceptions().until(() -> commit(groups, "orders"));

        // The one that leads the partition shows what lacks its follower; the other one has nothing to show
        // there.
        await().atMost(PATIENCE).untilAsserted(() -> {
            var missing = pages.stream().map(page -> shown(page).missing()).toList();
            assertThat(missing.stream().reduce((one, other) -> {
                        one.retainAll(other);
                        return one;
                    }))
                    .hasValueSatisfying(both -> assertThat(both).isEmpty());
        });
        pages.forEach(page -> assertThat(shown(page).unknown()).isEmpty());
    }

    @Test
    void nodesOfOneProcessCountForThemselves() {
        useTopic("orders", 1);

        var leaders = pages.stream()
                .mapToDouble(page -> shown(page).value("cordwood_node_leaders"))
                .sum();
        var produced = pages.stream()
                .mapToDouble(page -> shown(page).samples().getOrDefault("cordwood_topic_in_records_total", 0.0))
                .sum();

        assertThat(leaders).isEqualTo(1);
        assertThat(produced).isEqualTo(1);
        assertThat(pages).allSatisfy(page -> {
            assertThat(shown(page).samples()).containsEntry("cordwood_node_ready", 1.0);
            assertThat(shown(page).samples()).containsEntry("cordwood_metadata_leader_known", 1.0);
        });
    }

    @Test
    void partitionsBeyondTheLimitAndDeletedTopicsHaveNoSeries() {
        useTopic("wide", 5);
        await().atMost(PATIENCE).until(() -> shown(pages.get(0)).value("cordwood_node_partitions_left_out") == 3);

        TopicServiceGrpc.newBlockingStub(servers.channel(1))
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .deleteTopic(DeleteTopicRequest.newBuilder().setName("wide").build());

        await().atMost(PATIENCE)
                .until(() -> pages.stream().noneMatch(page -> text(page).contains("topic=\"wide\"")));
    }

    /** A record in, and out again. */
    private void useTopic(String name, int partitions) {
        TopicServiceGrpc.newBlockingStub(servers.channel(1))
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .createTopic(CreateTopicRequest.newBuilder()
                        .setName(name)
                        .setPartitionCount(partitions)
                        .setReplicationFactor(2)
                        .build());
        // Its leaderships go to the preferred nodes; what is sent meanwhile may be refused.
        await().atMost(PATIENCE).until(() -> isBalanced(name));
        var data = DataServiceGrpc.newBlockingStub(servers.channel(1)).withDeadlineAfter(30, TimeUnit.SECONDS);
        data.produce(ProduceRequest.newBuilder()
                .setTopic(name)
                .addRecords(NewRecord.newBuilder()
                        .setValue(RecordContent.newBuilder().setText("v")))
                .build());
        data.fetch(FetchRequest.newBuilder().setTopic(name).setStart("earliest").build());
    }

    /** Refused until all nodes have told that they know of groups. */
    private static boolean commit(GroupServiceGrpc.GroupServiceBlockingStub groups, String topic) {
        var answer = groups.resetOffsets(ResetOffsetsRequest.newBuilder()
                .setGroup("payments")
                .setCreate(true)
                .addResets(OffsetReset.newBuilder().setTopic(topic).setTo("earliest"))
                .build());
        return answer.getPartitionsCount() > 0;
    }

    private boolean isBalanced(String topic) {
        return TopicServiceGrpc.newBlockingStub(servers.channel(1))
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .getTopic(GetTopicRequest.newBuilder().setName(topic).build())
                .getTopic()
                .getPartitionsList()
                .stream()
                .allMatch(partition -> partition.getLeader() == partition.getReplicas(0));
    }

    private static MetricsText shown(URI page) {
        return MetricsText.of(text(page));
    }

    private static String text(URI page) {
        var request = HttpRequest.newBuilder(page).timeout(PATIENCE).build();
        return HttpClient.newHttpClient()
                .sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .join()
                .body();
    }
}
