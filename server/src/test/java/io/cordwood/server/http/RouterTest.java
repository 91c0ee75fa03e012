package io.cordwood.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.health.Hindrance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RouterTest {
    private volatile List<Hindrance> hindrances = List.of();
    private HttpTestNode node;

    @BeforeEach
    void openNode() throws IOException {
        node = HttpTestNode.open(1, FakeCluster.of(1), new FakePeers());
    }

    @AfterEach
    void closeNode() throws InterruptedException {
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.1.2.3", "[::1]:8080"})
    void loopbackNamesAreAnswered(String host) throws Exception {
        assertThat(statusFor("Host: " + host)).contains("200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8080", "localhost.evil.example", "192.0.2.1", "[::2]:8080"})
    void otherNamesAreRefusedOnLoopback(String host) throws Exception {
        assertThat(statusFor("Host: " + host)).contains("403");
    }

    @Test
    void requestWithoutNameComesFromNoBrowser() throws Exception {
        assertThat(statusFor("Accept: */*")).contains("200");
    }

    private String statusFor(String header) throws IOException {
        try (var answer = RawHttp.ask(node.http.port(), "GET /healthz HTTP/1.0", header)) {
            return answer.awaitEnd().lines().get(0);
        }
    }

    @Test
    void aliveAsSoonAsItListens() throws Exception {
        try (var starting = HttpTestNode.starting(7, FakeCluster.of(1), new FakePeers())) {
            assertThat(starting.get("/healthz").body()).isEqualTo("{\"status\":\"alive\",\"node\":7}\n");
            assertThat(starting.send("HEAD", "/healthz", new byte[0]).status()).isEqualTo(200);
            assertThat(starting.get("/v1/topics/orders/tail").reason()).isEqualTo("NOT_JOINED");
        }
    }

    @Test
    void readinessSaysWhatIsMissing() throws Exception {
        assertNotReady("NOT_JOINED");
        hindrances = List.of(new Hindrance(Hindrance.Code.DISK_NOT_WRITABLE, "the disk is \"full\""));
        node.readiness.joined(List.of(() -> hindrances));
        assertNotReady("DISK_NOT_WRITABLE");
        assertThat(node.get("/readyz")
                        .json()
                        .getAsJsonArray("reasons")
                        .get(0)
                        .getAsJsonObject()
                        .get("message")
                        .getAsString())
                .isEqualTo("the disk is \"full\"");
    }

    @Test
    void nodeThatIsLessThanWholeIsReadyAndSaysWhy() throws Exception {
        node.readiness.joined(
                List.of(() -> List.of(new Hindrance(Hindrance.Code.REPLICAS_SET_ASIDE, "orders-0 is set aside"))));

        var answer = node.get("/readyz");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().get("status").getAsString()).isEqualTo("ready");
        assertThat(answer.body()).contains("REPLICAS_SET_ASIDE", "orders-0 is set aside");
    }

    @Test
    void readyUntilItStops() throws Exception {
        node.readiness.joined(List.of(() -> hindrances));
        var ready = node.get("/readyz");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.body()).isEqualTo("{\"status\":\"ready\",\"node\":1,\"reasons\":[]}\n");

        node.stop();

        assertNotReady("SHUTTING_DOWN");
        assertThat(node.get("/healthz").status()).isEqualTo(200);
    }

    private void assertNotReady(String code) throws Exception {
        var answer = node.get("/readyz");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().get("status").getAsString()).isEqualTo("not ready");
        assertThat(answer.json()
                        .getAsJsonArray("reasons")
                        .get(0)
                        .getAsJsonObject()
                        .get("code")
                        .getAsString())
                .isEqualTo(code);
    }

    @Test
    void metricsAreTextWhateverTheScraperPrefers() throws Exception {
        var accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        var page = node.get("/metrics", "Accept", accept);

        assertThat(page.header("Content-Type")).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
        assertThat(page.body()).isEqualTo(HttpTestNode.METRICS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/health", "/healthz/", "/readyz/x", "/v1/topics", "/v1/topics/a/b/tail", "/favicon.ico"})
    void unknownPathsNameTheKnownOnes(String path) throws Exception {
        var answer = node.get(path);

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.detail("value")).isEqualTo(path);
        assertThat(answer.detail("limit")).contains("/healthz", "/v1/topics/{topic}/tail");
    }

    @Test
    void requestsThatNeverEndKeepNobodyFromBeingHeard() throws Exception {
        var halves = new ArrayList<RawHttp>();
        try {
            for (int i = 0; i < 100; i++) {
                halves.add(RawHttp.part(node.http.port(), i % 2 == 0 ? "GET /heal" : "GET /healthz HTTP/1.1\r\nHo"));
            }

            assertThat(node.get("/healthz").status()).isEqualTo(200);
            assertThat(node.get("/metrics").status()).isEqualTo(200);
        } finally {
            for (var half : halves) {
                half.close();
            }
        }
    }

    @Test
    void healthIsReadOnly() throws Exception {
        assertThat(node.send("DELETE", "/healthz", new byte[0]).header("Allow")).isEqualTo("GET, HEAD");
        assertThat(node.send("GET", "/healthz", new byte[] {1}).detail("field")).isEqualTo("body");
    }
}
