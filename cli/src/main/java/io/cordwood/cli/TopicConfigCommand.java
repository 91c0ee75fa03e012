package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.client.Admin;
import io.cordwood.client.ConfigChange;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic config}: shows a topic's settings, or changes some and shows what became of them. */
@Command(name = "config", description = "Show a topic's settings, or change some.")
final class TopicConfigCommand implements Runnable {
    @Parameters(paramLabel = "NAME", description = "Name of the topic.")
    private String name = "";

    @Option(
            names = {"-s", "--set"},
            paramLabel = "KEY=VALUE",
            description = "Set a setting, such as segment.bytes=1048576. May be repeated.")
    private Map<String, String> set = new LinkedHashMap<>();

    @Option(
            names = {"-u", "--unset"},
            paramLabel = "KEY",
            description = "Have a setting fall back to the nodes' default. May be repeated.")
    private Set<String> unset = new LinkedHashSet<>();

    @Option(names = "--dry-run", description = "Show what would change, and change nothing.")
    private boolean dryRun;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        boolean changes = !set.isEmpty() || !unset.isEmpty();
        if (dryRun && !changes) {
            throw CliException.usage("--dry-run changes nothing anyway without --set or --unset", "add one of them");
        }
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            if (changes) {
                var change = change(client.admin());
                output.print(root.console(), Descriptions.table(change), Descriptions.json(change));
                root.console().notice(dryRun ? "nothing was changed (--dry-run)" : "changed topic " + name);
                SettingNotices.of(change).forEach(root.console()::notice);
            } else {
                var settings = client.admin().topicConfig(name);
                output.print(
                        root.console(),
                        Descriptions.settings(settings),
                        settings.stream().map(Descriptions::json).toList());
                SettingNotices.of(settings).forEach(root.console()::notice);
            }
        }
    }

    private ConfigChange change(Admin admin) {
        return dryRun ? admin.previewTopicConfig(name, set, unset) : admin.alterTopicConfig(name, set, unset);
    }
}
