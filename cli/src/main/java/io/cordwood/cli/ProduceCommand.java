package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.console.Json;
import io.cordwood.cli.console.LineReader;
import io.cordwood.client.Producer;
import io.cordwood.client.RecordMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code produce}: a record per line.
 *
 * <p>Thread: main reads and sends; the producer's callbacks count, and print on request.
 */
@Command(name = "produce", description = "Append the lines of a file or of standard input to a topic.")
final class ProduceCommand implements Callable<Integer> {
    /** More than any topic may take; the topic's own limit is checked with the record. */
    private static final int LINE_MAX_BYTES = 64 << 20;

    private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(60);

    @Parameters(index = "0", paramLabel = "TOPIC", description = "Name of the topic.")
    private String topic = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            description = "Lines to append; - is standard input, the default.")
    private Path file = Path.of("-");

    @ArgGroup(exclusive = true)
    private LineFormat.Options format = new LineFormat.Options();

    @Option(
            names = {"-p", "--partition"},
            paramLabel = "N",
            description = "Partition of all records. Default: by key, or spread where there is none.")
    private @Nullable Integer partition;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            defaultValue = "table",
            description = "json prints a line with partition and offset for each acknowledged record.")
    private OutputOptions.Form form = OutputOptions.Form.TABLE;

    @Spec
    private @Nullable CommandSpec spec;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @Override
    public Integer call() {
        if (partition != null && partition < 0) {
            throw CliException.usage(
                    "--partition is " + partition + ", partitions are numbered from 0", "leave it out");
        }
        var root = Cordwood.of(spec);
        var lines = new LineFormat(topic, partition, format);
        try (var input = open();
                var client = root.connect()) {
            client.admin().topic(topic);
            try (var producer = client.producer()
                    .deliveryTimeout(root.timeoutOr(DELIVERY_TIMEOUT))
                    .open()) {
                send(lines, input, producer, root.console());
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
        root.console().flush();
        var first = failure.get();
        if (first == null || acknowledged.get() > 0) {
            root.console().notice("appended " + acknowledged + " records to " + topic);
        }
        if (first != null) {
            throw Failures.explain(first);
        }
        return ExitCode.DONE.code();
    }

    private void send(LineFormat lines, InputStream input, Producer producer, Console console) throws IOException {
        var reader = new LineReader(file.toString(), input, LINE_MAX_BYTES);
        var line = reader.next();
        while (line != null && failure.get() == null) {
            var record = lines.record(line, reader.lineNumber());
            var unused = producer.send(record).whenComplete((place, problem) -> settle(place, problem, console));
            line = reader.next();
        }
        producer.flush();
    }

    private void settle(@Nullable RecordMetadata place, @Nullable Throwable problem, Console console) {
        if (problem != null) {
            failure.compareAndSet(null, problem);
        } else if (place != null) {
            acknowledged.incrementAndGet();
            if (form == OutputOptions.Form.JSON) {
                console.data(json(place));
            }
        }
    }

    private static String json(RecordMetadata place) {
        var values = new LinkedHashMap<String, Object>();
        values.put("topic", place.topic());
        values.put("partition", place.partition());
        values.put("offset", place.offset());
        values.put("leaderEpoch", place.leaderEpoch());
        return Json.of(values);
    }

    private InputStream open() throws IOException {
        return file.toString().equals("-") ? System.in : Files.newInputStream(file);
    }

    private CliException unreadable(IOException e) {
        if (e instanceof NoSuchFileException) {
            return new CliException(
                    ExitCode.NOT_FOUND, "FILE_NOT_FOUND", "file " + file + " does not exist", "check the path", e);
        }
        return new CliException(
                ExitCode.FAILED, "IO_ERROR", "cannot read " + file + ": " + e, "check the path and its permissions", e);
    }
}
