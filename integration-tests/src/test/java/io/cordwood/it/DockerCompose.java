package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.it.Command.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * The containers of {@code docker/compose.yaml}, by the commands that people type. Where there is no engine
 * the test is skipped with the reason; with {@value #REQUIRED_VARIABLE}=true in the environment it fails.
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

    private static final String REQUIRED_VARIABLE = "CONTAINERS_REQUIRED";
    /** An image that was built before; the compose file reads it, too. */
    private static final String IMAGE_VARIABLE = "CORDWOOD_IMAGE";

    private static final String DEFAULT_IMAGE = "cordwood:latest";
    private static final String PROJECT = "cordwood-it";
    private static final String PROJECT_LABEL = "label=com.docker.compose.project=" + PROJECT;
    private static final String SERVICE_LABEL = "com.docker.compose.service";
    /** Of the compose file beside this class that gives the nodes a network of their own. */
    private static final String RAFT_NETWORK = PROJECT + "_raft";
    /** From nothing, with all that Maven fetches. */
    static final Duration BUILD_TIMEOUT = Duration.ofMinutes(20);

    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    /** Seconds, above the 30 s that a node allows itself. */
    private static final String STOP_TIMEOUT = "40";

    private static final String LOGGED_LINES = "40";

    private final List<Path> files;

    private DockerCompose(List<Path> files) {
        this.files = List.copyOf(files);
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
        needEngine();
        var compose = new DockerCompose(files);
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
                .withTimeout(TIMEOUT.multipliedBy(2)));
    }

    /** Ends and removes the containers; their volumes stay. */
    void down() {
        succeed(command("down", "--timeout", STOP_TIMEOUT));
    }

    /** As an orchestrator does: SIGTERM, later SIGKILL. Returns what the node has printed in its life. */
    String stop(String service) {
        succeed(command("stop", "--timeout", STOP_TIMEOUT, service));
        return logOf(service);
    }

    void start(String service) {
        succeed(command("start", service));
    }

    /** As a crash: SIGKILL. The engine leaves alone what was killed through it. */
    void kill(String... services) {
        docker("kill", services);
    }

    /** The containers go without warning, their volumes stay. */
    void remove(String... services) {
        docker("rm --force", services);
    }

    /** Its processes stay, with their connections, and do nothing. */
    void pause(String service) {
        var pause = Command.of("docker", "pause", containerId(service));
        // The engine gives up where threads start faster than it freezes them, as on a busy machine.
        TestCluster.soon().until(() -> pause.run().exitCode() == 0);
    }

    void unpause(String service) {
        docker("unpause", service);
    }

    /** The other nodes do not reach it any more, nor it them; clients do. */
    void cutOff(String service) {
        succeed(Command.of("docker", "network", "disconnect", "--force", RAFT_NETWORK, containerId(service)));
    }

    void reconnect(String service) {
        // Names do not come back by themselves.
        succeed(Command.of(
                "docker",
                "network",
                "connect",
                "--alias",
                nameAmongNodes(service),
                RAFT_NETWORK,
                containerId(service)));
    }

    private static String nameAmongNodes(String service) {
        return service.replace('n', 'r');
    }

    /** What the node has printed in the life of its container. */
    String logOf(String service) {
        var log = Command.of("docker", "logs", containerId(service)).run();
        return log.out() + log.err();
    }

    /** Runs the command of the image in a container of the project's network; returns what it printed. */
    String cordwood(String input, String... arguments) {
        var words = new ArrayList<>(List.of("run", "--rm", "-T", "cli"));
        words.addAll(Arrays.asList(arguments));
        return succeed(command(words.toArray(String[]::new)).withInput(input));
    }

    /** Runs a command in a node's container. */
    Result exec(String service, String... command) {
        var words = new ArrayList<>(List.of("docker", "exec", containerId(service)));
        words.addAll(Arrays.asList(command));
        return Command.of(words.toArray(String[]::new)).run();
    }

    String inspect(String service, String format) {
        return succeed(Command.of("docker", "inspect", "--format", format, containerId(service)))
                .strip();
    }

    void awaitHealthy() {
        try {
            Awaitility.await()
                    .atMost(TestCluster.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> healthy().containsAll(NODES));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not all healthy: " + describe(), e);
        }
    }

    private static List<String> healthy() {
        return succeed(containers("--filter", "health=healthy", "--format", "{{.Label \"" + SERVICE_LABEL + "\"}}"))
                .lines()
                .toList();
    }

    /** What the last probes of each node printed, and the end of its log. */
    String describe() {
        var text = new StringBuilder();
        for (var id : succeed(containers("--all", "--quiet")).lines().toList()) {
            text.append(succeed(Command.of("docker", "inspect", "--format", "{{.Name}} {{json .State}}", id)));
            var log = Command.of("docker", "logs", "--tail", LOGGED_LINES, id).run();
            text.append(log.out()).append(log.err());
        }
        return text.toString();
    }

    private String containerId(String service) {
        var found = succeed(containers("--all", "--quiet", "--filter", "label=" + SERVICE_LABEL + "=" + service))
                .strip();
        assertThat(found).as("the container of " + service).isNotEmpty().doesNotContain("\n");
        return found;
    }

    /** Asks the engine, because compose takes a second for it, and lists stopped ones by one version only. */
    private static Command containers(String... options) {
        var words = new ArrayList<>(List.of("docker", "ps", "--filter", PROJECT_LABEL));
        words.addAll(Arrays.asList(options));
        return Command.of(words.toArray(String[]::new));
    }

    private void docker(String verb, String... services) {
        docker(verb, Arrays.stream(services).map(this::containerId).toList());
    }

    private static void docker(String verb, List<String> ids) {
        var words = new ArrayList<>(List.of("docker"));
        words.addAll(List.of(verb.split(" ")));
        words.addAll(ids);
        succeed(Command.of(words.toArray(String[]::new)).withTimeout(TIMEOUT));
    }

    /** By its labels, whichever files it was made of and whatever state it is in. */
    @Override
    public void close() {
        removeAll("rm --force --volumes", containers("--all", "--quiet"));
        removeAll("network rm", Command.of("docker", "network", "ls", "--quiet", "--filter", PROJECT_LABEL));
        removeAll("volume rm", Command.of("docker", "volume", "ls", "--quiet", "--filter", PROJECT_LABEL));
    }

    private static void removeAll(String verb, Command listing) {
        var ids = succeed(listing).lines().toList();
        if (!ids.isEmpty()) {
            docker(verb, ids);
        }
    }

    /** Compose on the project, which is to succeed. */
    String run(String... arguments) {
        return succeed(command(arguments));
    }

    private Command command(String... arguments) {
        var words = new ArrayList<>(List.of("docker", "compose", "-p", PROJECT));
        files.forEach(file -> words.addAll(List.of("-f", file.toString())));
        words.addAll(Arrays.asList(arguments));
        return Command.of(words.toArray(String[]::new)).withTimeout(TIMEOUT);
    }

    /** What a command that has to succeed printed. */
    static String succeed(Command command) {
        var result = command.run();
        assertThat(result.exitCode()).as("%s: %s", command.words(), result).isZero();
        return result.out();
    }

    private static void needEngine() {
        var path = Objects.requireNonNullElse(System.getenv("PATH"), "").split(":");
        if (Arrays.stream(path).noneMatch(directory -> Files.isExecutable(Path.of(directory, "docker")))) {
            doWithout("there is no docker on the PATH");
        }
        for (var command : List.of(Command.of("docker", "info"), Command.of("docker", "compose", "version"))) {
            var result = command.run();
            if (result.exitCode() != 0) {
                doWithout(String.join(" ", command.words()) + " failed: " + result);
            }
        }
    }

    private static void doWithout(String reason) {
        if (Boolean.parseBoolean(System.getenv(REQUIRED_VARIABLE))) {
            Assertions.fail(REQUIRED_VARIABLE + " is set, and " + reason);
        }
        Assumptions.abort(reason);
    }
}
