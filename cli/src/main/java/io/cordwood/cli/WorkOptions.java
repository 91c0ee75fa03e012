package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.client.TopicPartition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A part of a group's work: a topic, or one of its partitions. */
final class WorkOptions {
    @Option(
            names = {"-t", "--topic"},
            paramLabel = "TOPIC",
            description = "Only this topic. Default: all of the group.")
    private @Nullable String topic;

    @Option(
            names = {"-p", "--partition"},
            paramLabel = "N",
            description = "Only this partition of the topic.")
    private @Nullable Integer number;

    Optional<String> topic() {
        return Optional.ofNullable(topic);
    }

    /** The partition that was named. */
    Optional<TopicPartition> partition() {
        if (number == null) {
            return Optional.empty();
        }
        if (topic == null) {
            throw CliException.usage("--partition " + number + " names no topic", "add --topic TOPIC");
        }
        return Optional.of(partition(topic, number));
    }

    static TopicPartition partition(String topic, int number) {
        if (number < 0) {
            throw CliException.usage("partition is " + number, "partitions are numbered from 0");
        }
        return new TopicPartition(topic, number);
    }
}
