package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import picocli.CommandLine.Command;

/** {@code group}: consumer groups. */
@Command(
        name = "group",
        description = "List, describe, measure, explain, reset and delete consumer groups.",
        subcommands = {
            GroupListCommand.class,
            GroupDescribeCommand.class,
            GroupLagCommand.class,
            GroupExplainCommand.class,
            GroupResetCommand.class,
            GroupDeleteCommand.class
        })
final class GroupCommand implements Runnable {
    @Override
    public void run() {
        throw CliException.usage("'group' needs a command", "./cordwood group --help lists them");
    }
}
