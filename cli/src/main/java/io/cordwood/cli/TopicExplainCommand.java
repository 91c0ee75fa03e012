package io.cordwood.cli;

import io.cordwood.client.Explained;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code topic explain}. */
@Command(name = "explain", description = "Say what holds a topic back, the gravest first.")
final class TopicExplainCommand implements Runnable {
    @Parameters(paramLabel = "NAME", description = "Name of the topic.")
    private String name = "";

    @Option(
            names = {"-p", "--partition"},
            paramLabel = "N",
            description = "Only this partition.")
    private @Nullable Integer number;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var subject = number == null ? Explained.topic(name) : Explained.partition(WorkOptions.partition(name, number));
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            CauseTexts.print(
                    root.console(), output, "topic " + name, client.admin().explain(subject));
        }
    }
}
