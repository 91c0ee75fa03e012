package io.cordwood.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code group describe}. */
@Command(name = "describe", description = "Show a consumer group, its members and its partitions.")
final class GroupDescribeCommand implements Runnable {
    @Parameters(paramLabel = "GROUP", description = "Name of the group.")
    private String name = "";

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var group = client.admin().groups().describe(name);
            if (!output.json()) {
                GroupTexts.group(group).lines().forEach(root.console()::data);
                root.console().data("");
                GroupTexts.members(group).lines().forEach(root.console()::data);
                root.console().data("");
            }
            output.print(root.console(), GroupTexts.partitions(group), GroupTexts.json(group));
        }
    }
}
