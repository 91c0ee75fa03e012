package io.cordwood.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code partition move-replica}: returns when that has begun. */
@Command(name = "move-replica", description = "Move a replica: the old one goes when the new one has caught up.")
final class PartitionMoveReplicaCommand implements Runnable {
    @Mixin
    private PartitionArguments partition = new PartitionArguments();

    @Parameters(index = "2", paramLabel = "FROM", description = "Id of the node that gives it up.")
    private int from;

    @Parameters(index = "3", paramLabel = "TO", description = "Id of the node that gets it.")
    private int to;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var placed = client.admin().moveReplica(partition.topic(), partition.number(), from, to);
            output.print(root.console(), Descriptions.placements(List.of(placed)), Descriptions.json(placed));
            root.console()
                    .notice("this has begun; ./cordwood topic describe " + partition.topic() + " shows how far it is");
        }
    }
}
