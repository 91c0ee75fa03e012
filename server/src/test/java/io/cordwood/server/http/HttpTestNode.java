package io.cordwood.server.http;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.health.Readiness;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.FakeReplicas;
import io.cordwood.server.rpc.ClientServer;
import io.cordwood.server.tracing.Tracing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The HTTP port of a node over a cluster in memory, with the real gRPC services behind it, and a client of
 * it.
 *
 * <p>Thread: the test's.
 */
final class HttpTestNode implements AutoCloseable {
    static final int MAX_CALLS = 2;
    static final int MAX_TAILS = 2;
    static final Duration HEARTBEAT = Duration.ofMillis(200);
    static final String METRICS = "cordwood_node_ready 0.0\n";
    static final int BODY_MAX_BYTES = 2 << 20;
    private static final int BATCH_MAX_BYTES = (1 << 20) + 12;
    private static final ServerConfig.Limits LIMITS =
            new ServerConfig.Limits(BATCH_MAX_BYTES, 64 << 20, 16 << 20, 100, 1_000, 2, 2);
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final FakeReplicas replicas;
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final Readiness readiness = new Readiness((thread, failure) -> failures.add(failure));
    final ClientServer server;
    final NodeHttp http;

    private HttpTestNode(int id, FakeCluster cluster, FakePeers peers, Tracing tracing) throws IOException {
        var anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        replicas = new FakeReplicas(cluster);
        server = new ClientServer(
                List.of(new ClientServer.Listener(ServerConfig.Listener.CLIENT, anyPort)),
                LIMITS,
                new ClientServer.Ports(
                        cluster.on(id),
                        peers.on(id),
                        replicas,
                        TopicConfig.DEFAULTS,
                        ServerConfig.Groups.DEFAULT,
                        Clock.systemUTC(),
                        new ServerMeters(NodeMeters.unseen()),
                        tracing),
                (thread, failure) -> failures.add(failure));
        server.start();
        http = NodeHttp.open(
                new NodeHttp.Settings(anyPort, MAX_CALLS, MAX_TAILS, BODY_MAX_BYTES, HEARTBEAT),
                new NodeHttp.About(id, readiness, () -> METRICS),
                (thread, failure) -> failures.add(failure));
    }

    /** Only health and metrics are there. */
    static HttpTestNode starting(int id, FakeCluster cluster, FakePeers peers) throws IOException {
        return new HttpTestNode(id, cluster, peers, Tracing.OFF);
    }

    static HttpTestNode open(int id, FakeCluster cluster, FakePeers peers) throws IOException {
        return traced(id, cluster, peers, Tracing.OFF);
    }

    static HttpTestNode traced(int id, FakeCluster cluster, FakePeers peers, Tracing tracing) throws IOException {
        var node = new HttpTestNode(id, cluster, peers, tracing);
        node.serve();
        node.server.open();
        return node;
    }

    void serve() {
        http.serve(server.channel(), server.methods());
    }

    /** What came back. */
    record Answer(int status, HttpResponse<String> response) {
        String body() {
            return response.body();
        }

        JsonObject json() {
            return JsonParser.parseString(response.body()).getAsJsonObject();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        /** Of the ErrorInfo in an error. */
        JsonObject errorInfo() {
            return json().getAsJsonArray("details").get(0).getAsJsonObject();
        }

        String reason() {
            return errorInfo().get("reason").getAsString();
        }

        /** A value of its metadata, empty where there is none. */
        String detail(String name) {
            var value = errorInfo().getAsJsonObject("metadata").get(name);
            return value == null ? "" : value.getAsString();
        }
    }

    Answer get(String path, String... headers) throws IOException, InterruptedException {
        return send("GET", path, new byte[0], headers);
    }

    Answer post(String path, String json, String... headers) throws IOException, InterruptedException {
        var all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 2, headers.length);
        all[0] = "Content-Type";
        all[1] = "application/json";
        return send("POST", path, json.getBytes(StandardCharsets.UTF_8), all);
    }

    Answer send(String method, String path, byte[] body, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
                .timeout(Duration.ofSeconds(30))
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        var response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Answer(response.statusCode(), response);
    }

    /** A request whose answer goes on. */
    RawHttp follow(String pathAndQuery, String... headers) throws IOException {
        var head = new String[headers.length + 1];
        System.arraycopy(headers, 0, head, 1, headers.length);
        head[0] = "GET " + pathAndQuery + " HTTP/1.0";
        return RawHttp.ask(http.port(), head);
    }

    void stop() throws InterruptedException {
        readiness.stopping();
        server.beginStop();
        server.close(Deadline.after(Duration.ofSeconds(5)));
    }

    @Override
    public void close() {
        try {
            stop();
            http.close(Deadline.after(Duration.ofSeconds(5)));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        readiness.close();
    }
}
