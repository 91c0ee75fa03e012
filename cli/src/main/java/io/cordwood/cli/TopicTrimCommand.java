package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.client.StartPoint;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic trim}: refuses without {@code --yes}. */
@Command(name = "trim", description = "Delete a partition's records below an offset.")
final class TopicTrimCommand implements Runnable {
    @Mixin
    private PartitionArguments partition = new PartitionArguments();

    @Parameters(
            index = "2",
            paramLabel = "START",
            description = "First record to keep: an offset, latest (keep none), last:N, @TIME or -AGE.")
    private StartPoint start = StartPoint.earliest();

    @Option(names = "--yes", description = "Really delete.")
    private boolean yes;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (!yes) {
            throw CliException.usage(
                    "trimming partition " + partition.number() + " of topic '" + partition.topic()
                            + "' removes its records below " + start + " for good",
                    "add --yes to do it: ./cordwood topic trim " + partition.topic() + " " + partition.number() + " "
                            + start + " --yes");
        }
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var trimmed = client.admin().trim(partition.topic(), partition.number(), start);
            root.console()
                    .notice("trimmed " + partition.topic() + ":" + partition.number() + " to offset "
                            + trimmed.logStartOffset() + ", it ends at " + trimmed.highWatermark());
        }
    }
}
