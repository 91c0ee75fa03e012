package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What people and scripts do with a URL: all of it at any node. */
class HttpIT {
    private static final Pattern OPEN_AT_NODE_1 = Pattern.compile("\"nodeId\":\\s*1,\\s*\"highWatermark\"");

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    private final HttpClient client = HttpClient.newHttpClient();

    /** For each test: a single request tries once, and may be lost with a connection to a node that went away. */
    private TestCluster cluster() {
        return clusters.of(3).start();
    }

    @Test
    void topicIsMadeFilledReadAndFollowedAtAnyNode() {
        var cluster = cluster();
        cluster.nodeIds().forEach(node -> TestCluster.soon().until(() -> status(cluster, node, "/readyz") == 200));
        assertThat(post(cluster, 1, "TopicService/CreateTopic", "{\"name\": \"orders\", \"partitionCount\": 3}"))
                .contains("\"partitionCount\":3");
        TestCluster.soon().until(() -> cluster.isBalanced("orders"));
        var followed = follow(cluster, 2, "/v1/topics/orders/tail?encoding=text&start=earliest");

        for (int node : cluster.nodeIds()) {
            for (int partition = 0; partition < 3; partition++) {
                assertThat(post(cluster, node, "DataService/Produce", record(partition, node + "/" + partition)))
                        .contains("\"offset\":");
            }
        }

        TestCluster.soon().until(() -> recordsIn(followed) == 9);
        for (int node : cluster.nodeIds()) {
            assertThat(body(cluster, node, "/cordwood.v1.DataService/Fetch?topic=orders&partition=1&start=last:3"))
                    .contains("1/1", "2/1", "3/1");
            assertThat(body(cluster, node, "/metrics")).contains("cordwood_node_ready");
        }
    }

    @Test
    void tailGoesOnBesideALostLeaderAndHasEveryRecordOnce() {
        var cluster = cluster();
        cluster.createTopic("followed", 1);
        int leader = cluster.leaderOf("followed", 0);
        int other = cluster.nodeIds().stream()
                .filter(node -> node != leader)
                .findFirst()
                .orElseThrow();
        var followed = follow(cluster, other, "/v1/topics/followed/tail?encoding=text&start=earliest");
        cluster.publish("followed", 0, "before");
        TestCluster.soon().until(() -> recordsIn(followed) == 1);

        cluster.kill(leader);
        cluster.publish("followed", 0, "after");

        TestCluster.soon().until(() -> recordsIn(followed) == 2);
        assertThat(followed).anyMatch(line -> line.contains("before")).anyMatch(line -> line.contains("after"));
    }

    @Test
    void restartedNodeIsReadyWhenItHoldsAgainWhatItHeld() {
        var cluster = cluster();
        cluster.createTopic("held", 4);
        cluster.stop(1);
        cluster.restart(1);

        TestCluster.soon().until(() -> status(cluster, 1, "/readyz") == 200);

        // At the node itself: the others may not have found out yet that it answers again.
        var held = post(cluster, 1, "ClusterService/DescribePartitions", "{\"topic\": \"held\"}");
        assertThat(OPEN_AT_NODE_1.matcher(held).results()).as(held).hasSize(4);
    }

    @Test
    void stoppingNodeTellsItsFollowers() {
        var cluster = cluster();
        cluster.createTopic("ended", 1);
        var followed = follow(cluster, 3, "/v1/topics/ended/tail?start=earliest");
        cluster.publish("ended", 0, "a");
        TestCluster.soon().until(() -> recordsIn(followed) == 1);

        cluster.stop(3);

        TestCluster.soon().until(() -> followed.stream().anyMatch(line -> line.startsWith("{\"end\":")));
        assertThat(followed).anyMatch(line -> line.contains("SHUTTING_DOWN"));
    }

    private static String record(int partition, String text) {
        return "{\"topic\": \"orders\", \"partition\": " + partition + ", \"records\": [{\"value\": {\"text\": \""
                + text + "\"}}]}";
    }

    private static long recordsIn(List<String> lines) {
        return lines.stream().filter(line -> line.contains("\"offset\"")).count();
    }

    private String post(TestCluster cluster, int node, String method, String json) {
        return send(request(cluster, node, "/cordwood.v1." + method)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json)))
                .body();
    }

    private String body(TestCluster cluster, int node, String path) {
        return send(request(cluster, node, path)).body();
    }

    private int status(TestCluster cluster, int node, String path) {
        return send(request(cluster, node, path)).statusCode();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The lines as they come, until the node or the test ends. */
    private List<String> follow(TestCluster cluster, int node, String path) {
        var lines = new CopyOnWriteArrayList<String>();
        var unused = client.sendAsync(request(cluster, node, path).build(), HttpResponse.BodyHandlers.ofLines())
                .thenCompose(response -> CompletableFuture.runAsync(
                        () -> response.body().forEach(lines::add),
                        task -> daemon(task).start()));
        return lines;
    }

    private static Thread daemon(Runnable task) {
        var thread = new Thread(task, "follow");
        thread.setDaemon(true);
        return thread;
    }

    private static HttpRequest.Builder request(TestCluster cluster, int node, String path) {
        return HttpRequest.newBuilder(URI.create("http://" + cluster.httpAddress(node) + path));
    }
}
