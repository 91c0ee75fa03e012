package io.cordwood.it;

import com.github.dockerjava.api.DockerClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;

/**
 * The container engine of this machine: the docker command, which runs compose, and Testcontainers, which
 * does all else, have to reach the same one: {@link Requirement#CONTAINERS}.
 *
 * <p><b>Thread:</b> the test's.
 */
final class ContainerEngine {
    private ContainerEngine() {}

    /** Its API; ends the test where there is none. */
    static DockerClient need() {
        obstacle().ifPresent(Requirement.CONTAINERS::isMissing);
        return DockerClientFactory.instance().client();
    }

    private static Optional<String> obstacle() {
        var path = Objects.requireNonNullElse(System.getenv("PATH"), "").split(":");
        if (Arrays.stream(path).noneMatch(directory -> Files.isExecutable(Path.of(directory, "docker")))) {
            return Optional.of("there is no docker on the PATH");
        }
        // First, because Testcontainers tells of a search in vain in a page of errors.
        for (var command : List.of(Command.of("docker", "info"), Command.of("docker", "compose", "version"))) {
            var result = command.run();
            if (result.exitCode() != 0) {
                return Optional.of(String.join(" ", command.words()) + " failed: " + result);
            }
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return Optional.of("Testcontainers does not find the engine of the docker command");
        }
        return differentEngines();
    }

    /** A context of the docker command may lead to another machine. */
    private static Optional<String> differentEngines() {
        var ofCommand =
                Command.of("docker", "info", "--format", "{{.ID}}").run().out();
        var ofTestcontainers =
                DockerClientFactory.instance().client().infoCmd().exec().getId();
        return ofCommand.strip().equals(ofTestcontainers)
                ? Optional.empty()
                : Optional.of("the docker command and Testcontainers reach different engines; set DOCKER_HOST");
    }
}
