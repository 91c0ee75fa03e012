package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The commands of one block of the README, as people paste them into a shell, for nodes that listen elsewhere.
 *
 * <p>Invariant: but for addresses, and names that a test wants for itself, what runs is what stands there.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param functions shell functions that the block begins with, for each of its commands
 */
record ReadmeBlock(List<String> functions, List<String> commands) {
    private static final String CLIENT_ADDRESS = "localhost:9090";
    private static final String HTTP_ADDRESS = "localhost:8080";
    /** An error is the command's exit code, too, which people see without that. */
    private static final String CURL = "curl() { command curl --fail-with-body --max-time 60 \"$@\"; }";

    ReadmeBlock {
        functions = List.copyOf(functions);
        commands = List.copyOf(commands);
    }

    /** The block whose first line begins like this. */
    static ReadmeBlock beginningWith(String text) {
        var functions = new ArrayList<String>();
        var commands = new ArrayList<String>();
        var open = new StringBuilder();
        for (var line : block(text).split("\n")) {
            open.append(line).append('\n');
            if (isWhole(open.toString())) {
                var command = open.toString().strip();
                open.setLength(0);
                if (!command.startsWith("#")) {
                    (command.matches("(?s)\\w+\\(\\) .*") ? functions : commands).add(command);
                }
            }
        }
        assertThat(open).as("a command without an end").isEmpty();
        return new ReadmeBlock(functions, commands);
    }

    private static String block(String beginning) {
        try {
            var readme = Files.readString(Command.repositoryRoot().resolve("README.md"));
            int start = readme.indexOf("```sh\n" + beginning);
            assertThat(start).as("block that begins with " + beginning).isNotNegative();
            int first = readme.indexOf('\n', start) + 1;
            return readme.substring(first, readme.indexOf("```", first));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Quotes are closed, and nothing says that it goes on. */
    private static boolean isWhole(String command) {
        var stripped = command.strip();
        boolean quoted = !stripped.startsWith("#")
                && stripped.chars().filter(c -> c == '\'').count() % 2 == 1;
        return !quoted && !stripped.endsWith("\\") && !stripped.endsWith("|");
    }

    /** The same for a node at these addresses. */
    ReadmeBlock at(String clientAddress, String httpAddress) {
        return replaced(CLIENT_ADDRESS, clientAddress).replaced(HTTP_ADDRESS, httpAddress);
    }

    ReadmeBlock replaced(String text, String by) {
        return new ReadmeBlock(
                functions.stream().map(line -> line.replace(text, by)).toList(),
                commands.stream().map(line -> line.replace(text, by)).toList());
    }

    /** What the only command that holds this text prints, without white space; it must succeed. */
    String run(String holding, List<Path> tools) {
        var found =
                commands.stream().filter(command -> command.contains(holding)).toList();
        assertThat(found).as("commands with " + holding).hasSize(1);
        var script = String.join("\n", functions) + "\n" + CURL + "\n" + found.get(0);
        var path = new ArrayList<String>();
        tools.forEach(tool -> path.add(tool.toString()));
        path.add(Objects.requireNonNullElse(System.getenv("PATH"), ""));
        var result = Command.of("bash", "-euo", "pipefail", "-c", script)
                .withEnvironment("PATH", String.join(":", path))
                .run();
        assertThat(result.exitCode()).as("%s: %s", found.get(0), result).isZero();
        return result.out().replaceAll("\\s", "");
    }
}
