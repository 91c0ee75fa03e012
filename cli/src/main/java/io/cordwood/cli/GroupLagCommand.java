package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Json;
import io.cordwood.client.GroupAdmin;
import io.cordwood.client.PartitionLag;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code group lag}: how far a group is behind, once or again and again.
 *
 * <p>Thread: main.
 */
@Command(
        name = "lag",
        description = {
            "Show how far a consumer group is behind: in records, in bytes, in the age of the next record; how long"
                    + " until",
            "it has caught up if both rates stay, and until retention removes the next record."
        })
final class GroupLagCommand implements Runnable {
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    @Parameters(paramLabel = "GROUP", description = "Name of the group.")
    private String name = "";

    @Mixin
    private WorkOptions work = new WorkOptions();

    @Option(names = "--watch", description = "Again and again, until Ctrl-C; with -o json a line for each look.")
    private boolean watch;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            description = "From one look to the next, such as 500ms. Default: 1s.")
    private @Nullable Duration interval;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (interval != null && !watch) {
            throw CliException.usage("--interval means nothing without --watch", "add --watch");
        }
        var partition = work.partition();
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var groups = client.admin().groups();
            if (watch) {
                new Watch(root.console(), interval == null ? INTERVAL : interval)
                        .run(() -> block(groups, partition.stream().toList()));
                return;
            }
            var sample = sample(groups, partition.stream().toList());
            output.print(root.console(), LagTexts.table(sample), LagTexts.json(sample));
            LagTexts.notices(sample).forEach(root.console()::notice);
        }
    }

    private List<String> block(GroupAdmin groups, List<TopicPartition> partitions) {
        var sample = sample(groups, partitions);
        if (output.json()) {
            return List.of(Json.of(LagTexts.json(sample)));
        }
        var lines = new ArrayList<String>();
        lines.add("group " + name + " at " + sample.time());
        lines.addAll(LagTexts.table(sample).lines());
        lines.addAll(LagTexts.notices(sample));
        lines.add("");
        return lines;
    }

    private LagTexts.Sample sample(GroupAdmin groups, List<TopicPartition> partitions) {
        var time = Instant.now();
        var lag = groups.lag(name, partitions).stream().filter(this::isWanted).toList();
        if (!partitions.isEmpty()) { // one that was named, and cannot be shown, is an error
            lag.stream()
                    .filter(each -> !each.knowsOffsets())
                    .flatMap(each -> each.error().stream())
                    .findFirst()
                    .ifPresent(reason -> {
                        throw reason;
                    });
        }
        return new LagTexts.Sample(name, time, lag, GroupTexts.owners(groups.describe(name)));
    }

    private boolean isWanted(PartitionLag lag) {
        return work.topic().map(lag.partition().topic()::equals).orElse(true);
    }
}
