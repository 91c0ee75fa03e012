package io.cordwood.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendRequest;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.cordwood.store.LogClosedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Node 1 leads partition 0 and follows in partition 1; it holds nothing of partition 2. Node 2 leads these
 * two.
 */
final class TailTest {
    private static final String TAIL = "/v1/topics/orders/tail";

    private final FakeCluster cluster = FakeCluster.of(2);
    private final FakePeers peers = new FakePeers();
    private HttpTestNode one;
    private HttpTestNode two;
    private FakeReplica led;
    private FakeReplica followed;
    private FakeReplica leaderOfFollowed;
    private FakeReplica elsewhere;

    @BeforeEach
    void openNodes() throws IOException {
        cluster.createTopic("orders", 3, 2);
        cluster.leads(1, "orders", 0, 5);
        cluster.leads(2, "orders", 1, 5);
        cluster.leads(2, "orders", 2, 5);
        one = HttpTestNode.open(1, cluster, peers);
        two = HttpTestNode.open(2, cluster, peers);
        led = one.replicas.add("orders", 0);
        followed = one.replicas.add("orders", 1).ledBy(2, 1);
        leaderOfFollowed = two.replicas.add("orders", 1).ledBy(2, 2);
        elsewhere = two.replicas.add("orders", 2).ledBy(2, 2);
    }

    @AfterEach
    void closeNodes() throws InterruptedException {
        one.close();
        two.close();
        assertThat(one.failures).isEmpty();
        assertThat(two.failures).isEmpty();
    }

    @Test
    void recordsOfAllPartitionsComeAsTheyAreCommittedWhereverTheyLie() throws Exception {
        append(led, "before");
        try (var tail = one.follow(TAIL + "?encoding=text")) {
            await().until(() -> led.listenerCount() > 0 && elsewhere.listenerCount() > 0);
            append(led, "a");
            append(followed, "b");
            append(leaderOfFollowed, "b");
            append(elsewhere, "c");
            tail.awaitLines("\"offset\"", 3);
            append(elsewhere, "d");
            tail.awaitLines("\"offset\"", 4);

            assertThat(values(tail, 0)).containsExactly("a");
            assertThat(values(tail, 1)).containsExactly("b");
            assertThat(values(tail, 2)).containsExactly("c", "d");
            assertThat(tail.linesWith("Content-")).anyMatch(line -> line.contains("application/x-ndjson"));
            assertThat(tail.linesWith("\"before\"")).isEmpty();
        }
    }

    @Test
    void oneObjectALineWithItsPartitionAndOffset() throws Exception {
        append(led, "{\"pears\": 1}", "plain");
        try (var tail = one.follow(TAIL + "?partition=0&start=earliest&max_records=2")) {
            tail.awaitEnd();

            var first = object(tail.linesWith("\"offset\"").get(0));
            assertThat(first.get("partition").getAsInt()).isZero();
            assertThat(first.get("offset").getAsString()).isEqualTo("0");
            assertThat(first.get("timestamp").getAsString()).isEqualTo("1970-01-01T00:00:01Z");
            assertThat(first.getAsJsonObject("value")
                            .getAsJsonObject("json")
                            .get("pears")
                            .getAsInt())
                    .isEqualTo(1);
            var second = object(tail.linesWith("\"offset\"").get(1));
            assertThat(second.getAsJsonObject("value").get("text").getAsString())
                    .isEqualTo("plain");
            assertThat(end(tail).get("status").getAsString()).isEqualTo("OK");
        }
    }

    @Test
    void startIsAsEverywhereAndNoMoreThanAskedForComes() throws Exception {
        append(led, "a", "b", "c", "d");
        try (var tail = one.follow(TAIL + "?partition=0&start=last:3&max_records=2&encoding=text")) {
            tail.awaitEnd();

            assertThat(values(tail, 0)).containsExactly("b", "c");
        }
    }

    @Test
    void eventsWhereTheClientAcceptsThem() throws Exception {
        append(led, "a");
        var path = TAIL + "?partition=0&start=0&max_records=1&encoding=text";
        try (var tail = one.follow(path, "Accept: text/event-stream")) {
            tail.awaitEnd();

            assertThat(tail.linesWith("text/event-stream")).hasSize(1);
            assertThat(tail.linesWith("data: {\"partition\":0,\"offset\":\"0\""))
                    .hasSize(1);
            assertThat(tail.lines()).contains("event: end");
        }
    }

    @Test
    void silenceIsBrokenByHeartbeats() throws Exception {
        try (var lines = one.follow(TAIL + "?partition=0");
                var events = one.follow(TAIL + "?partition=0", "Accept: text/event-stream")) {
            await().until(() -> emptyLines(lines) > 3);
            await().until(() -> events.lines().stream().filter(":"::equals).count() >= 3);
        }
    }

    @Test
    void slowClientHoldsNothingUpAndIsReadNothingFor() throws Exception {
        IntStream.range(0, 60).forEach(i -> append(led, "x".repeat(1 << 20)));
        try (var stuck = RawHttp.unread(one.http.port(), "GET " + TAIL + "?partition=0&start=0 HTTP/1.0");
                var other = one.follow(TAIL + "?partition=0&start=latest&encoding=text")) {
            await().until(() -> led.readCount() > 0);
            await().during(Duration.ofMillis(500)).until(() -> led.readCount() < 40);
            await().until(() -> emptyLines(other) > 1);
            append(led, "new");

            other.awaitLines("\"new\"", 1);
            assertThat(stuck.lines()).as("what was read of it").isEmpty();
        }
    }

    @Test
    void placeOfAClientThatIsGoneIsFreeAgain() throws Exception {
        var first = one.follow(TAIL + "?partition=0");
        var second = one.follow(TAIL + "?partition=0");
        await().until(() -> led.listenerCount() == HttpTestNode.MAX_TAILS);

        var refused = one.get(TAIL);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.reason()).isEqualTo("OVERLOADED");
        assertThat(refused.detail("setting")).isEqualTo("http.max-tails");
        first.close();
        second.close();

        await().until(() -> led.listenerCount() == 0);
        try (var third = one.follow(TAIL + "?partition=0")) {
            await().until(() -> emptyLines(third) > 1);
            assertThat(third.lines().get(0)).contains("200");
        }
    }

    @Test
    void stoppingNodeSaysWhyTheTailEnds() throws Exception {
        try (var tail = one.follow(TAIL)) {
            await().until(() -> led.listenerCount() > 0);
            one.stop();
            tail.awaitEnd();

            assertThat(end(tail).get("status").getAsString()).isEqualTo("UNAVAILABLE");
            assertThat(end(tail).toString()).contains("SHUTTING_DOWN");
        }
    }

    @Test
    void replicaThatGoesAwayIsReadFromTheLeaderWithoutAGap() throws Exception {
        append(followed, "a");
        append(leaderOfFollowed, "a");
        try (var tail = one.follow(TAIL + "?partition=1&start=earliest&encoding=text")) {
            tail.awaitLines("\"offset\"", 1);
            followed.failReads(new LogClosedException("closed"));
            one.replicas.remove("orders", 1);
            append(followed, "never shown");
            append(leaderOfFollowed, "b");

            tail.awaitLines("\"offset\"", 2);
            assertThat(values(tail, 1)).containsExactly("a", "b");
        }
    }

    @Test
    void partitionsOfOtherNodesAreFetchedUpToALimit() throws Exception {
        int partitions = Tail.FETCHED_MAX + 2;
        cluster.createTopic("wide", partitions, 2);
        for (int partition = 0; partition < partitions; partition++) {
            cluster.leads(2, "wide", partition, 5);
            append(two.replicas.add("wide", partition).ledBy(2, 2), "a");
        }
        try (var tail = one.follow("/v1/topics/wide/tail?start=earliest&encoding=text")) {
            tail.awaitLines("\"offset\"", Tail.FETCHED_MAX);

            assertThat(tail.awaitLines("LIMIT_REACHED", 2).linesWith("\"error\""))
                    .hasSize(2);
            assertThat(tail.linesWith("{\"end\":")).isEmpty();
        }
    }

    @Test
    void deletedTopicEndsTheTailWithItsReason() throws Exception {
        try (var tail = one.follow(TAIL + "?partition=0")) {
            await().until(() -> led.listenerCount() > 0);
            one.replicas.remove("orders", 0);
            two.replicas.remove("orders", 0);
            cluster.deleteTopic("orders");
            tail.awaitEnd();

            assertThat(tail.linesWith("\"error\"")).hasSize(1);
            assertThat(end(tail).toString()).contains("UNKNOWN_TOPIC");
        }
    }

    @Test
    void topicThatIsCreatedAnewIsNotFollowed() throws Exception {
        append(led, "old");
        var gate = new CountDownLatch(1);
        led.gateReads(gate);
        try (var tail = one.follow(TAIL + "?partition=0&start=0&encoding=text")) {
            // Nothing of the metadata is seen before that was read.
            await().until(() -> led.waitingReads() == 1);
            cluster.deleteTopic("orders");
            cluster.createTopic("orders", 3, 2);
            cluster.leads(1, "orders", 0, 5);
            append(one.replicas.add("orders", 0), "anew", "anew too");
            gate.countDown();
            tail.awaitEnd();

            assertThat(tail.linesWith("\"offset\"")).singleElement().asString().contains("old");
            assertThat(end(tail).toString()).contains("UNKNOWN_TOPIC", "topic_id");
        }
    }

    @Test
    void whatIsWrongWithTheRequestIsAStatusOfItsOwn() throws Exception {
        var unknown = one.get("/v1/topics/nowhere/tail");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.reason()).isEqualTo("UNKNOWN_TOPIC");
        var partition = one.get(TAIL + "?partition=7");
        assertThat(partition.status()).isEqualTo(404);
        assertThat(partition.reason()).isEqualTo("PARTITION_OUT_OF_RANGE");
        var offset = one.get(TAIL + "?partition=0&start=99");
        assertThat(offset.status()).isEqualTo(400);
        assertThat(offset.reason()).isEqualTo("OFFSET_OUT_OF_RANGE");
        assertThat(one.send("POST", TAIL, new byte[0]).status()).isEqualTo(405);
    }

    @ParameterizedTest
    @CsvSource({
        "partition=one,partition",
        "partition=-1,partition",
        "start=yesterday,start",
        "encoding=xml,encoding",
        "max_records=0,max_records",
        "max_records=many,max_records",
        "form=latest,form",
        "start=0&start=1,start"
    })
    void badParametersAreNamed(String query, String field) throws Exception {
        var answer = one.get(TAIL + "?" + query);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.reason()).isEqualTo("INVALID_ARGUMENT");
        assertThat(answer.detail("field")).isEqualTo(field);
    }

    private static void append(FakeReplica replica, String... values) {
        assertThat(replica.append(AppendRequest.of(RecordBatch.of(Batches.of(values)))))
                .isCompleted();
    }

    private static List<String> values(RawHttp tail, int partition) {
        return tail.linesWith("{\"partition\":" + partition + ",").stream()
                .map(line -> object(line).getAsJsonObject("value").get("text").getAsString())
                .toList();
    }

    private static JsonObject end(RawHttp tail) {
        var lines = tail.linesWith("{\"end\":");
        assertThat(lines).as(tail.lines().toString()).hasSize(1);
        return object(lines.get(0)).getAsJsonObject("end");
    }

    private static JsonObject object(String line) {
        return JsonParser.parseString(line).getAsJsonObject();
    }

    private static long emptyLines(RawHttp tail) {
        return tail.lines().stream().filter(String::isEmpty).count();
    }
}
