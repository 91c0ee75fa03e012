package io.cordwood.cli;

import io.cordwood.client.Explained;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cluster explain-node}. */
@Command(name = "explain-node", description = "Say what holds a node back, the gravest first.")
final class ClusterExplainNodeCommand implements Runnable {
    @Parameters(paramLabel = "ID", description = "Id of the node.")
    private int nodeId;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var subject = Explained.node(nodeId);
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            CauseTexts.print(
                    root.console(), output, "node " + nodeId, client.admin().explain(subject));
        }
    }
}
