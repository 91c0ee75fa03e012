package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import io.cordwood.client.ClusterDescription;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cluster}: nodes and partitions. */
@Command(
        name = "cluster",
        description = "Show nodes and partitions, add, replace or explain a node, or ask whether one may stop.",
        subcommands = {
            ClusterAddNodeCommand.class,
            ClusterReplaceNodeCommand.class,
            ClusterExplainNodeCommand.class,
            ClusterRollingCheckCommand.class
        })
final class ClusterCommand implements Runnable {
    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var cluster = client.admin().cluster();
            var partitions = client.admin().partitions();
            if (!output.json()) {
                root.console().data("cluster " + cluster.clusterId() + ", feature level " + cluster.featureLevel());
                nodes(cluster).lines().forEach(root.console()::data);
                root.console().data("");
            }
            var json = new LinkedHashMap<>(Descriptions.json(cluster));
            json.put("partitions", partitions.stream().map(Descriptions::json).toList());
            output.print(root.console(), Descriptions.table(partitions), json);
            Descriptions.deadNodes(cluster).forEach(root.console()::notice);
            Descriptions.errors(partitions).forEach(root.console()::notice);
        }
    }

    private static TextTable nodes(ClusterDescription cluster) {
        var table = TextTable.of("NODE", "CLIENTS", "NODES", "STATE", "METADATA", "FEATURES", "DISKS LEFT");
        for (var node : cluster.nodes()) {
            table.row(
                    node.nodeId(),
                    Descriptions.orDash(node.address()),
                    node.nodeAddress(),
                    Descriptions.word(node.state()),
                    Descriptions.metadataRole(cluster, node),
                    Descriptions.features(node),
                    Descriptions.disks(node));
        }
        return table;
    }
}
