package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import picocli.CommandLine.Command;

/** {@code partition}: where replicas are. */
@Command(
        name = "partition",
        description = "Add, remove and move replicas of a partition. Those of nodes that stay dead move by themselves.",
        subcommands = {
            PartitionAddReplicaCommand.class,
            PartitionRemoveReplicaCommand.class,
            PartitionMoveReplicaCommand.class
        })
final class PartitionCommand implements Runnable {
    @Override
    public void run() {
        throw CliException.usage("'partition' needs a command", "./cordwood partition --help lists them");
    }
}
