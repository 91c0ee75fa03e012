package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.ListContainersCmd;
import com.github.dockerjava.api.exception.InternalServerErrorException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerNetwork;
import io.cordwood.it.Command.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.ExecInContainerPattern;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.output.OutputFrame.OutputType;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.DockerStatus;
import org.testcontainers.utility.LogUtils;

/**
 * The containers of one compose project, each by itself, with their networks and volumes: what befalls
 * them, and how they are. Compose is not asked, because nothing of this is in its file.
 *
 * <p>A service's container is looked up by its labels at each call, because compose makes it anew at times.
 *
 * <p><b>Thread:</b> the test's.
 */
final class ProjectContainers {
    private static final String PROJECT_LABEL = "com.docker.compose.project";
    private static final String SERVICE_LABEL = "com.docker.compose.service";
    /** Above the 30 s that a node allows itself. */
    private static final int STOP_TIMEOUT_SECONDS = 40;

    private static final int LOGGED_LINES = 40;

    private final DockerClient engine;
    private final String project;

    ProjectContainers(DockerClient engine, String project) {
        this.engine = engine;
        this.project = project;
    }

    /** As an orchestrator does: SIGTERM, later SIGKILL. Returns what the node has printed in its life. */
    String stop(String service) {
        engine.stopContainerCmd(idOf(service)).withTimeout(STOP_TIMEOUT_SECONDS).exec();
        return logOf(service);
    }

    void start(String service) {
        engine.startContainerCmd(idOf(service)).exec();
    }

    /** As a crash: SIGKILL, for all of them at once. The engine leaves alone what was killed through it. */
    void kill(String... services) {
        var kills = Arrays.stream(services)
                .map(this::idOf)
                .map(id -> CompletableFuture.runAsync(
                        () -> engine.killContainerCmd(id).exec(), kill -> new Thread(kill, "kill").start()))
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(kills).join();
    }

    /** The container goes without warning, its volume stays. */
    void remove(String service) {
        engine.removeContainerCmd(idOf(service)).withForce(true).exec();
    }

    /** Its processes stay, with their connections, and do nothing. */
    void pause(String service) {
        var id = idOf(service);
        // The engine gives up where threads start faster than it freezes them, as on a busy machine.
        TestCluster.soon()
                .ignoreExceptionsInstanceOf(InternalServerErrorException.class)
                .untilAsserted(() -> engine.pauseContainerCmd(id).exec());
    }

    void unpause(String service) {
        engine.unpauseContainerCmd(idOf(service)).exec();
    }

    void disconnect(String service, String network) {
        engine.disconnectFromNetworkCmd()
                .withNetworkId(network)
                .withContainerId(idOf(service))
                .withForce(true)
                .exec();
    }

    /** With its name there, which does not come back by itself. */
    void connect(String service, String network, String alias) {
        engine.connectToNetworkCmd()
                .withNetworkId(network)
                .withContainerId(idOf(service))
                .withContainerNetwork(new ContainerNetwork().withAliases(alias))
                .exec();
    }

    InspectContainerResponse inspect(String service) {
        return engine.inspectContainerCmd(idOf(service)).exec();
    }

    /** Runs a command in a node's container. */
    Result exec(String service, String... command) {
        try {
            var result = ExecInContainerPattern.execInContainer(engine, inspect(service), command);
            return new Result(result.getExitCode(), result.getStdout(), result.getStderr());
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + String.join(" ", command), e);
        }
    }

    /** What the node has printed in the life of its container. */
    String logOf(String service) {
        return LogUtils.getOutput(engine, idOf(service));
    }

    void awaitHealthy(List<String> services) {
        try {
            Awaitility.await()
                    .atMost(TestCluster.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> healthy().containsAll(services));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not all healthy: " + describe(), e);
        }
    }

    private List<String> healthy() {
        return list().withFilter("health", List.of("healthy")).exec().stream()
                .map(ProjectContainers::serviceOf)
                .toList();
    }

    /** How each container is, what the last probes of it printed, and the end of its log. */
    String describe() {
        var text = new StringBuilder();
        for (var container : all()) {
            var found = engine.inspectContainerCmd(container.getId()).exec();
            text.append(found.getName()).append(' ').append(found.getState()).append('\n');
            var log = LogUtils.getOutput(engine, container.getId()).lines().toList();
            log.stream()
                    .skip(Math.max(0, log.size() - LOGGED_LINES))
                    .forEach(line -> text.append(line).append('\n'));
        }
        return text.toString();
    }

    /**
     * A container beside those that compose made: runs the image to its end. It is of the project, too, so
     * that it goes with it where the test is cut off.
     */
    Result run(String image, Map<String, String> environment) {
        try (var container = new GenericContainer<>(DockerImageName.parse(image))
                .withImagePullPolicy(name -> false)
                .withLabel(PROJECT_LABEL, project)
                .withEnv(environment)
                .withStartupCheckStrategy(new HasEnded().withTimeout(TestCluster.PATIENCE))) {
            container.start();
            var state = engine.inspectContainerCmd(container.getContainerId())
                    .exec()
                    .getState();
            return new Result(
                    Math.toIntExact(state.getExitCodeLong()),
                    container.getLogs(OutputType.STDOUT),
                    container.getLogs(OutputType.STDERR));
        }
    }

    /** However it ended: what the exit code should be is the test's to say. */
    private static final class HasEnded extends StartupCheckStrategy {
        @Override
        public StartupStatus checkStartupState(DockerClient client, String containerId) {
            return DockerStatus.isContainerStopped(getCurrentState(client, containerId))
                    ? StartupStatus.SUCCESSFUL
                    : StartupStatus.NOT_YET_KNOWN;
        }
    }

    /** All of the project, by its label: whichever files it was made of, and whatever state it is in. */
    void removeAll() {
        all().forEach(container -> engine.removeContainerCmd(container.getId())
                .withForce(true)
                .withRemoveVolumes(true)
                .exec());
        engine.listNetworksCmd()
                .withFilter("label", List.of(projectLabel()))
                .exec()
                .forEach(network -> engine.removeNetworkCmd(network.getId()).exec());
        var volumes = engine.listVolumesCmd()
                .withFilter("label", List.of(projectLabel()))
                .exec()
                .getVolumes();
        // Some engines say null for none.
        if (volumes != null) {
            volumes.forEach(volume -> engine.removeVolumeCmd(volume.getName()).exec());
        }
    }

    private String idOf(String service) {
        var found = all().stream()
                .filter(container -> service.equals(serviceOf(container)))
                .toList();
        assertThat(found).as("containers of " + service).hasSize(1);
        return found.get(0).getId();
    }

    private static @Nullable String serviceOf(Container container) {
        return container.getLabels().get(SERVICE_LABEL);
    }

    private List<Container> all() {
        return list().withShowAll(true).exec();
    }

    private ListContainersCmd list() {
        return engine.listContainersCmd().withLabelFilter(List.of(projectLabel()));
    }

    private String projectLabel() {
        return PROJECT_LABEL + "=" + project;
    }
}
