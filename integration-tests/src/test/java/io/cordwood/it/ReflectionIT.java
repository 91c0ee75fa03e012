package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.it.Command.Result;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A running node explains itself: tools that know nothing of it list its services and call them by hand. That any node
 * of several does what they ask for, {@link ReadmeIT} tells.
 */
class ReflectionIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final List<String> SERVICES = List.of(
            "cordwood.v1.DataService",
            "cordwood.v1.TopicService",
            "cordwood.v1.GroupService",
            "cordwood.v1.ClusterService");
    private static @Nullable TestCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(1).start();
    }

    @Test
    void reflectionListsTheServices() {
        try (var node = new GrpcNode(address(1))) {
            var answer = new Answer<ServerReflectionResponse>();
            ServerReflectionGrpc.newStub(node.channel())
                    .serverReflectionInfo(answer)
                    .onNext(ServerReflectionRequest.newBuilder()
                            .setListServices("*")
                            .build());

            assertThat(answer.await().getListServicesResponse().getServiceList())
                    .extracting(ServiceResponse::getName)
                    .containsAll(SERVICES);
        }
    }

    @Test
    void reflectionOfOldToolsListsTheServices() {
        try (var node = new GrpcNode(address(1))) {
            var answer = new Answer<io.grpc.reflection.v1alpha.ServerReflectionResponse>();
            io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(node.channel())
                    .serverReflectionInfo(answer)
                    .onNext(io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
                            .setListServices("*")
                            .build());

            assertThat(answer.await().getListServicesResponse().getServiceList())
                    .extracting(io.grpc.reflection.v1alpha.ServiceResponse::getName)
                    .containsAll(SERVICES);
        }
    }

    @Test
    void grpcurlProducesAndFetchesTextAndJson() {
        var grpcurl = ForeignTools.grpcurl().toString();
        cluster().createTopic("by-grpcurl", 1);

        assertThat(succeeded(Command.of(grpcurl, "-plaintext", address(1), "list"))
                        .lines())
                .containsAll(SERVICES);
        var produced = succeeded(Command.of(
                grpcurl, "-plaintext", "-d", records("by-grpcurl"), address(1), "cordwood.v1.DataService/Produce"));
        assertProduced(produced);
        assertFetched(succeeded(Command.of(
                grpcurl,
                "-plaintext",
                "-d",
                "{\"topic\": \"by-grpcurl\", \"start\": \"earliest\"}",
                address(1),
                "cordwood.v1.DataService/Fetch")));
    }

    @Test
    void grpcurlPrintsTheDetailsOfAnError() {
        var grpcurl = ForeignTools.grpcurl().toString();

        var refused = Command.of(
                        grpcurl,
                        "-plaintext",
                        "-d",
                        "{\"name\": \"nowhere\"}",
                        address(1),
                        "cordwood.v1.TopicService/GetTopic")
                .run();

        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.err()).contains("NotFound", "UNKNOWN_TOPIC", "nowhere");
    }

    @Test
    void bufCurlProducesAndFetchesTextAndJson() {
        var buf = ForeignTools.buf().toString();
        cluster().createTopic("by-buf", 1);

        assertThat(succeeded(bufCurl(buf, "--list-services", "http://" + address(1)))
                        .lines())
                .containsAll(SERVICES);
        assertProduced(succeeded(
                bufCurl(buf, "-d", records("by-buf"), "http://" + address(1) + "/cordwood.v1.DataService/Produce")));
        assertFetched(succeeded(bufCurl(
                buf,
                "-d",
                "{\"topic\": \"by-buf\", \"start\": \"last:2\"}",
                "http://" + address(1) + "/cordwood.v1.DataService/Fetch")));
    }

    private static Command bufCurl(String buf, String... arguments) {
        var words = new java.util.ArrayList<>(List.of(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge"));
        words.addAll(List.of(arguments));
        return Command.of(words.toArray(String[]::new));
    }

    private static String records(String topic) {
        return """
                {"topic": "%s", "records": [
                  {"key": {"text": "ann"}, "value": {"text": "2 apples"}},
                  {"key": {"text": "bob"}, "value": {"json": {"pears": 1, "ripe": true}}}
                ]}""".formatted(topic);
    }

    private static void assertProduced(String answer) {
        var compact = answer.replaceAll("\\s", "");
        assertThat(compact).contains("\"offset\":\"0\"", "\"offset\":\"1\"", "DURABILITY_MAJORITY_FORCED");
        assertThat(compact).doesNotContain("\"error\"");
    }

    private static void assertFetched(String answer) {
        // One tool prints the names of JSON, the other those of the proto files.
        var compact = answer.replaceAll("\\s", "")
                .replace("next_offset", "nextOffset")
                .replace("high_watermark", "highWatermark");
        assertThat(compact)
                .contains(
                        "\"key\":{\"text\":\"ann\"},\"value\":{\"text\":\"2apples\"}",
                        "\"key\":{\"text\":\"bob\"},\"value\":{\"json\":{\"pears\":1,\"ripe\":true}}",
                        "\"nextOffset\":\"2\"",
                        "\"highWatermark\":\"2\"");
    }

    private static String succeeded(Command command) {
        Result result = command.run();
        assertThat(result.exitCode()).as("%s: %s", command.words(), result).isZero();
        return result.out();
    }

    private static String address(int node) {
        return cluster().clientAddress(node);
    }

    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }

    private static final class Answer<A> implements StreamObserver<A> {
        private final CompletableFuture<A> first = new CompletableFuture<>();

        A await() {
            return first.orTimeout(30, TimeUnit.SECONDS).join();
        }

        @Override
        public void onNext(A value) {
            first.complete(value);
        }

        @Override
        public void onError(Throwable problem) {
            first.completeExceptionally(problem);
        }

        @Override
        public void onCompleted() {}
    }
}
