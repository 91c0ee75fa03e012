package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import io.cordwood.client.NewTopic;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic create}: returns when each partition has a leader. */
@Command(name = "create", description = "Create a topic.")
final class TopicCreateCommand implements Runnable {
    @Parameters(paramLabel = "NAME", description = "Name: [a-zA-Z0-9._-]{1,249}.")
    private String name = "";

    @Option(
            names = {"-p", "--partitions"},
            paramLabel = "N",
            description = "Number of partitions. Default: 1.")
    private @Nullable Integer partitions;

    @Option(
            names = {"-r", "--replicas"},
            paramLabel = "N",
            description = {
                "Replicas of each partition, at most as many as nodes are alive.",
                "Default: 3, or the number of nodes where that is less, alive or dead."
            })
    private @Nullable Integer replicas;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "KEY=VALUE",
            description = "A setting of the topic, such as max.batch.bytes=65536. May be repeated.")
    private Map<String, String> config = new LinkedHashMap<>();

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        var topic = NewTopic.of(name).withConfig(config);
        topic = partitions == null ? topic : topic.withPartitions(partitions);
        topic = replicas == null ? topic : topic.withReplicas(replicas);
        try (var client = root.connect()) {
            var created = client.admin().createTopic(topic);
            var table = TextTable.of("NAME", "PARTITIONS", "REPLICAS", "ID")
                    .row(created.name(), created.partitionCount(), created.replicationFactor(), created.topicId());
            output.print(root.console(), table, Descriptions.json(created));
            if (!config.isEmpty()) { // the policy that retention goes by may be the nodes' default
                SettingNotices.of(client.admin().topicConfig(name)).forEach(root.console()::notice);
            }
        }
    }
}
