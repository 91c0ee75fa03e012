package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.TestPorts;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

final class ServerProcessTest {
    @TempDir
    Path directory;

    private final PrintStream realOut = System.out;
    private final PrintStream realErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        // Logback reports on its own start to standard output.
        assertThat(LoggerFactory.getILoggerFactory()).isNotNull();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(realOut);
        System.setErr(realErr);
    }

    @Test
    void badSettingsEndWithStatusTwoAndOneLineForEachProblem() throws InterruptedException {
        int status = ServerProcess.run(List.of("--node.id=x", "--nope=1"), Map.of("CORDWOOD_ALSO", "2"));

        assertThat(status).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .hasSize(5)
                .anyMatch(line -> line.startsWith("flag --nope"))
                .anyMatch(line -> line.startsWith("environment CORDWOOD_ALSO"))
                .anyMatch(line -> line.startsWith("node.id = \"x\""))
                .anyMatch(line -> line.startsWith("data.dir: missing"))
                .anyMatch(line -> line.startsWith("cluster.initial-nodes: missing"));
        assertThat(out.size()).isZero();
    }

    @Test
    void helpGoesToStandardOutput() throws InterruptedException {
        assertThat(ServerProcess.run(List.of("--help"), Map.of())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("--node.id");
    }

    @Test
    void takenPortEndsWithStatusOneAndItsName() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + taken.getLocalPort();

            int status = ServerProcess.run(
                    List.of(
                            "--node.id=1",
                            "--data.dir=" + directory,
                            "--cluster.initial-nodes=1@" + address,
                            "--listeners.node.bind=" + address,
                            "--http.bind=none"),
                    Map.of());

            assertRefused(status, address, "listeners.node.bind");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"client", "external"})
    void takenPortOfAListenerNamesItsSetting(String listener) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + taken.getLocalPort();

            int status = run("--data.dir=" + directory, "--listeners." + listener + ".bind=" + address);

            assertRefused(status, "cannot serve clients on " + address, "listeners." + listener + ".bind");
        }
    }

    @Test
    void directoriesThatCannotBeWrittenAreNamedWithTheirSettings() throws Exception {
        var file = Files.createFile(directory.resolve("file"));

        var data = file.resolve("data");
        assertRefused(run("--data.dir=" + data), "data.dir is " + data, "cannot be written", "another data.dir");
        err.reset();
        var raft = file.resolve("raft");
        assertRefused(
                run("--data.dir=" + directory.resolve("data"), "--raft.dir=" + raft),
                "raft.dir is " + raft,
                "cannot be written",
                "another raft.dir");
    }

    /** A node that is alone and gives up before it has joined anything. */
    private static int run(String... flags) throws Exception {
        var words = new ArrayList<>(List.of("--node.id=1", "--http.bind=none"));
        var node = "127.0.0.1:" + TestPorts.free(1).get(0);
        words.add("--cluster.initial-nodes=1@" + node);
        words.add("--listeners.node.bind=" + node);
        if (Stream.of(flags).noneMatch(flag -> flag.startsWith("--listeners.client.bind="))) {
            words.add("--listeners.client.bind=127.0.0.1:" + TestPorts.free(1).get(0));
        }
        words.addAll(List.of(flags));
        return ServerProcess.run(words, Map.of());
    }

    /** One line that names the setting, and no trace of a stack. */
    private void assertRefused(int status, String... named) {
        assertThat(status).isEqualTo(1);
        var lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines)
                .filteredOn(line -> line.startsWith("cordwood node 1 cannot start: "))
                .singleElement()
                .asString()
                .contains(named);
        assertThat(lines).noneMatch(line -> line.startsWith("\tat "));
    }

    @Test
    void takenHttpPortEndsWithStatusOneBeforeAnyFileIsTouched() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + taken.getLocalPort();

            int status = ServerProcess.run(
                    List.of(
                            "--node.id=1",
                            "--data.dir=" + directory,
                            "--cluster.initial-nodes=1@127.0.0.1:9091",
                            "--http.bind=" + address),
                    Map.of());

            assertThat(status).isEqualTo(1);
            assertThat(err.toString(StandardCharsets.UTF_8).lines())
                    .filteredOn(line -> line.startsWith("cordwood node 1 cannot start: "))
                    .singleElement()
                    .asString()
                    .contains("cannot serve HTTP on " + address, "http.bind", "'none'");
            assertThat(directory).isEmptyDirectory();
        }
    }
}
