package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.ProducerRecord;
import io.cordwood.it.ForceCheck.Publish;
import io.cordwood.it.ForceCheck.Replica;
import io.cordwood.it.ForceLog.Force;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The page cache survives the end of a process, so no crash test can tell whether a record was forced. Flight recordings
 * of the servers can: they hold every force with file and time.
 */
class ForceBeforeAckIT {
    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 8;
    private static final int PUBLISHES = 96;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    void noAcknowledgementLeavesBeforeSegmentAndRaftLogAreForcedOnMajority() {
        var recorded = publishAndRecord();

        assertThat(recorded.everyNodeForced(Force::ofSegment)).isTrue();
        assertThat(recorded.everyNodeForced(Force::ofRaftLog)).isTrue();
        assertThat(recorded.violations()).isEmpty();
    }

    /** The check above is worth something only if it fails without the forces. */
    @Test
    @Tag("nightly")
    void checkFindsSegmentsThatAreNeverForced() {
        var recorded = publishAndRecord("--unsafe-flush");

        assertThat(recorded.everyNodeForced(Force::ofRaftLog)).isTrue();
        assertThat(recorded.violations()).hasSize(PUBLISHES);
    }

    /** What was published, and by partition the judge of its replicas. */
    private record Recorded(List<Publish> publishes, Map<Integer, ForceCheck> checks) {
        boolean everyNodeForced(java.util.function.Predicate<Force> kind) {
            return checks.values().stream().allMatch(check -> check.everyNodeForced(kind));
        }

        List<String> violations() {
            var byPartition = publishes.stream().collect(Collectors.groupingBy(Publish::partition));
            return byPartition.entrySet().stream()
                    .flatMap(entry ->
                            Objects.requireNonNull(checks.get(entry.getKey())).violations(entry.getValue()).stream())
                    .toList();
        }
    }

    private Recorded publishAndRecord(String... settings) {
        var cluster = clusters.of(3).withSettings(settings);
        cluster.withJvmOptions("-XX:StartFlightRecording:settings=" + settingsFile(cluster)
                        + ",filename=forces.jfr,dumponexit=true")
                .start();
        cluster.createTopic(TOPIC, PARTITIONS);
        var publishes = publishOneByOne(cluster);
        var directories = new TreeMap<Integer, List<SegmentFiles>>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            var of = partition;
            directories.put(
                    partition,
                    cluster.nodeIds().stream()
                            .map(node -> cluster.replica(node, TOPIC, of))
                            .toList());
        }
        cluster.stopAll();
        return new Recorded(publishes, checks(cluster, directories));
    }

    /** In turns over the partitions, so that a partition's publishes lie further apart than clocks may differ. */
    private static List<Publish> publishOneByOne(TestCluster cluster) {
        var publishes = new ArrayList<Publish>();
        try (var producer = cluster.client().producer().linger(Duration.ZERO).open()) {
            for (int i = 0; i < PUBLISHES; i++) {
                var record = new ProducerRecord(
                        TOPIC, i % PARTITIONS, null, ("order " + i).getBytes(StandardCharsets.UTF_8));
                var sent = Instant.now();
                var place = producer.send(record).join();
                publishes.add(new Publish(place.partition(), place.offset(), sent, Instant.now()));
            }
        }
        return publishes;
    }

    private static Map<Integer, ForceCheck> checks(TestCluster cluster, Map<Integer, List<SegmentFiles>> directories) {
        var logs = cluster.nodeIds().stream()
                .map(node -> ForceLog.read(cluster.nodeDirectory(node).resolve("forces.jfr")))
                .toList();
        var checks = new TreeMap<Integer, ForceCheck>();
        directories.forEach((partition, replicas) -> {
            var judged = new ArrayList<Replica>();
            for (int i = 0; i < replicas.size(); i++) {
                int node = cluster.nodeIds().get(i);
                var directory = replicas.get(i).directory();
                judged.add(new Replica(
                        node, logs.get(i), directory, raftDirectory(cluster.dataDirectory(node), directory)));
            }
            checks.put(partition, new ForceCheck(judged));
        });
        return checks;
    }

    /** The Raft group whose id stands in the partition's group file. */
    private static Path raftDirectory(Path dataDirectory, Path partitionDirectory) {
        try (var groups = Files.list(dataDirectory.resolve("raft"))) {
            var record = latin1(Files.readAllBytes(partitionDirectory.resolve("group")));
            return groups.filter(group -> record.contains(
                            latin1(bytes(UUID.fromString(group.getFileName().toString())))))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static Path settingsFile(TestCluster cluster) {
        var file = cluster.directory().resolve("file-forces.jfc");
        try (InputStream settings = ForceBeforeAckIT.class.getResourceAsStream("/file-forces.jfc")) {
            Files.copy(Objects.requireNonNull(settings), file);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
