package io.cordwood.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ServerCommandTest {
    private final ClusterSpec spec = ClusterSpec.of(Path.of("/data"), NodePorts.standard(3))
            .withServerFlags("--log.segment-max-bytes=4096")
            .withJvmOptions("-Xmx1g");

    @Test
    void nodeListensOnItsPortsAndKnowsTheOthers() {
        assertThat(new ServerCommand(spec, 2).words())
                .contains(
                        "--node.id=2",
                        "--data.dir=/data/n2/data",
                        "--cluster.initial-nodes=1@127.0.0.1:9091,2@127.0.0.1:9191,3@127.0.0.1:9291",
                        "--listeners.client.bind=127.0.0.1:9190",
                        "--listeners.node.bind=127.0.0.1:9191")
                .endsWith("--log.segment-max-bytes=4096");
    }

    @Test
    void givenJvmOptionsComeBehindTheDefaults() {
        var words = new ServerCommand(spec, 1).words();

        assertThat(words.indexOf("-Xmx1g")).isGreaterThan(words.indexOf("-Xmx512m"));
        assertThat(words.indexOf("-Xmx1g")).isLessThan(words.indexOf(ServerCommand.MAIN_CLASS));
    }

    @Test
    void unsafeFlagOnlyWhereJavaKnowsIt() {
        var known = Runtime.version().feature() >= 24;

        assertThat(new ServerCommand(spec, 1).words().contains("--sun-misc-unsafe-memory-access=allow"))
                .isEqualTo(known);
    }

    @Test
    void detachedServerIgnoresHangUps() {
        assertThat(new ServerCommand(spec.detached(true), 1).words().get(0)).isEqualTo("nohup");
        assertThat(new ServerCommand(spec, 1).words().get(0)).endsWith("java");
    }

    @Test
    void freePortsAreAllDifferentAndBelowThoseOfOutgoingConnections() {
        var ports = new HashSet<Integer>();
        for (var node : NodePorts.free(9)) {
            ports.addAll(List.of(node.clientPort(), node.nodePort()));
        }

        assertThat(ports).hasSize(18).allMatch(port -> port >= 20_000 && port < 32_000);
    }
}
