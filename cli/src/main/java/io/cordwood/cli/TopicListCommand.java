package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code topic list}. */
@Command(name = "list", description = "List the topics.")
final class TopicListCommand implements Runnable {
    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var topics = client.admin().topics();
            var table = TextTable.of("NAME", "PARTITIONS", "REPLICAS", "CONFIG");
            topics.forEach(topic -> table.row(
                    topic.name(),
                    topic.partitionCount(),
                    topic.replicationFactor(),
                    Descriptions.config(topic.config())));
            output.print(
                    root.console(),
                    table,
                    topics.stream().map(Descriptions::json).toList());
        }
    }
}
