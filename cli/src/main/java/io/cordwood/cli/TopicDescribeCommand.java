package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic describe}. */
@Command(name = "describe", description = "Show a topic and its partitions.")
final class TopicDescribeCommand implements Runnable {
    @Parameters(paramLabel = "NAME", description = "Name of the topic.")
    private String name = "";

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var topic = client.admin().topic(name);
            var partitions = client.admin().partitions(name);
            if (!output.json()) {
                TextTable.of("NAME", "PARTITIONS", "REPLICAS", "ID", "CONFIG")
                        .row(
                                topic.name(),
                                topic.partitionCount(),
                                topic.replicationFactor(),
                                topic.topicId(),
                                Descriptions.config(topic.config()))
                        .lines()
                        .forEach(root.console()::data);
                root.console().data("");
            }
            var json = new LinkedHashMap<>(Descriptions.json(topic));
            json.put("partitions", partitions.stream().map(Descriptions::json).toList());
            output.print(root.console(), Descriptions.table(partitions), json);
            if (!output.json()) {
                root.console().data("");
                Descriptions.replicas(partitions).lines().forEach(root.console()::data);
            }
            Descriptions.errors(partitions).forEach(root.console()::notice);
            Descriptions.onDeadNodes(partitions).forEach(root.console()::notice);
        }
    }
}
