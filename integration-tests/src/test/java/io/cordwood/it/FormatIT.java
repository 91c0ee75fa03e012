package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordHeader;
import io.cordwood.cli.local.NodePorts;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.NewTopic;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every data directory that a release has written opens for ever. Each {@code format/<version>/data.zip} is what one node held
 * when it was killed: checkpoints with entries behind them in the raft logs, compacted and trimmed partitions, the index.
 *
 * <p>Never write an old one again. A change of format adds a version; {@code -Dformat.write=FILE} writes one.
 */
class FormatIT {
    private static final String PLAIN = "plain";
    private static final String TRIMMED = "trimmed";
    private static final String COMPACTED = "compacted";
    private static final int ROUNDS = 40;
    private static final int KEYS = 10;
    private static final int TRIMMED_BELOW = 150;
    /** Records must outlive the years: none expires. */
    private static final Map<String, String> KEPT = Map.of("retention.ms", "-1", "segment.bytes", "4096");

    private static final Map<String, String> LAST_PER_KEY = Map.of(
            "cleanup.policy", "compact",
            "min.cleanable.dirty.ratio", "0.1",
            "segment.bytes", "4096");
    /** The node's for life; no other test uses them. */
    private static final List<NodePorts> PORTS = List.of(new NodePorts(7390, 7391, 7392));

    private static final List<Compression> CODECS = List.of(Compression.values());
    private static final long FIRST_TIMESTAMP = 1_700_000_000_000L;

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v2"})
    void dataDirectoryOpensAndGoesOn(String version) throws Exception {
        var cluster = clusters.at(PORTS);
        unzip(version, cluster.dataDirectory(1));

        cluster.start();

        assertHolds(cluster, 0);
        publish(cluster, ROUNDS, 1);
        cluster.killAll();
        cluster.restartAll();
        assertHolds(cluster, 1);
    }

    private static void assertHolds(TestCluster cluster, int moreRounds) {
        int rounds = ROUNDS + moreRounds;
        var expected = expected(rounds);
        assertThat(texts(cluster.readAll(PLAIN))).isEqualTo(expected);
        assertThat(cluster.readAll(PLAIN)).allSatisfy(FormatIT::assertHeadersAndTime);
        assertThat(texts(cluster.readAll(TRIMMED))).isEqualTo(expected.subList(TRIMMED_BELOW, expected.size()));
        var compacted = cluster.readAll(COMPACTED);
        assertThat(compacted).hasSizeLessThan(rounds * KEYS / 2);
        assertThat(newest(compacted)).isEqualTo(newest(rounds));
        assertThat(cluster.admin().topicConfig(COMPACTED))
                .anyMatch(setting -> setting.key().equals("cleanup.policy")
                        && setting.value().equals("compact"));
        var at = cluster.admin().partitions(COMPACTED).get(0).replicas().get(0).compaction();
        assertThat(at)
                .hasValueSatisfying(
                        found -> assertThat(found.compactedEndOffset()).isPositive());
    }

    private static void assertHeadersAndTime(ConsumedRecord record) {
        assertThat(record.timestampMs()).isEqualTo(FIRST_TIMESTAMP + record.offset());
        assertThat(record.headers()).containsExactly(new RecordHeader("offset", bytes(Long.toString(record.offset()))));
    }

    /** Each round holds every key once. */
    private static void publish(TestCluster cluster, int firstRound, int rounds) {
        for (int round = firstRound; round < firstRound + rounds; round++) {
            var codec = CODECS.get(round % CODECS.size());
            try (var producer = cluster.client().producer().compression(codec).open()) {
                for (int key = 0; key < KEYS; key++) {
                    long offset = (long) round * KEYS + key;
                    for (var topic : List.of(PLAIN, TRIMMED, COMPACTED)) {
                        var record = new ProducerRecord(
                                topic,
                                0,
                                bytes("key " + key),
                                bytes(value(round, key)),
                                List.of(new RecordHeader("offset", bytes(Long.toString(offset)))),
                                FIRST_TIMESTAMP + offset);
                        producer.send(record).join();
                    }
                }
            }
        }
    }

    private static String value(int round, int key) {
        return "round " + round + " of key " + key + " " + "x".repeat(100);
    }

    private static List<String> expected(int rounds) {
        var values = new ArrayList<String>();
        for (int round = 0; round < rounds; round++) {
            for (int key = 0; key < KEYS; key++) {
                values.add(value(round, key));
            }
        }
        return values;
    }

    private static Map<String, String> newest(int rounds) {
        var newest = new TreeMap<String, String>();
        for (int key = 0; key < KEYS; key++) {
            newest.put("key " + key, value(rounds - 1, key));
        }
        return newest;
    }

    private static Map<String, String> newest(List<ConsumedRecord> records) {
        var newest = new TreeMap<String, String>();
        records.forEach(record ->
                newest.put(Objects.requireNonNull(record.keyText()), Objects.requireNonNull(record.valueText())));
        return newest;
    }

    private static List<String> texts(List<ConsumedRecord> records) {
        return records.stream()
                .map(record -> Objects.requireNonNull(record.valueText()))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    @EnabledIfSystemProperty(named = "format.write", matches = ".+")
    void writesADataDirectory() throws Exception {
        var cluster = clusters.at(PORTS)
                .withSettings("--raft.segment-max-bytes=8192", "--raft.preserved-entries=0")
                .start();
        for (var topic : List.of(PLAIN, TRIMMED)) {
            cluster.admin()
                    .createTopic(
                            NewTopic.of(topic).withPartitions(1).withReplicas(1).withConfig(KEPT));
        }
        cluster.admin()
                .createTopic(
                        NewTopic.of(COMPACTED).withPartitions(1).withReplicas(1).withConfig(LAST_PER_KEY));
        publish(cluster, 0, ROUNDS - 1);
        cluster.admin().trim(TRIMMED, 0, StartPoint.offset(TRIMMED_BELOW));
        TestCluster.soon()
                .until(() -> cluster.replica(1, COMPACTED, 0).files().stream()
                        .anyMatch(file -> SegmentFiles.generation(file) > 0));
        TestCluster.soon()
                .until(() -> cluster.admin().partitions(COMPACTED).get(0).replicas().stream()
                        .flatMap(replica -> replica.compaction().stream())
                        .allMatch(compaction -> !compaction.running()));
        cluster.stopAll(); // checkpoints of all
        cluster.restartAll();
        publish(cluster, ROUNDS - 1, 1); // is in the raft logs only
        cluster.killAll();
        zip(cluster.dataDirectory(1), Path.of(System.getProperty("format.write")));
    }

    private static void zip(Path directory, Path file) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(file));
                var paths = Files.walk(directory)) {
            for (var path : paths.sorted().toList()) {
                var name = directory.relativize(path).toString();
                if (name.isEmpty() || path.getFileName().toString().startsWith("LOG")) {
                    continue; // what RocksDB says to people
                }
                zip.putNextEntry(new ZipEntry(Files.isDirectory(path) ? name + "/" : name));
                if (Files.isRegularFile(path)) {
                    Files.copy(path, zip);
                }
                zip.closeEntry();
            }
        }
    }

    private static void unzip(String version, Path directory) throws IOException {
        try (var zip = new ZipInputStream(Objects.requireNonNull(
                FormatIT.class.getResourceAsStream("/format/" + version + "/data.zip"), "no fixture of " + version))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                var path = directory.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(zip, path);
                }
            }
        }
    }
}
