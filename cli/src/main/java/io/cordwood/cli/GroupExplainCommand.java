package io.cordwood.cli;

import io.cordwood.client.Explained;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code group explain}. */
@Command(name = "explain", description = "Say what holds a consumer group back, the gravest first.")
final class GroupExplainCommand implements Runnable {
    @Parameters(paramLabel = "GROUP", description = "Name of the group.")
    private String name = "";

    @Mixin
    private WorkOptions work = new WorkOptions();

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var subject = subject();
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            CauseTexts.print(
                    root.console(), output, "group " + name, client.admin().explain(subject));
        }
    }

    private Explained subject() {
        var partition = work.partition();
        if (partition.isPresent()) {
            return Explained.group(name, partition.get());
        }
        return work.topic().map(topic -> Explained.group(name, topic)).orElseGet(() -> Explained.group(name));
    }
}
