package io.cordwood.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code group list}. */
@Command(name = "list", description = "List the consumer groups.")
final class GroupListCommand implements Runnable {
    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var groups = client.admin().groups().list();
            output.print(
                    root.console(),
                    GroupTexts.groups(groups),
                    groups.stream().map(GroupTexts::json).toList());
        }
    }
}
