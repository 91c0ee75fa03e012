package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.Reader;
import io.cordwood.client.StartPoint;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code consume}: prints records, and follows the topic unless told where to stop.
 *
 * <p>Thread: main.
 */
@Command(
        name = "consume",
        description = "Print the records of a topic, and those that come, until Ctrl-C.",
        footer = {
            "",
            "FORMAT is value (default where the output is piped), pretty (default on a terminal), json, or a template of:",
            "  %%t topic  %%p partition  %%o offset  %%d time  %%k key  %%v value  %%h headers  %%K %%V their sizes  %%%% itself",
            "  %%v{hex} %%v{base64} %%v{json} %%v{text}  %%d{rfc3339} %%d{epoch-ms}  \\n \\t \\xNN"
        })
final class ConsumeCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Parameters(paramLabel = "TOPIC", description = "Name of the topic.")
    private String topic = "";

    @Option(
            names = {"-o", "--offset"},
            paramLabel = "START",
            defaultValue = "earliest",
            description = {
                "earliest, latest, an offset, last:N for the last N offsets of each partition,",
                "@TIME or -AGE for the first record from then on. Default: earliest.",
                "TIME: 2026-11-20T10:00Z, 2026-11-20 (UTC) or ms since 1970; AGE: 7d, 1h30m, 90s"
            })
    private StartPoint start = StartPoint.earliest();

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "Stop after this many records.")
    private @Nullable Long count;

    @Option(
            names = {"-e", "--exit-at-end"},
            description = "Stop at what is the end of the topic now.")
    private boolean exitAtEnd;

    @Option(
            names = {"-p", "--partitions"},
            paramLabel = "N[,...]",
            split = ",",
            hideParamSyntax = true,
            description = "Only these partitions. Default: all.")
    private int @Nullable [] partitions;

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            description = "How a record is printed, see below.")
    private @Nullable String format;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (count != null && count < 1) {
            throw CliException.usage("--count is " + count + ", it is at least 1", "leave it out to read on");
        }
        var root = Cordwood.of(spec);
        var console = root.console();
        var printer = RecordFormat.parse(
                format == null ? (console.streams().outIsTerminal() ? "pretty" : "value") : format, console);
        try (var client = root.connect();
                var reader = open(client)) {
            print(reader, printer, console);
        }
        console.flush();
        return ExitCode.DONE.code();
    }

    private Reader open(CordwoodClient client) {
        var reader = client.reader(topic).start(start);
        return partitions == null
                ? reader.open()
                : reader.partitions(partitions).open();
    }

    private void print(Reader reader, RecordFormat printer, Console console) {
        var ends = exitAtEnd ? reader.endOffsets() : Map.<Integer, Long>of();
        requireNotBeyond(reader.positions(), ends);
        var left = count == null ? Long.MAX_VALUE : count;
        while (left > 0 && !(exitAtEnd && reached(reader, ends)) && !console.outputClosed()) {
            for (var record : reader.poll(POLL)) {
                var end = ends.get(record.partition());
                // Records that arrive while -e is under way lie behind the end that it began with.
                if (left > 0 && (end == null || record.offset() < end)) {
                    printer.print(record, console.out());
                    left--;
                }
            }
            console.flush();
        }
    }

    /** A start beyond the end would pass for one that has been reached. */
    private void requireNotBeyond(Map<Integer, Long> positions, Map<Integer, Long> ends) {
        ends.forEach((partition, end) -> {
            var position = positions.getOrDefault(partition, 0L);
            if (position > end) {
                throw new CliException(
                        ExitCode.FAILED,
                        ErrorCode.OFFSET_OUT_OF_RANGE.name(),
                        "offset of " + topic + "-" + partition + " is " + position + ", the log ends at " + end,
                        ErrorCode.OFFSET_OUT_OF_RANGE.hint());
            }
        });
    }

    private static boolean reached(Reader reader, Map<Integer, Long> ends) {
        var positions = reader.positions();
        return ends.entrySet().stream().allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
}
