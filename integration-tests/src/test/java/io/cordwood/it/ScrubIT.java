package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Bits change in the segment files of nodes that run: found, refused, and repaired from the other nodes,
 * without a person.
 */
class ScrubIT {
    private static final String TOPIC = "events";
    /** Position in a segment right behind the header of its first batch. */
    private static final int IN_FIRST_RECORD = 65;
    /** Where that holds one short record. */
    private static final int IN_SECOND_HEADER = 100;

    private static final String REFUSED = "readers are refused offsets";
    private static final String REPAIRED = "the wrong file is kept as";

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    void rotUnderLoadIsFoundRefusedAndRepaired() {
        var cluster = clusters.of(3)
                .withSettings("--scrub.interval=1s", "--log.segment-max-bytes=256KiB", "--batch.max-bytes=256KiB")
                .start();
        cluster.createTopic(TOPIC, 2);
        try (var load = Load.start(cluster, TOPIC, 3)) {
            load.awaitMore(3_000);
            int leader = cluster.leaderOf(TOPIC, 0);
            int follower = otherThan(cluster, cluster.leaderOf(TOPIC, 1));
            var oldest = cluster.replica(leader, TOPIC, 0).files().get(0);
            for (var file : List.of(oldest, newest(cluster, leader, 0), newest(cluster, follower, 1))) {
                FileHarm.FLIPPED.doTo(file, IN_FIRST_RECORD);
            }

            TestCluster.soon().until(() -> count(cluster, REPAIRED) >= 3);

            assertThat(count(cluster, REFUSED)).isGreaterThanOrEqualTo(3);
            load.awaitMore(500);
            assertThat(load.finish().violations(cluster.readAll(TOPIC))).isEmpty();
        }
        cluster.assertReplicasIdentical(TOPIC);
    }

    /**
     * Nobody publishes, so nothing but the repair would ever seal the file; and no pass is due for days: it is
     * the reader that wakes it.
     */
    @Test
    @Tag("nightly")
    void readerOfQuietPartitionsGetsWhatRottedOnTheirLeaders() {
        var cluster = clusters.of(3).start();
        cluster.createTopic(TOPIC, 2);
        var values = IntStream.range(0, 50).mapToObj(i -> "value " + i).toArray(String[]::new);
        cluster.publish(TOPIC, 0, values);
        cluster.publish(TOPIC, 1, values);
        cluster.awaitSettled(TOPIC);
        FileHarm.FLIPPED.doTo(newest(cluster, cluster.leaderOf(TOPIC, 0), 0), IN_FIRST_RECORD);
        FileHarm.FLIPPED.doTo(newest(cluster, cluster.leaderOf(TOPIC, 1), 1), IN_SECOND_HEADER);

        var read = cluster.readAll(TOPIC);

        assertThat(read)
                .filteredOn(record -> record.partition() == 0)
                .extracting(record -> new String(record.value(), StandardCharsets.UTF_8))
                .containsExactly(values);
        assertThat(read).hasSize(2 * values.length);
        assertThat(count(cluster, REPAIRED)).isEqualTo(2);
        cluster.assertReplicasIdentical(TOPIC);
    }

    /** With more than a batch's header in it: one that was begun just now may be empty. */
    private static Path newest(TestCluster cluster, int node, int partition) {
        List<Path> files = cluster.replica(node, TOPIC, partition).files();
        return files.stream()
                .filter(file -> file.toFile().length() > IN_SECOND_HEADER)
                .reduce((older, newer) -> newer)
                .orElseThrow();
    }

    private static int otherThan(TestCluster cluster, int leader) {
        return cluster.nodeIds().stream()
                .filter(node -> node != leader)
                .findFirst()
                .orElseThrow();
    }

    private static long count(TestCluster cluster, String words) {
        return cluster.nodeIds().stream()
                .flatMap(node -> cluster.logOf(node).lines())
                .filter(line -> line.contains(words))
                .count();
    }
}
