package io.cordwood.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;

/**
 * The README's commands for people without our client, from the first to the last, and what each one prints.
 *
 * <p>Invariant: no command of a block is left out.
 *
 * <p><b>Thread:</b> the test's.
 */
final class ReadmeTour {
    private static final String SHIM = "grpcurl-by-buf";

    private static final List<Step> GRPC = List.of(
            Step.of(":9090 list", "cordwood.v1.DataService", "cordwood.v1.TopicService", "grpc.health.v1.Health"),
            Step.of("describe", "Subscribe"),
            Step.of("CreateTopic", "\"name\":\"%s\""),
            Step.of("/Produce", "\"offset\":\"2\"", "DURABILITY_MAJORITY_FORCED"),
            Step.of(
                    "earliest\"}' ",
                    "\"text\":\"2apples\"",
                    "\"json\":{\"pears\":1,\"ripe\":true}",
                    "\"data\":\"/wD/\""),
            // In which order is up to the tool that sent it.
            Step.of("\"-1h\"", "\"text\":\"{\\\"", "\\\"pears\\\":1", "\\\"ripe\\\":true"),
            Step.of("last:10", "\"text\":\"ann\"", "\"text\":\"bob\""),
            Step.of("/Subscribe", "\"text\":\"2apples\"", "\"json\":{\"pears\":1,\"ripe\":true}", "\"data\":\"/wD/\""),
            Step.of("Health/Check", "\"status\":\"SERVING\""));

    private static final List<Step> HTTP = List.of(
            Step.of("CreateTopic", "\"name\":\"%s\""),
            Step.of("ListTopics", "\"name\":\"%s\""),
            Step.of("/Produce", "\"offset\":\"2\"", "DURABILITY_MAJORITY_FORCED"),
            Step.of("start=earliest'", "\"text\":\"2apples\"", "\"pears\":1", "\"data\":\"/wD/\""),
            Step.of("start=-1h", "\"text\":\"{\\\"pears\\\":1"),
            Step.of("start=last:10", "\"text\":\"ann\"", "\"text\":\"bob\""),
            Step.of("DescribePartitions", "\"topic\":\"%s\"", "\"highWatermark\":\"3\""),
            Step.of("/tail", "{\"partition\":0,\"offset\":\"0\"", "{\"partition\":0,\"offset\":\"2\"", "{\"end\":"),
            Step.of("healthz", "\"status\":\"alive\""),
            Step.of("readyz", "\"status\":\"ready\""),
            Step.of("/metrics", "cordwood_node_ready"));

    private final ReadmeBlock block;
    private final List<Step> steps;
    private final String topic;
    private final List<Path> tools;

    /**
     * A command.
     *
     * @param holding text of no other command of the block
     * @param printed without white space; %s stands for the topic
     */
    private record Step(String holding, List<String> printed) {
        static Step of(String holding, String... printed) {
            return new Step(holding, List.of(printed));
        }
    }

    private ReadmeTour(ReadmeBlock block, List<Step> steps, String topic, List<Path> tools) {
        this.block = block;
        this.steps = steps;
        this.topic = topic;
        this.tools = tools;
    }

    static ReadmeTour byGrpcurl() {
        return grpc("fruit", List.of(ForeignTools.grpcurl().toAbsolutePath().getParent()));
    }

    /** The same words, said to buf. */
    static ReadmeTour byBuf() {
        var buf = ForeignTools.buf();
        return grpc("fruit-by-buf", List.of(shim("export BUF_PROGRAM='" + buf + "'\n")));
    }

    private static ReadmeTour grpc(String topic, List<Path> tools) {
        return new ReadmeTour(
                ReadmeBlock.beginningWith("grpcurl ").replaced("\"fruit\"", "\"" + topic + "\""), GRPC, topic, tools);
    }

    static ReadmeTour byCurl() {
        ForeignTools.need("curl");
        return new ReadmeTour(ReadmeBlock.beginningWith("call()"), HTTP, "web", List.of());
    }

    /** A directory with a program of the name grpcurl that is none. */
    private static Path shim(String beginning) {
        try (var script = ReadmeTour.class.getResourceAsStream("/" + SHIM)) {
            var directory =
                    Files.createDirectories(Command.repositoryRoot().resolve("integration-tests/target/tools/" + SHIM));
            var text = new String(Objects.requireNonNull(script, SHIM).readAllBytes(), UTF_8);
            var program = Files.writeString(
                    directory.resolve("grpcurl"), text.replaceFirst("\nset -eu\n", "\nset -eu\n" + beginning));
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String topic() {
        return topic;
    }

    /** @param settled run after the topic is made: its leaderships may still move to the preferred nodes */
    void run(String clientAddress, String httpAddress, Runnable settled) {
        assertThat(block.commands()).as("commands with and without a step").hasSameSizeAs(steps);
        var here = block.at(clientAddress, httpAddress);
        for (var step : steps) {
            var holding = step.holding().replace(":9090", clientAddress.substring(clientAddress.lastIndexOf(':')));
            var printed = here.run(holding, tools);
            for (var text : step.printed()) {
                assertThat(printed).as(holding).contains(text.formatted(topic));
            }
            if (step.holding().equals("CreateTopic")) {
                settled.run();
            }
        }
    }
}
