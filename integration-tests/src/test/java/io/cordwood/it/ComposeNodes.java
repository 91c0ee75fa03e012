package io.cordwood.it;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The project of the compose file for the length of a test, or of a test class; its containers are the
 * test's to start. After a failure it prints what they said.
 *
 * <p><b>Thread:</b> the test's.
 */
final class ComposeNodes implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private final boolean ofClass;
    private final Supplier<DockerCompose> project;
    private @Nullable DockerCompose compose;
    private boolean failed;

    private ComposeNodes(boolean ofClass, Supplier<DockerCompose> project) {
        this.ofClass = ofClass;
        this.project = project;
    }

    /** For an instance field: the containers live as long as one test. */
    static ComposeNodes ofTest(Supplier<DockerCompose> project) {
        return new ComposeNodes(false, project);
    }

    /** For a static field: the containers are shared by the tests of a class. */
    static ComposeNodes ofClass(Supplier<DockerCompose> project) {
        return new ComposeNodes(true, project);
    }

    DockerCompose compose() {
        return Objects.requireNonNull(compose);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        compose = project.get();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        if (!ofClass) {
            compose = project.get();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        failed |= context.getExecutionException().isPresent();
        if (!ofClass) {
            end();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        failed |= context.getExecutionException().isPresent();
        end();
    }

    private void end() {
        if (compose == null) {
            return;
        }
        if (failed) {
            System.err.println(compose.containers().describe());
        }
        compose.close();
        compose = null;
    }
}
