package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import picocli.CommandLine.Command;

/** {@code topic}: topics. */
@Command(
        name = "topic",
        description = "Create, list, describe, explain, change, trim and delete topics.",
        subcommands = {
            TopicCreateCommand.class,
            TopicListCommand.class,
            TopicDescribeCommand.class,
            TopicExplainCommand.class,
            TopicConfigCommand.class,
            TopicAddPartitionsCommand.class,
            TopicTransferLeaderCommand.class,
            TopicTrimCommand.class,
            TopicDeleteCommand.class
        })
final class TopicCommand implements Runnable {
    @Override
    public void run() {
        throw CliException.usage("'topic' needs a command", "./cordwood topic --help lists them");
    }
}
