package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.GroupReset;
import io.cordwood.client.StartPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code group reset}: refuses without {@code --yes} or {@code --dry-run}. */
@Command(name = "reset", description = "Set where a consumer group goes on.")
final class GroupResetCommand implements Runnable {
    @Parameters(paramLabel = "GROUP", description = "Name of the group.")
    private String name = "";

    @Option(
            names = {"-t", "--topic"},
            paramLabel = "TOPIC[:N[,N...]]",
            description = "A topic, or partitions of it. May be repeated.")
    private List<String> topics = new ArrayList<>();

    @Option(
            names = "--to",
            paramLabel = "START",
            description = "Where to go on: earliest, latest, an offset, last:N, @TIME or -AGE.")
    private @Nullable StartPoint start;

    @Option(
            names = "--from-file",
            paramLabel = "FILE",
            description = "Lines of topic, partition and START with blanks between; # begins a comment.")
    private @Nullable Path file;

    @Option(names = "--force", description = "Also where the group has members: what they process now counts no more.")
    private boolean force;

    @Option(names = "--create", description = "Also where there is no such group.")
    private boolean create;

    @Option(names = "--dry-run", description = "Show what would be set, and change nothing.")
    private boolean dryRun;

    @Option(names = "--yes", description = "Really set.")
    private boolean yes;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var reset = reset();
        if (!yes && !dryRun) {
            throw CliException.usage(
                    "resetting group '" + name + "' has it process records again, or leave some out",
                    "add --dry-run to see which, or --yes to do it");
        }
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var groups = client.admin().groups();
            var offsets = dryRun ? groups.previewReset(reset) : groups.reset(reset);
            output.print(
                    root.console(),
                    GroupTexts.offsets(offsets),
                    offsets.stream().map(GroupTexts::json).toList());
            root.console().notice(dryRun ? "nothing was changed (--dry-run)" : "reset group " + name);
        }
    }

    private GroupReset reset() {
        var reset = GroupReset.of(name).withForce(force).withCreate(create);
        var chosen = start;
        if (file != null && topics.isEmpty() && chosen == null) {
            return fromFile(reset, file);
        }
        if (file != null || topics.isEmpty() || chosen == null) {
            throw CliException.usage(
                    "'group reset' needs --topic and --to, or --from-file", "./cordwood group reset --help says more");
        }
        for (var topic : topics) {
            int colon = topic.indexOf(':');
            reset = colon < 0
                    ? reset.to(topic, chosen)
                    : reset.to(topic.substring(0, colon), numbers(topic.substring(colon + 1)), chosen);
        }
        return reset;
    }

    private static GroupReset fromFile(GroupReset reset, Path file) {
        Map<String, Map<String, List<Integer>>> places = new TreeMap<>();
        for (var line : lines(file)) {
            var words = line.replaceFirst("#.*", "").strip().split("\\s+", -1);
            if (words.length == 3) {
                places.computeIfAbsent(words[0], first -> new TreeMap<>())
                        .computeIfAbsent(words[2], first -> new ArrayList<>())
                        .addAll(numbers(words[1]));
            } else if (!words[0].isEmpty()) {
                throw CliException.usage(
                        "'" + line + "' in " + file + " is not topic, partition and start",
                        "a line is for example: orders 0 42");
            }
        }
        var all = reset;
        for (var topic : places.entrySet()) {
            for (var place : topic.getValue().entrySet()) {
                all = all.to(topic.getKey(), place.getValue(), start(place.getKey()));
            }
        }
        return all;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw CliException.usage("cannot read " + file + ": " + e, "name a file of lines such as: orders 0 42");
        }
    }

    private static List<Integer> numbers(String text) {
        var numbers = new ArrayList<Integer>();
        for (var word : text.split(",", -1)) {
            try {
                numbers.add(Integer.parseInt(word));
            } catch (NumberFormatException e) {
                throw CliException.usage("'" + word + "' is not a partition", "partitions are numbered from 0");
            }
        }
        return numbers;
    }

    private static StartPoint start(String text) {
        try {
            return StartPoint.parse(text);
        } catch (CordwoodException e) {
            throw CliException.usage(
                    "'" + text + "' is not a start", "a start is " + e.details().get("limit"));
        }
    }
}
