package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code topic}: topics. */
@Command(
        name = "topic",
        description = "Create, list, describe and delete topics.",
        subcommands = {
            TopicCreateCommand.class,
            TopicListCommand.class,
            TopicDescribeCommand.class,
            TopicDeleteCommand.class
        })
final class TopicCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw CliException.usage("'topic' needs a command", "./cordwood topic --help lists them");
    }
}
