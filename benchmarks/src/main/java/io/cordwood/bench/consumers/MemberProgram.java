package io.cordwood.bench.consumers;

import io.cordwood.client.CordwoodClient;

/**
 * A process that is a member of a group and reads, until it is killed.
 *
 * <p><b>Thread:</b> that of the process.
 */
final class MemberProgram {
    private MemberProgram() {}

    /** @param arguments the addresses of the nodes with commas, the group, the topic, and what it calls itself */
    public static void main(String[] arguments) {
        try (var client = CordwoodClient.connect(arguments[0].split(",", -1));
                var consumer = client.consumer(arguments[1])
                        .topics(arguments[2])
                        .name(arguments[3])
                        .handle(record -> {})) {
            consumer.ended().join();
        }
    }
}
