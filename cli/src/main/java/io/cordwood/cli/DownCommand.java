package io.cordwood.cli;

import io.cordwood.cli.local.RecordedNodes;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code down}: stops the cluster that {@code up --detach} started. */
@Command(name = "down", description = "Stop the cluster that 'up --detach' started. Its data stays.")
final class DownCommand implements Runnable {
    @Option(names = "--data", paramLabel = "DIR", description = "As given to 'up'. Default: .cordwood.")
    private @Nullable Path data;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        var root = Cordwood.of(spec);
        var directory = DataDirectory.of(data);
        var stopped = RecordedNodes.in(directory).stop(root.timeoutOr(UpCommand.STOP_TIMEOUT));
        root.console()
                .notice(
                        stopped.isEmpty()
                                ? "no node of " + directory + " is running"
                                : "stopped: node "
                                        + String.join(
                                                ", ",
                                                stopped.stream()
                                                        .map(id -> "" + id)
                                                        .toList()));
    }
}
