package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cluster add-node}: lets a new node join. */
@Command(name = "add-node", description = "Let a new node join: it does so when it is started with this id.")
final class ClusterAddNodeCommand implements Runnable {
    @Parameters(index = "0", paramLabel = "ID", description = "Id of the node, from 1, never used before.")
    private int nodeId;

    @Parameters(index = "1", paramLabel = "HOST:PORT", description = "Its address for the other nodes.")
    private String address = "";

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var node = client.admin().addNode(nodeId, address);
            var table = TextTable.of("NODE", "NODES", "STATE")
                    .row(node.nodeId(), node.nodeAddress(), Descriptions.word(node.state()));
            output.print(root.console(), table, Descriptions.json(node));
        }
    }
}
