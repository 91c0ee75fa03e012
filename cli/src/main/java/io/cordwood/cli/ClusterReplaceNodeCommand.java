package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.TextTable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cluster replace-node}: gives a node's directory up for lost. */
@Command(
        name = "replace-node",
        description =
                "Let a node whose directory is lost come back under its id with an empty one. It rebuilds its replicas.")
final class ClusterReplaceNodeCommand implements Runnable {
    @Parameters(index = "0", paramLabel = "ID", description = "Id of the node, which is stopped.")
    private int nodeId;

    @Option(names = "--yes", description = "The old directory is gone and never comes back.")
    private boolean confirmed;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (!confirmed) {
            throw CliException.usage(
                    "what the old directory of node " + nodeId + " holds is given up for good",
                    "add --yes to do it: ./cordwood cluster replace-node " + nodeId + " --yes");
        }
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var node = client.admin().replaceNode(nodeId);
            var table = TextTable.of("NODE", "NODES", "STATE")
                    .row(node.nodeId(), node.nodeAddress(), Descriptions.word(node.state()));
            output.print(root.console(), table, Descriptions.json(node));
            root.console().notice("start node " + nodeId + " with empty directories");
        }
    }
}
