package io.cordwood.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic transfer-leader}: returns when the node leads. */
@Command(name = "transfer-leader", description = "Have another replica lead a partition, and prefer it from now on.")
final class TopicTransferLeaderCommand implements Runnable {
    @Mixin
    private PartitionArguments partition = new PartitionArguments();

    @Parameters(index = "2", paramLabel = "NODE", description = "Id of the node that shall lead; it holds a replica.")
    private int node;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var led = client.admin().transferLeadership(partition.topic(), partition.number(), node);
            output.print(root.console(), Descriptions.placements(List.of(led)), Descriptions.json(led));
        }
    }
}
