package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordHeader;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.RecordMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Kafka's own code reads what the cluster has written: the same records, byte by byte. */
class KafkaJudgeIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 3;
    private static final int RECORDS_PER_CODEC = 300;
    private static final List<RecordMetadata> PLACES = new ArrayList<>();
    private static @Nullable TestCluster cluster;

    @BeforeAll
    static void writeWithEveryCodec() {
        cluster = CLUSTERS.of(3)
                .withSettings(
                        "--log.segment-max-bytes=16KiB", "--batch.max-bytes=16KiB", "--log.index-interval-bytes=4KiB")
                .start();
        cluster().createTopic(TOPIC, PARTITIONS);
        for (var codec : Compression.values()) {
            writeWith(codec);
        }
        cluster().awaitSettled(TOPIC);
    }

    @Test
    void dumpLogSegmentsReadsEverySegmentOfEveryNode() {
        for (int node : cluster().nodeIds()) {
            var segments = segmentsOf(node);
            var dumped = dump(segments);

            assertThat(segments).hasSizeGreaterThan(PARTITIONS);
            assertThat(dumped.exitCode()).as(dumped.toString()).isZero();
            assertThat(complaints(dumped)).isEmpty();
            assertThat(dumped.out())
                    .doesNotContain("isvalid: false", "Found timestamp mismatch", "invalid", "Exception");
            assertThat(dumped.out().lines().filter(line -> line.startsWith("Dumping")))
                    .hasSize(segments.size());
            assertThat(dumped.out().lines().filter(line -> line.startsWith("| offset:")))
                    .hasSize(PLACES.size());
            assertThat(Stream.of("none", "gzip", "snappy", "lz4", "zstd"))
                    .allSatisfy(codec -> assertThat(dumped.out()).contains("compresscodec: " + codec));
        }
    }

    @Test
    void kafkaClientsReadTheSameRecordsFromTheFiles() throws IOException {
        var ours = new TreeMap<String, String>();
        for (var record : cluster().readAll(TOPIC)) {
            ours.put(record.partition() + "@" + record.offset(), describe(record));
        }

        for (int node : cluster().nodeIds()) {
            var theirs = new TreeMap<String, String>();
            var codecs = new TreeMap<CompressionType, Integer>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                for (var batch : kafkaBatches(node, partition)) {
                    batch.ensureValid();
                    codecs.merge(batch.compressionType(), 1, Integer::sum);
                    for (var record : batch) {
                        theirs.put(partition + "@" + record.offset(), describe(record));
                    }
                }
            }
            assertThat(theirs).hasSize(PLACES.size()).isEqualTo(ours);
            assertThat(codecs).containsOnlyKeys(CompressionType.values());
        }
    }

    @Test
    void keysAreInThePartitionWhereKafkaPutsThem() {
        var records = cluster().readAll(TOPIC);

        assertThat(records)
                .filteredOn(record -> record.key() != null)
                .hasSizeGreaterThan(1_000)
                .allSatisfy(record -> assertThat(record.partition())
                        .isEqualTo(
                                BuiltInPartitioner.partitionForKey(Objects.requireNonNull(record.key()), PARTITIONS)));
    }

    private static void writeWith(Compression codec) {
        try (var producer = cluster()
                .client()
                .producer()
                .compression(codec)
                .batchBytes(8 << 10)
                .linger(Duration.ofMillis(20))
                .open()) {
            var sent = new ArrayList<CompletableFuture<RecordMetadata>>();
            for (int i = 0; i < RECORDS_PER_CODEC; i++) {
                sent.add(producer.send(record(codec, i)));
            }
            sent.forEach(place -> PLACES.add(place.join()));
        }
    }

    /** Every eleventh without a key, every seventh without a value, and none to three headers, one without a value. */
    private static ProducerRecord record(Compression codec, int i) {
        var key = i % 11 == 0 ? null : utf8("customer-" + i);
        var value = i % 7 == 0 ? null : utf8(codec + " order " + i + " apples".repeat(i % 20));
        var headers = List.of(
                        new RecordHeader("trace", utf8("id-" + i)),
                        new RecordHeader("empty", null),
                        new RecordHeader("trace", new byte[0]))
                .subList(0, i % 4);
        return new ProducerRecord(TOPIC, null, key, value, headers, null);
    }

    private static List<Path> segmentsOf(int node) {
        return Stream.iterate(0, partition -> partition + 1)
                .limit(PARTITIONS)
                .flatMap(partition -> cluster().replica(node, TOPIC, partition).files().stream())
                .toList();
    }

    private static Command.Result dump(List<Path> segments) {
        var files = String.join(",", segments.stream().map(Path::toString).toList());
        return Command.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", // snappy's library; a newer JDK warns of it else
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.apache.kafka.tools.DumpLogSegments",
                        "--deep-iteration",
                        "--print-data-log",
                        "--files",
                        files)
                .run();
    }

    /** The tool finds fault with the first offset of every segment but the first, also with those of a Kafka broker. */
    private static List<String> complaints(Command.Result dumped) {
        return dumped.err()
                .lines()
                .filter(line -> !line.startsWith("SLF4J") && !line.startsWith("Non-consecutive offsets in "))
                .filter(line -> !line.startsWith("  -1 is followed by "))
                .toList();
    }

    private static List<RecordBatch> kafkaBatches(int node, int partition) throws IOException {
        var batches = new ArrayList<RecordBatch>();
        for (var file : cluster().replica(node, TOPIC, partition).files()) {
            var records = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)));
            records.batches().forEach(batches::add);
            assertThat(records.validBytes()).isEqualTo(records.sizeInBytes());
        }
        return batches;
    }

    private static String describe(ConsumedRecord record) {
        var headers = record.headers().stream()
                .map(header -> header.key() + "=" + Arrays.toString(header.value()))
                .toList();
        return record.timestampMs() + " " + Arrays.toString(record.key()) + " " + Arrays.toString(record.value()) + " "
                + headers;
    }

    private static String describe(Record record) {
        var headers = Arrays.stream(record.headers())
                .map((Header header) -> header.key() + "=" + Arrays.toString(header.value()))
                .toList();
        return record.timestamp() + " " + Arrays.toString(array(record.key())) + " "
                + Arrays.toString(array(record.value())) + " " + headers;
    }

    private static byte @Nullable [] array(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }
}
