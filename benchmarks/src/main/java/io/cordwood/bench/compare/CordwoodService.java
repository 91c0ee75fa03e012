package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.ClientRun;
import io.cordwood.bench.process.CordwoodNodes;
import io.cordwood.bench.process.ServerGroup;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Three servers of the distribution with the flags of {@link CordwoodNodes} and the heap of Kafka's; the client is
 * {@link io.cordwood.bench.Load}.
 *
 * <p><b>Thread:</b> one.
 */
final class CordwoodService implements Service {
    private static final int NODES = 3;
    private static final int RECORD_BYTES = 1000;

    private final Workplace place;
    private final CordwoodNodes nodes;

    private CordwoodService(Workplace place, CordwoodNodes nodes) {
        this.place = place;
        this.nodes = nodes;
    }

    static CordwoodService prepare(Workplace place) throws IOException {
        var setup = new CordwoodNodes.Setup(place.cordwood(), place.directory(), HEAP, List.of());
        return new CordwoodService(place, CordwoodNodes.prepare(setup, NODES));
    }

    @Override
    public ServerGroup servers() {
        return nodes.servers();
    }

    @Override
    public void createTopic(String topic, int partitions) throws IOException {
        try (var client = CordwoodClient.connect(nodes.bootstrap())) {
            client.admin().createTopic(topic, partitions, NODES, Map.of());
        } catch (CordwoodException e) {
            throw new IOException(topic + " cannot be created", e);
        }
    }

    @Override
    public int leaderOf(String topic) throws IOException {
        try (var client = CordwoodClient.connect(nodes.bootstrap())) {
            return client.admin()
                    .topic(topic)
                    .partitions()
                    .get(0)
                    .leader()
                    .orElseThrow(() -> new IOException(topic + " has no leader"));
        } catch (CordwoodException e) {
            throw new IOException(topic + " cannot be described", e);
        }
    }

    @Override
    public JsonLine publish(Publish load) throws IOException {
        return fromSend(result(publisher(load)));
    }

    @Override
    public JsonLine publishAndFollow(Publish load) throws IOException {
        var reader =
                load(List.of("--topic", load.topic(), "--consume", "cold", "--records", "" + load.records(), "--json"));
        reader.awaitError("reading");
        long launchedMs = System.currentTimeMillis();
        var produced = fromSend(result(publisher(load)));
        return load.followed(produced, launchedMs, result(reader));
    }

    @Override
    public JsonLine readFromStart(String topic, long records) throws IOException {
        return rates(result(load(List.of("--topic", topic, "--consume", "cold", "--records", "" + records, "--json"))));
    }

    @Override
    public JsonLine oneAtATime(String topic, long records) throws IOException {
        var result = result(load(List.of(
                "--topic",
                topic,
                "--end-to-end",
                "--records",
                "" + records,
                "--record-bytes",
                "" + RECORD_BYTES,
                "--json")));
        return JsonLine.empty()
                .with("meanMs", result.require("meanMs"))
                .with("p50Ms", result.require("p50Ms"))
                .with("p99Ms", result.require("p99Ms"));
    }

    private ClientRun publisher(Publish load) throws IOException {
        return load(List.of(
                "--topic",
                load.topic(),
                "--record-bytes",
                "" + load.recordBytes(),
                "--rate",
                "" + load.recordsPerSecond(),
                "--warmup-bytes",
                "" + load.warmUpRecords() * load.recordBytes(),
                "--records",
                "" + (load.records() - load.warmUpRecords()),
                "--batch-bytes",
                "" + Publish.BATCH_BYTES,
                "--linger-ms",
                "" + Publish.LINGER_MS,
                "--buffer-bytes",
                "" + Publish.BUFFER_BYTES,
                "--json"));
    }

    /** Kafka's tool counts from the send, so the same words hold that here; the corrected times get words of their own. */
    static JsonLine fromSend(JsonLine result) {
        return rates(result)
                .with("p50Ms", result.require("sendP50Ms"))
                .with("p99Ms", result.require("sendP99Ms"))
                .with("maxMs", result.require("sendMaxMs"))
                .with("intendedP50Ms", result.require("p50Ms"))
                .with("intendedP99Ms", result.require("p99Ms"))
                .with("intendedMaxMs", result.require("maxMs"));
    }

    private static JsonLine rates(JsonLine result) {
        return JsonLine.empty()
                .with("records", result.require("records"))
                .with("megabytesPerSecond", result.require("megabytesPerSecond"))
                .with("recordsPerSecond", result.require("recordsPerSecond"));
    }

    private static JsonLine result(ClientRun run) throws IOException {
        return JsonLine.parse(run.await());
    }

    private ClientRun load(List<String> arguments) throws IOException {
        var all = new ArrayList<>(List.of("--bootstrap", nodes.bootstrap()));
        all.addAll(arguments);
        return place.clients().start(place.cordwood(), "io.cordwood.bench.Load", all);
    }
}
