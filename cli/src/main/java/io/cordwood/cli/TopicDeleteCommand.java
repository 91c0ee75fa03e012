package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic delete}: refuses without {@code --yes}. */
@Command(name = "delete", description = "Delete a topic and its records.")
final class TopicDeleteCommand implements Runnable {
    @Parameters(paramLabel = "NAME", description = "Name of the topic.")
    private String name = "";

    @Option(names = "--yes", description = "Really delete.")
    private boolean yes;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (!yes) {
            throw CliException.usage(
                    "deleting topic '" + name + "' removes its records for good",
                    "add --yes to do it: ./cordwood topic delete " + name + " --yes");
        }
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            client.admin().deleteTopic(name);
            root.console().notice("deleted topic " + name);
        }
    }
}
