package io.cordwood.it;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the README says to type works as it stands there, by tools that know nothing of us. */
class ReadmeIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static @Nullable TestCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(3).start();
    }

    @Test
    void commandsOfGrpcurl() {
        tour(ReadmeTour.byGrpcurl(), 1);
    }

    @Test
    @Tag("nightly")
    void commandsOfGrpcurlSaidToBuf() {
        tour(ReadmeTour.byBuf(), 2);
    }

    @Test
    void commandsOfCurl() {
        tour(ReadmeTour.byCurl(), 3);
    }

    private static void tour(ReadmeTour tour, int node) {
        var there = Objects.requireNonNull(cluster);
        tour.run(
                there.clientAddress(node),
                there.httpAddress(node),
                () -> TestCluster.soon().until(() -> there.isBalanced(tour.topic())));
    }
}
