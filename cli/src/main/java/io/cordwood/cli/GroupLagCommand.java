package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.console.Json;
import io.cordwood.client.Admin;
import io.cordwood.client.PartitionLag;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
            var admin = client.admin();
            if (watch) {
                new Watch(root.console(), interval == null ? INTERVAL : interval)
                        .run(() -> block(admin, partition.stream().toList()));
                return;
            }
            var sample = sample(admin, partition.stream().toList());
            output.print(root.console(), LagTexts.table(sample), LagTexts.json(sample));
            LagTexts.notices(sample).forEach(root.console()::notice);
        }
    }

    private List<String> block(Admin admin, List<TopicPartition> partitions) {
        var sample = sample(admin, partitions);
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

    private LagTexts.Sample sample(Admin admin, List<TopicPartition> partitions) {
        var time = Instant.now();
        var groups = admin.groups();
        var all = groups.lag(name, partitions);
        var lag = work.topic().map(topic -> inTopic(all, topic, admin::topic)).orElse(all);
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

    /**
     * What the group has in the topic that was named, which is something.
     *
     * @param lookUp throws where there is no such topic
     */
    List<PartitionLag> inTopic(List<PartitionLag> all, String topic, Consumer<String> lookUp) {
        var lag = all.stream()
                .filter(each -> each.partition().topic().equals(topic))
                .toList();
        if (lag.isEmpty()) {
            lookUp.accept(topic);
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    "NOTHING_IN_TOPIC",
                    "group '" + name + "' has neither an offset nor a member in topic '" + topic + "'",
                    "./cordwood group lag " + name + " shows where it has");
        }
        return lag;
    }
}
