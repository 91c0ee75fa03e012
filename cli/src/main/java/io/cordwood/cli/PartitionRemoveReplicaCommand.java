package io.cordwood.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code partition remove-replica}: returns when that has begun. */
@Command(name = "remove-replica", description = "Take a replica of a partition away.")
final class PartitionRemoveReplicaCommand implements Runnable {
    @Mixin
    private PartitionArguments partition = new PartitionArguments();

    @Parameters(index = "2", paramLabel = "NODE", description = "Id of the node that gives it up.")
    private int node;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var placed = client.admin().removeReplica(partition.topic(), partition.number(), node);
            output.print(root.console(), Descriptions.placements(List.of(placed)), Descriptions.json(placed));
            root.console()
                    .notice("this has begun; ./cordwood topic describe " + partition.topic() + " shows how far it is");
        }
    }
}
