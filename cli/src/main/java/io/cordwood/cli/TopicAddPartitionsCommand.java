package io.cordwood.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic add-partitions}: returns when each partition has a leader. */
@Command(
        name = "add-partitions",
        description = "Give a topic more partitions. Records of a key may go to another partition from then on.")
final class TopicAddPartitionsCommand implements Runnable {
    @Parameters(paramLabel = "NAME", description = "Name of the topic.")
    private String name = "";

    @Option(
            names = {"-t", "--total"},
            paramLabel = "N",
            required = true,
            description = "Number of partitions afterwards.")
    private int total;

    @Option(names = "--dry-run", description = "Show where they would be, and change nothing.")
    private boolean dryRun;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var admin = client.admin();
            var topic = dryRun ? admin.previewPartitions(name, total) : admin.addPartitions(name, total);
            output.print(
                    root.console(),
                    Descriptions.placements(topic.partitions()),
                    topic.partitions().stream().map(Descriptions::json).toList());
            if (dryRun) {
                root.console().notice("nothing was changed (--dry-run)");
            }
        }
    }
}
