package io.cordwood.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;

/**
 * Command line tools of others, fetched into the module's build directory on first use:
 * {@link Requirement#FOREIGN_TOOLS}.
 *
 * <p><b>Thread:</b> the test's.
 */
public final class ForeignTools {
    private static final String GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3";
    private static final String BUF = "@bufbuild/buf@1.75.0";
    /** Building a Go program from nothing takes minutes on a small machine. */
    private static final Duration INSTALL_TIMEOUT = Duration.ofMinutes(8);

    private ForeignTools() {}

    static Path grpcurl() {
        var tool = tools().resolve("grpcurl");
        if (!Files.isExecutable(tool)) {
            need("go");
            install(tool, Command.of("go", "install", GRPCURL).withEnvironment("GOBIN", tools().toString()));
        }
        return tool;
    }

    static Path buf() {
        var tool = tools().resolve("buf/node_modules/.bin/buf");
        if (!Files.isExecutable(tool)) {
            need("npm");
            install(
                    tool,
                    Command.of(
                            "npm",
                            "install",
                            "--no-save",
                            "--no-audit",
                            "--no-fund",
                            "--prefix",
                            tools().resolve("buf").toString(),
                            BUF));
        }
        return tool;
    }

    private static Path tools() {
        return Command.repositoryRoot().resolve("integration-tests/target/tools");
    }

    /** Goes on where there is a program of this name on the PATH. */
    static void need(String program) {
        if (!isThere(program)) {
            Requirement.FOREIGN_TOOLS.isMissing("there is no " + program + " on the PATH");
        }
    }

    public static boolean isThere(String program) {
        return Arrays.stream(
                        Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private static void install(Path tool, Command command) {
        var result = command.withTimeout(INSTALL_TIMEOUT).run();
        if (result.exitCode() != 0 || !Files.isExecutable(tool)) {
            Requirement.FOREIGN_TOOLS.isMissing(String.join(" ", command.words()) + " failed: " + result);
        }
    }
}
