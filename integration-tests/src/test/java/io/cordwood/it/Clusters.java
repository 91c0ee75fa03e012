package io.cordwood.it;

import io.cordwood.cli.local.NodePorts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Ends the clusters of a test, or of a test class, and deletes their directories; after a failure it keeps and prints them.
 *
 * <p><b>Thread:</b> the test's.
 */
final class Clusters implements AfterEachCallback, AfterAllCallback {
    private final boolean ofClass;
    private final List<TestCluster> open = new ArrayList<>();
    private boolean failed;

    private Clusters(boolean ofClass) {
        this.ofClass = ofClass;
    }

    /** For an instance field: clusters live as long as one test. */
    static Clusters ofTest() {
        return new Clusters(false);
    }

    /** For a static field: clusters are shared by the tests of a class. */
    static Clusters ofClass() {
        return new Clusters(true);
    }

    TestCluster of(int nodes) {
        return at(TestCluster.freePorts(nodes));
    }

    /** For nodes that have data already: a node keeps its address for life. */
    TestCluster at(List<NodePorts> ports) {
        var cluster = TestCluster.of(ports);
        open.add(cluster);
        return cluster;
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
        for (var cluster : open) {
            if (failed) {
                cluster.keepFiles();
            }
            cluster.close();
        }
        open.clear();
    }
}
