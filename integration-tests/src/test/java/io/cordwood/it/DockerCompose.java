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
 * <p>Invariant: after {@link #close} nothing of the project is left, its volumes included.
 *
 * <p><b>Thread:</b> the test's.
 */
final class DockerCompose implements AutoCloseable {
    private static final String REQUIRED_VARIABLE = "CONTAINERS_REQUIRED";
    /** An image that was built before; the compose file reads it, too. */
    private static final String IMAGE_VARIABLE = "CORDWOOD_IMAGE";

    private static final String DEFAULT_IMAGE = "cordwood:latest";
    /** From nothing, with all that Maven fetches. */
    private static final Duration BUILD_TIMEOUT = Duration.ofMinutes(20);

    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    /** Seconds, above the 30 s that a node allows itself. */
    private static final String STOP_TIMEOUT = "40";

    private static final String LOGGED_LINES = "40";

    private final String project;

    private DockerCompose(String project) {
        this.project = project;
    }

    /** A project of which nothing is left from before; its image is there. */
    static DockerCompose of(String project) {
        needEngine();
        var compose = new DockerCompose(project);
        compose.close();
        if (System.getenv(IMAGE_VARIABLE) == null) {
            succeed(compose.command("build").withTimeout(BUILD_TIMEOUT));
        }
        return compose;
    }

    static String image() {
        return Objects.requireNonNullElse(System.getenv(IMAGE_VARIABLE), DEFAULT_IMAGE);
    }

    /** Makes and starts all nodes, and waits for none. */
    void up() {
        succeed(command("up", "-d", "--no-build"));
    }

    /** Ends and removes the containers; their volumes stay. */
    void down() {
        succeed(command("down", "--timeout", STOP_TIMEOUT));
    }

    /** As an orchestrator does: SIGTERM, later SIGKILL. Returns what the node has printed in its life. */
    String stop(String service) {
        var id = containerId(service);
        succeed(command("stop", "--timeout", STOP_TIMEOUT, service));
        var log = Command.of("docker", "logs", id).run();
        return log.out() + log.err();
    }

    void start(String service) {
        succeed(command("start", service));
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

    void awaitHealthy(String... services) {
        try {
            Awaitility.await()
                    .atMost(TestCluster.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> Arrays.stream(services).allMatch(this::isHealthy));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not all healthy: " + describe(services), e);
        }
    }

    private boolean isHealthy(String service) {
        return inspect(service, "{{.State.Health.Status}}").equals("healthy");
    }

    /** What the last probes of each node printed, and the end of its log. */
    private String describe(String... services) {
        var text = new StringBuilder();
        for (var service : services) {
            text.append(service).append(": ").append(inspect(service, "{{json .State.Health}}"));
        }
        return text.append(succeed(command("logs", "--no-color", "--tail", LOGGED_LINES)))
                .toString();
    }

    private String containerId(String service) {
        return succeed(command("ps", "-q", service)).strip();
    }

    @Override
    public void close() {
        succeed(command("down", "--timeout", STOP_TIMEOUT, "--volumes", "--remove-orphans"));
    }

    private Command command(String... arguments) {
        var file = Command.repositoryRoot().resolve("docker/compose.yaml").toString();
        var words = new ArrayList<>(List.of("docker", "compose", "-p", project, "-f", file));
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
