package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.local.ServerArchive;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Servers start with their classes from the archive beside their jars. */
class ServerArchiveIT {
    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    void serverTakesItsClassesFromTheArchive() throws IOException {
        // Another test process may be making it.
        TestCluster.soon().until(() -> ServerArchive.prepare(line -> {}));
        var cluster = clusters.of(1);
        var loaded = cluster.directory().resolve("classes.log");

        cluster.withJvmOptions("-Xlog:class+load:file=" + loaded).start();

        assertThat(Files.readAllLines(loaded))
                .anyMatch(line -> line.contains("io.cordwood.server.CordwoodServer source: shared objects file"))
                .anyMatch(line ->
                        line.contains("org.apache.ratis.server.impl.RaftServerImpl source: shared objects file"));
    }
}
