package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.ClientRun;
import io.cordwood.bench.process.Clients;
import io.cordwood.bench.process.FreePorts;
import io.cordwood.bench.process.ServerGroup;
import io.cordwood.bench.process.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Three combined KRaft nodes, broker and controller in one process, with the flags of Kafka's own start script; the clients are
 * Kafka's own tools.
 *
 * <p><b>Thread:</b> one.
 */
final class KafkaService implements Service {
    private static final int NODES = 3;
    private static final String TOOLS = "org.apache.kafka.tools.";
    private static final String READY = "Kafka Server started";
    private static final Duration JOIN_PATIENCE = Duration.ofMinutes(1);

    private final Workplace place;
    private final boolean forced;
    private final List<Integer> brokerPorts;
    private final List<Integer> controllerPorts;
    private final ServerGroup servers;

    private KafkaService(Workplace place, boolean forced, List<Integer> ports) {
        this.place = place;
        this.forced = forced;
        this.brokerPorts = ports.subList(0, NODES);
        this.controllerPorts = ports.subList(NODES, 2 * NODES);
        this.servers = new ServerGroup(
                IntStream.rangeClosed(1, NODES).mapToObj(this::server).toList());
    }

    /** @param forced whether each append is forced to disk */
    static KafkaService prepare(Workplace place, boolean forced) throws IOException {
        var service = new KafkaService(place, forced, FreePorts.take(2 * NODES));
        service.format();
        return service;
    }

    @Override
    public ServerGroup servers() {
        return servers;
    }

    @Override
    public void createTopic(String topic, int partitions) throws IOException {
        var arguments = new ArrayList<>(List.of("--create", "--topic", topic, "--partitions", "" + partitions));
        arguments.addAll(List.of("--replication-factor", "" + NODES, "--config", "min.insync.replicas=2"));
        if (forced) {
            arguments.addAll(List.of("--config", "flush.messages=1"));
        }
        tool("TopicCommand", arguments).await();
    }

    @Override
    public int leaderOf(String topic) throws IOException {
        return KafkaOutput.leader(
                tool("TopicCommand", List.of("--describe", "--topic", topic)).await());
    }

    @Override
    public JsonLine publish(Publish load) throws IOException {
        return KafkaOutput.produced(producer(load).await());
    }

    @Override
    public JsonLine publishAndFollow(Publish load) throws IOException {
        var group = "reader-of-" + load.topic();
        var consumer = consumer(load.topic(), load.records(), List.of("--group", group));
        awaitAssigned(consumer, group);
        long launchedMs = System.currentTimeMillis();
        var produced = KafkaOutput.produced(producer(load).await());
        return load.followed(produced, launchedMs, KafkaOutput.consumed(consumer.await()));
    }

    @Override
    public JsonLine readFromStart(String topic, long records) throws IOException {
        return KafkaOutput.consumed(consumer(topic, records, List.of()).await());
    }

    @Override
    public JsonLine oneAtATime(String topic, long records) throws IOException {
        return KafkaOutput.endToEnd(tool(
                        "EndToEndLatency",
                        List.of(
                                "--topic",
                                topic,
                                "--num-records",
                                "" + records,
                                "--producer-acks",
                                "all",
                                "--record-size",
                                "1000"))
                .await());
    }

    private ClientRun consumer(String topic, long records, List<String> more) throws IOException {
        var arguments = new ArrayList<>(List.of("--topic", topic, "--num-records", "" + records, "--timeout", "60000"));
        arguments.addAll(more);
        return tool("ConsumerPerformance", arguments);
    }

    /** Returns when the group's only member has partitions: it reads from then on. */
    private void awaitAssigned(ClientRun consumer, String group) throws IOException {
        long deadline = System.nanoTime() + JOIN_PATIENCE.toNanos();
        String members;
        do {
            if (!consumer.isRunning() || System.nanoTime() - deadline > 0) {
                throw new IOException("the reader never got its partitions: " + consumer);
            }
            members = tool("consumer.group.ConsumerGroupCommand", List.of("--describe", "--members", "--group", group))
                    .await();
        } while (KafkaOutput.assignedPartitions(members, group) == 0);
    }

    private ClientRun producer(Publish load) throws IOException {
        return tool("ProducerPerformance", producerArguments(load, place.values(load.recordBytes())));
    }

    /** The values come from a file: where only their size is given, the tool draws every byte of every record anew. */
    static List<String> producerArguments(Publish load, Path values) {
        var throughput = load.recordsPerSecond() == 0 ? "-1" : "" + Math.round(load.recordsPerSecond());
        return List.of(
                "--topic",
                load.topic(),
                "--num-records",
                "" + load.records(),
                "--warmup-records",
                "" + load.warmUpRecords(),
                "--payload-file",
                values.toString(),
                "--throughput",
                throughput,
                "--command-property",
                "acks=all",
                "batch.size=" + Publish.BATCH_BYTES,
                "linger.ms=" + Publish.LINGER_MS,
                "buffer.memory=" + Publish.BUFFER_BYTES);
    }

    private ClientRun tool(String name, List<String> arguments) throws IOException {
        var all = new ArrayList<>(List.of("--bootstrap-server", addresses(brokerPorts)));
        all.addAll(arguments);
        return place.clients().start(place.kafkaTools(), TOOLS + name, all);
    }

    private void format() throws IOException {
        var clusterId = place.clients()
                .run(place.kafkaServer(), "kafka.tools.StorageTool", List.of("random-uuid"))
                .strip();
        for (int node = 1; node <= NODES; node++) {
            Files.createDirectories(directory(node));
            Files.writeString(properties(node), configuration(node));
            place.clients()
                    .run(
                            place.kafkaServer(),
                            "kafka.tools.StorageTool",
                            List.of(
                                    "format",
                                    "-t",
                                    clusterId,
                                    "-c",
                                    properties(node).toString()));
        }
    }

    private ServerProcess server(int node) {
        var command = new ArrayList<>(List.of(Clients.java()));
        command.addAll(HEAP);
        command.addAll(List.of(
                "-server",
                "-XX:+UseG1GC",
                "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35",
                "-XX:+ExplicitGCInvokesConcurrent",
                "-Dlog4j2.configurationFile=" + place.kafkaLogging(),
                "-cp",
                place.kafkaServer() + File.separator + "*",
                "kafka.Kafka",
                properties(node).toString()));
        return new ServerProcess(command, place.serverLog(node), READY);
    }

    private String configuration(int node) {
        return String.join(
                "\n",
                "process.roles=broker,controller",
                "node.id=" + node,
                "controller.quorum.voters="
                        + IntStream.rangeClosed(1, NODES)
                                .mapToObj(id -> id + "@127.0.0.1:" + controllerPorts.get(id - 1))
                                .collect(Collectors.joining(",")),
                "controller.listener.names=CONTROLLER",
                "listeners=PLAINTEXT://127.0.0.1:" + brokerPorts.get(node - 1) + ",CONTROLLER://127.0.0.1:"
                        + controllerPorts.get(node - 1),
                "advertised.listeners=PLAINTEXT://127.0.0.1:" + brokerPorts.get(node - 1),
                "log.dirs=" + directory(node).resolve("data"),
                "default.replication.factor=3",
                "min.insync.replicas=2",
                "offsets.topic.replication.factor=3",
                "group.initial.rebalance.delay.ms=0",
                "");
    }

    private Path directory(int node) {
        return place.data().resolve("n" + node);
    }

    private Path properties(int node) {
        return directory(node).resolve("server.properties");
    }

    private static String addresses(List<Integer> ports) {
        return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }
}
