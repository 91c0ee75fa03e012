package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The nodes of {@code docker/compose.yaml}, by the commands that people type, because the file is what is
 * tested. What befalls a single container is the matter of {@link ProjectContainers}. Without an engine the
 * test ends as {@link ContainerEngine} says. Tests that are tagged nightly besides are not run by
 * {@code .ci/run}, which names them at its end.
 *
 * <p>Invariant: after {@link #close} nothing of the project is left, its volumes included. Ports are those of
 * the compose file, so one project lives at a time, under one name: what a test that was cut off has left
 * goes when the next begins.
 *
 * <p><b>Thread:</b> the test's.
 */
final class DockerCompose implements AutoCloseable {
    static final List<String> NODES = List.of("n1", "n2", "n3");
    /** The nodes as clients outside the containers reach them. */
    static final String BOOTSTRAP = "localhost:19090,localhost:29090,localhost:39090";

    /** An image that was built before; the compose file reads it, too. */
    private static final String IMAGE_VARIABLE = "CORDWOOD_IMAGE";

    private static final String DEFAULT_IMAGE = "cordwood:latest";
    private static final String PROJECT = "cordwood-it";
    /** Of the compose file beside this class that gives the nodes a network of their own. */
    private static final String RAFT_NETWORK = PROJECT + "_raft";
    /** From nothing, with all that Maven fetches. */
    static final Duration BUILD_TIMEOUT = Duration.ofMinutes(20);

    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    /** Seconds, above the 30 s that a node allows itself. */
    private static final String STOP_TIMEOUT = "40";

    private final List<Path> files;
    private final ProjectContainers containers;

    private DockerCompose(List<Path> files, ProjectContainers containers) {
        this.files = List.copyOf(files);
        this.containers = containers;
    }

    /** A project of which nothing is left from before; its image is there. */
    static DockerCompose ofThreeNodes() {
        return of(List.of(composeFile()));
    }

    /** The same with a network for the nodes only, which {@link #cutOff} takes from one of them. */
    static DockerCompose withNetworkOfNodes() {
        return of(List.of(
                composeFile(),
                Command.repositoryRoot().resolve("integration-tests/src/test/resources/compose-raft-network.yaml")));
    }

    private static DockerCompose of(List<Path> files) {
        var compose = new DockerCompose(files, new ProjectContainers(ContainerEngine.need(), PROJECT));
        compose.close();
        if (System.getenv(IMAGE_VARIABLE) == null) {
            succeed(compose.command("build").withTimeout(BUILD_TIMEOUT));
        }
        return compose;
    }

    private static Path composeFile() {
        return Command.repositoryRoot().resolve("docker/compose.yaml");
    }

    static String image() {
        return Objects.requireNonNullElse(System.getenv(IMAGE_VARIABLE), DEFAULT_IMAGE);
    }

    /** Makes and starts all nodes; how long it takes until they are healthy. */
    Duration up() {
        long begin = System.nanoTime();
        succeed(command("up", "-d", "--no-build"));
        awaitHealthy();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** Makes these nodes, or makes them anew of this image, in order and with their volumes; waits for none. */
    void up(String image, String... services) {
        var words = new ArrayList<>(List.of("up", "-d", "--no-build", "--no-deps", "--timeout", STOP_TIMEOUT));
        words.addAll(Arrays.asList(services));
        succeed(command(words.toArray(String[]::new)).withEnvironment(IMAGE_VARIABLE, image));
    }

    /** By the script that people use: one node after the other, each when the others can do without it. */
    void rollingRestart() {
        var script = Command.repositoryRoot().resolve("docker/rolling-restart").toString();
        var names = files.stream().map(Path::toString).toList();
        succeed(Command.of(script)
                .withEnvironment("COMPOSE_PROJECT_NAME", PROJECT)
                .withEnvironment("COMPOSE_FILE", String.join(":", names))
                .withEnvironment(IMAGE_VARIABLE, image())
                .withTimeout(TIMEOUT.multipliedBy(2)));
    }

    /** Ends and removes the containers; their volumes stay. */
    void down() {
        succeed(command("down", "--timeout", STOP_TIMEOUT));
    }

    /** The other nodes do not reach it any more, nor it them; clients do. */
    void cutOff(String service) {
        containers.disconnect(service, RAFT_NETWORK);
    }

    void reconnect(String service) {
        containers.connect(service, RAFT_NETWORK, nameAmongNodes(service));
    }

    private static String nameAmongNodes(String service) {
        return service.replace('n', 'r');
    }

    ProjectContainers containers() {
        return containers;
    }

    void awaitHealthy() {
        containers.awaitHealthy(NODES);
    }

    /** Runs the command of the image in a container of the project's network; returns what it printed. */
    String cordwood(String input, String... arguments) {
        var words = new ArrayList<>(List.of("run", "--rm", "-T", "cli"));
        words.addAll(Arrays.asList(arguments));
        return succeed(command(words.toArray(String[]::new)).withInput(input));
    }

    @Override
    public void close() {
        containers.removeAll();
    }

    /** Compose on the project, which is to succeed. */
    String run(String... arguments) {
        return succeed(command(arguments));
    }

    private Command command(String... arguments) {
        var words = new ArrayList<>(List.of("docker", "compose", "-p", PROJECT));
        files.forEach(file -> words.addAll(List.of("-f", file.toString())));
        words.addAll(Arrays.asList(arguments));
        // Named, because .env beside the compose file may name another.
        return Command.of(words.toArray(String[]::new))
                .withEnvironment(IMAGE_VARIABLE, image())
                .withTimeout(TIMEOUT);
    }

    /** What a command that has to succeed printed. */
    static String succeed(Command command) {
        var result = command.run();
        assertThat(result.exitCode()).as("%s: %s", command.words(), result).isZero();
        return result.out();
    }
}
