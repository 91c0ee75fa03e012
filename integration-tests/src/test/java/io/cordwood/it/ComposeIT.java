package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.ImageHistory;
import io.cordwood.batch.Compression;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.NewTopic;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.ProducerRecord;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three nodes of {@code docker/compose.yaml}, as one starts them who has an engine and nothing else. */
@Tag("containers")
class ComposeIT {
    @RegisterExtension
    static final ComposeNodes NODES = ComposeNodes.ofClass(DockerCompose::ofThreeNodes);

    private static final String HOST_ADDRESS = "localhost:19090";
    private static final Duration HEALTHY_WITHIN = Duration.ofSeconds(30);
    private static final long OUR_LAYERS_MAX_BYTES = 140_000_000;

    private static Duration start = Duration.ZERO;

    @BeforeAll
    static void startNodes() {
        start = compose().up();
    }

    @Test
    void nodesAreHealthyWithinHalfAMinute() {
        System.out.printf("three nodes were healthy after %.1f s%n", start.toMillis() / 1_000.0);
        assertThat(start).isLessThan(HEALTHY_WITHIN);
    }

    @Test
    void clientsOutsideAndInsideAreToldAddressesThatTheyReach() {
        try (var client = CordwoodClient.connect(HOST_ADDRESS)) {
            assertThat(client.admin().cluster().nodes())
                    .extracting(NodeDescription::address)
                    .containsExactly(HOST_ADDRESS, "localhost:29090", "localhost:39090");
        }
        assertThat(compose().cordwood("", "cluster", "-o", "json"))
                .contains("\"n1:9090\"", "\"n2:9090\"", "\"n3:9090\"")
                .doesNotContain("localhost");
    }

    @Test
    void whatIsWrittenOutsideIsReadInsideAndTheOtherWayRound() {
        create("both-ways");

        publish("both-ways", Compression.NONE, "from the host");
        compose().cordwood("from a container\n", "produce", "both-ways");

        assertThat(read("both-ways")).containsExactlyInAnyOrder("from the host", "from a container");
        assertThat(compose().cordwood("", "consume", "both-ways", "-e").lines())
                .containsExactlyInAnyOrder("from the host", "from a container");
    }

    @Test
    void nodesAnswerHttpWhereItIsPublished() throws Exception {
        for (var port : List.of(18_080, 28_080, 38_080)) {
            assertThat(get("http://localhost:" + port + "/readyz")).contains("\"status\":\"ready\"");
            assertThat(get("http://localhost:" + port + "/metrics")).contains("cordwood_node_ready 1.0");
        }
    }

    @Test
    void commandsOfTheReadmeWorkHere() {
        for (var tour : List.of(ReadmeTour.byGrpcurl(), ReadmeTour.byBuf(), ReadmeTour.byCurl())) {
            tour.run(HOST_ADDRESS, "localhost:18080", () -> awaitPreferredLeaders(tour.topic()));
        }
    }

    private static void awaitPreferredLeaders(String topic) {
        try (var client = CordwoodClient.connect(HOST_ADDRESS)) {
            TestCluster.soon().until(() -> new ServedCluster(client).isBalanced(topic));
        }
    }

    /** Their native libraries are loaded from where the image has them, as nothing can be unpacked. */
    @Test
    void everyCodecWorks() {
        create("codecs");

        for (var codec : Compression.values()) {
            publish("codecs", codec, codec.name().repeat(1_000));
        }

        assertThat(read("codecs")).hasSize(Compression.values().length);
    }

    @Test
    void downAndUpKeepTheData() {
        create("kept");
        publish("kept", Compression.NONE, "one");

        compose().down();
        compose().up();
        publish("kept", Compression.NONE, "two");

        assertThat(read("kept")).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void stoppedNodeEndsInOrder() {
        var log = compose().containers().stop("n3");

        assertThat(log).contains("node 3 stops", "node 3 stopped");
        compose().containers().start("n3");
        compose().awaitHealthy();
    }

    @Test
    void nodeIsNotRootAndWritesToItsVolumeOnly() {
        var node = compose().containers().inspect("n1");

        assertThat(node.getConfig().getUser()).isEqualTo("10001:10001");
        assertThat(node.getHostConfig().getReadonlyRootfs()).isTrue();
        for (var place : List.of("/", "/tmp", "/opt/cordwood")) {
            assertThat(touch(place + "/new").exitCode()).as(place).isNotZero();
        }
        assertThat(touch("/data/new").exitCode()).isZero();
    }

    private static Command.Result touch(String file) {
        return compose().containers().exec("n1", "touch", file);
    }

    @Test
    void classesComeFromTheArchiveOfTheImage() {
        var maps = compose().containers().exec("n1", "cat", "/proc/1/maps");

        assertThat(maps.out()).contains("/opt/cordwood/server.jsa");
    }

    @Test
    void imageAddsLittleToItsBase() {
        var history =
                ContainerEngine.need().imageHistoryCmd(DockerCompose.image()).exec();

        long ours = history.stream()
                .filter(layer -> layer.getCreatedBy().contains("/opt/cordwood"))
                .mapToLong(ImageHistory::getSize)
                .sum();

        System.out.printf("our layers of the image take %.1f MB%n", ours / 1e6);
        assertThat(ours).isBetween(20_000_000L, OUR_LAYERS_MAX_BYTES);
    }

    /** Their images may be out of reach: this is what can be known of them without. */
    @Test
    void composeKnowsWhatMonitors() {
        assertThat(compose()
                        .run("--profile", "monitoring", "config", "--services")
                        .lines())
                .contains("n1", "n2", "n3", "prometheus", "grafana");
    }

    @Test
    void containerWithoutSettingsSaysWhichAreMissing() {
        var result = compose().containers().run(DockerCompose.image(), Map.of());

        assertThat(result.exitCode()).as(result.toString()).isEqualTo(2);
        assertThat(result.errLines())
                .anyMatch(line -> line.startsWith("node.id: missing"))
                .anyMatch(line -> line.startsWith("cluster.initial-nodes: missing"));
    }

    /** A directory of the host, say, that belongs to somebody else. */
    @Test
    void containerThatCannotWriteItsDataSaysSo() {
        var settings = Map.of(
                "CORDWOOD_NODE_ID", "1",
                "CORDWOOD_CLUSTER_INITIAL_NODES", "1@127.0.0.1:9091",
                "CORDWOOD_DATA_DIR", "/opt/cordwood/data");

        var result = compose().containers().run(DockerCompose.image(), settings);

        assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
        assertThat(result.errLines())
                .anyMatch(line ->
                        line.startsWith("cordwood node 1 cannot start:") && line.contains("/opt/cordwood/data"));
    }

    private static String get(String url) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(url)).timeout(HEALTHY_WITHIN).build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void create(String topic) {
        try (var client = CordwoodClient.connect(HOST_ADDRESS)) {
            client.admin().createTopic(NewTopic.of(topic).withPartitions(3).withReplicas(3));
        }
    }

    private static void publish(String topic, Compression codec, String value) {
        try (var client = CordwoodClient.connect(HOST_ADDRESS);
                var producer = client.producer().compression(codec).open()) {
            producer.send(new ProducerRecord(topic, null, value.getBytes(StandardCharsets.UTF_8)))
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
        }
    }

    /** The values of all records up to the ends as they are now. */
    private static List<@Nullable String> read(String topic) {
        try (var client = CordwoodClient.connect(HOST_ADDRESS)) {
            var values = new ArrayList<@Nullable String>();
            new ServedCluster(client)
                    .readAll(topic).stream().map(ConsumedRecord::valueText).forEach(values::add);
            return values;
        }
    }

    private static DockerCompose compose() {
        return NODES.compose();
    }
}
