package io.cordwood.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
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
                        "--listeners.node.bind=127.0.0.1:9191",
                        "--http.bind=127.0.0.1:8180")
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

    /** What is good for servers is good for them in containers, too; only sizes follow the container. */
    @Test
    void imageStartsServersWithTheSameOptions() throws IOException {
        var image = Files.readAllLines(Path.of("../docker/image/server.args"));

        var options = new ServerCommand(spec, 1)
                .words().stream()
                        .filter(word -> word.startsWith("-XX:") && !word.startsWith("-XX:MaxDirectMemorySize"))
                        .toList();

        assertThat(options).isNotEmpty();
        assertThat(image).containsAll(options);
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
            ports.addAll(List.of(node.clientPort(), node.nodePort(), node.httpPort()));
        }

        assertThat(ports).hasSize(27).allMatch(port -> port >= 20_000 && port < 32_000);
    }
}
