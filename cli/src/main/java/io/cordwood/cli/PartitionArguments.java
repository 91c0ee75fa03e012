package io.cordwood.cli;

import picocli.CommandLine.Parameters;

/** The partition that a command is about: its first two arguments. */
final class PartitionArguments {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "Name of the topic.")
    private String topic = "";

    @Parameters(index = "1", paramLabel = "PARTITION", description = "Number of the partition.")
    private int number;

    String topic() {
        return topic;
    }

    int number() {
        return number;
    }
}
