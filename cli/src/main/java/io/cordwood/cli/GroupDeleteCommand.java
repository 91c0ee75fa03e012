package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code group delete}: refuses without {@code --yes}. */
@Command(name = "delete", description = "Delete a consumer group without members, and its offsets.")
final class GroupDeleteCommand implements Runnable {
    @Parameters(paramLabel = "GROUP", description = "Name of the group.")
    private String name = "";

    @Option(names = "--yes", description = "Really delete.")
    private boolean yes;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (!yes) {
            throw CliException.usage(
                    "deleting group '" + name + "' forgets how far it has come",
                    "add --yes to do it: ./cordwood group delete " + name + " --yes");
        }
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            client.admin().groups().delete(name);
            root.console().notice("deleted group " + name);
        }
    }
}
