package io.cordwood.bench;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The cluster, the topic and the producer that a load goes through. */
final class LoadOptions {
    @Option(
            names = "--bootstrap",
            defaultValue = "localhost:9090",
            description = "host:port of a node; ${DEFAULT-VALUE}")
    private String bootstrap = "";

    @Option(names = "--topic", defaultValue = "load", description = "created where it does not exist; ${DEFAULT-VALUE}")
    private String topic = "";

    @Option(names = "--partitions", defaultValue = "6", description = "of a topic that is created; ${DEFAULT-VALUE}")
    private int partitions;

    @Option(names = "--replicas", defaultValue = "3", description = "of a topic that is created; ${DEFAULT-VALUE}")
    private int replicas;

    @Option(names = "--batch-bytes", description = "the producer's batch size; its default where absent")
    private @Nullable Integer batchBytes;

    @Option(names = "--linger-ms", description = "the producer's linger; its default where absent")
    private @Nullable Integer lingerMs;

    @Option(names = "--buffer-bytes", description = "the producer's buffer; its default where absent")
    private @Nullable Integer bufferBytes;

    String topic() {
        return topic;
    }

    CordwoodClient connect() {
        return CordwoodClient.connect(bootstrap);
    }

    void createTopic(CordwoodClient client) {
        if (client.admin().topics().stream().noneMatch(found -> found.name().equals(topic))) {
            client.admin().createTopic(topic, partitions, replicas, Map.of());
        }
    }

    Producer openProducer(CordwoodClient client) {
        var builder = client.producer();
        if (batchBytes != null) {
            builder.batchBytes(batchBytes);
        }
        if (lingerMs != null) {
            builder.linger(Duration.ofMillis(lingerMs));
        }
        if (bufferBytes != null) {
            builder.bufferBytes(bufferBytes);
        }
        return builder.open();
    }
}
