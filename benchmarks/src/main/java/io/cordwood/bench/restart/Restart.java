package io.cordwood.bench.restart;

import io.cordwood.bench.ByteSize;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.bench.process.UnattendedCommand;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures how long a node takes to serve again after kill -9, by how much is sealed.
 *
 * <p>Thread: that of the process; a shutdown hook ends what it started.
 */
@Command(
        name = "restart",
        mixinStandardHelpOptions = true,
        description = {
            "Fills one partition of one node, waits until its sealed segments are in a checkpoint, then kills the node",
            "(SIGKILL) and starts it again, several times for each size, and prints a table.",
            "A size that the disk has no room for is left out, and that is said."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed, or a start took longer than 10 s", "2:bad usage"})
public final class Restart implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(
            names = "--sizes",
            split = ",",
            defaultValue = "1GB,5GB,20GB",
            description = "bytes to be sealed, one after the other; ${DEFAULT-VALUE}")
    private List<String> sizes = List.of();

    @Option(
            names = "--restarts",
            defaultValue = "5",
            description = "of each size with a warm page cache, and as many with an empty one; ${DEFAULT-VALUE}")
    private int restarts;

    @Option(
            names = "--step",
            defaultValue = "20MB",
            description = "published before each kill, so that different tails are left behind; ${DEFAULT-VALUE}")
    private String step = "";

    @Option(names = "--record-bytes", defaultValue = "1000", description = "size of a value; ${DEFAULT-VALUE}")
    private int recordBytes;

    @Option(
            names = "--segment-bytes",
            defaultValue = "1073741824",
            description = "size at which a segment is sealed; ${DEFAULT-VALUE}, the server's default")
    private String segmentBytes = "";

    /** Runs it. */
    public static void main(String[] args) {
        UnattendedCommand.runAndExit(new Restart(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var restarts = new Restarts(plan(), run);
        run.bound(() -> {
            restarts.end();
            keep(restarts);
        });
        restarts.run();
        var table = new RestartTable(restarts.samples());
        System.out.print(table.markdown());
        return table.holdsBar() ? 0 : 1;
    }

    private void keep(Restarts restarts) {
        var table = new RestartTable(restarts.samples());
        run.keep("restart", table.markdown(), table.csv());
    }

    private Restarts.Plan plan() {
        try {
            return new Restarts.Plan(
                    sizes.stream().map(ByteSize::parse).toList(),
                    restarts,
                    ByteSize.parse(step),
                    recordBytes,
                    ByteSize.parse(segmentBytes));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
