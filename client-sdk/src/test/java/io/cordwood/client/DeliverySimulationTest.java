package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A producer and a reader against nodes that lose answers, break streams, refuse and hand over leadership as a seed
 * says. The seed is in the message of every failed check.
 */
final class DeliverySimulationTest {
    private static final boolean NIGHTLY = Boolean.getBoolean("cordwood.nightly");
    private static final int SCHEDULES = NIGHTLY ? 2000 : 60;
    private static final int REFUSING_SCHEDULES = NIGHTLY ? 1000 : 20;
    private static final int RECORDS = 150;
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private static ScriptedCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = ScriptedCluster.start(3);
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    /** A record on its way. */
    private record Sent(int partition, String value, CompletableFuture<RecordMetadata> future) {}

    @Test
    void everyRecordIsDeliveredOnceInOrderAndReadOnceInOrder() throws Exception {
        for (int seed = 0; seed < SCHEDULES; seed++) {
            new Schedule(seed, false).run();
        }
    }

    @Test
    void refusedRecordsLeaveTheOthersInOrderAndSingle() throws Exception {
        for (int seed = 0; seed < REFUSING_SCHEDULES; seed++) {
            new Schedule(seed, true).run();
        }
    }

    private static final class Schedule {
        private final int seed;
        private final boolean refuses;
        private final Random random;
        private final String topic;
        private final int partitions;
        private final List<Sent> sent = new ArrayList<>();
        private final Map<Integer, List<String>> settled = new TreeMap<>();
        private final Map<Integer, List<String>> read = new TreeMap<>();

        Schedule(int seed, boolean refuses) {
            this.seed = seed;
            this.refuses = refuses;
            this.random = new Random(seed);
            this.topic = (refuses ? "refusing-" : "delivering-") + seed;
            this.partitions = 1 + random.nextInt(3);
        }

        void run() throws Exception {
            cluster.rememberBatches(List.of(5, 12, 32).get(seed % 3));
            cluster.createTopic(topic, partitions).namesLeaderInRefusal = random.nextBoolean();
            var chaos = new Chaos(cluster, topic, random, refuses);
            cluster.script(topic, (PublishScript) chaos);
            cluster.script(topic, (SubscribeScript) chaos);
            try (var client = cluster.connect();
                    var producer = open(client);
                    var reader = client.reader(topic).bufferBytes(64 << 10).open()) {
                send(producer);
                settle(producer);
                read(reader);
            }
            check();
        }

        private Producer open(CordwoodClient client) {
            var codecs = List.of(Compression.NONE, Compression.GZIP, Compression.LZ4);
            return client.producer()
                    .linger(Duration.ofMillis(random.nextInt(3)))
                    .batchBytes(1024)
                    .maxRecordBytes(2048)
                    .bufferBytes(4096 << random.nextInt(4))
                    .compression(codecs.get(random.nextInt(codecs.size())))
                    .open();
        }

        private void send(Producer producer) {
            // Its own source of chance: the cluster's threads draw from the other one at the same time.
            var choice = new Random(seed + 1_000_000L);
            for (int i = 0; i < RECORDS; i++) {
                int partition = choice.nextInt(partitions);
                var value = partition + ":" + i + "x".repeat(choice.nextInt(60));
                var future = producer.send(new ProducerRecord(topic, partition, null, value.getBytes(UTF_8)));
                sent.add(new Sent(partition, value, future));
                var unused = future.whenComplete((metadata, failure) -> note(settled, partition, value));
            }
        }

        private void settle(Producer producer) throws Exception {
            producer.flushAsync().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        }

        private void read(Reader reader) {
            long total = 0;
            for (int partition = 0; partition < partitions; partition++) {
                total += cluster.values(topic, partition).size();
            }
            long deadline = System.nanoTime() + DEADLINE.toNanos();
            for (long count = 0; count < total && System.nanoTime() < deadline; ) {
                for (var record : reader.poll(Duration.ofSeconds(1))) {
                    var values = note(read, record.partition(), String.valueOf(record.valueText()));
                    assertThat(record.offset()).as("seed %d, offset", seed).isEqualTo(values.size() - 1);
                    count++;
                }
            }
        }

        private static List<String> note(Map<Integer, List<String>> lists, int partition, String value) {
            synchronized (lists) {
                var values = lists.computeIfAbsent(partition, key -> new ArrayList<>());
                values.add(value);
                return values;
            }
        }

        private void check() {
            for (int partition = 0; partition < partitions; partition++) {
                int number = partition;
                var log = cluster.values(topic, partition);
                var sentHere = sent.stream()
                        .filter(record -> record.partition == number)
                        .toList();
                var values = sentHere.stream().map(Sent::value).toList();
                assertThat(settled.getOrDefault(partition, List.of()))
                        .as("seed %d: futures of partition %d complete in order", seed, partition)
                        .isEqualTo(values);
                assertThat(read.getOrDefault(partition, List.of()))
                        .as("seed %d: partition %d is read as it is", seed, partition)
                        .isEqualTo(log);
                var failed = sentHere.stream()
                        .filter(record -> record.future.isCompletedExceptionally())
                        .map(Sent::value)
                        .toList();
                assertThat(log)
                        .as("seed %d: partition %d holds what was sent, in order, once", seed, partition)
                        .isEqualTo(values.stream()
                                .filter(value -> !failed.contains(value))
                                .toList());
                checkOffsets(log, sentHere);
                if (!refuses) {
                    assertThat(failed).as("seed %d: failures", seed).isEmpty();
                }
            }
        }

        private void checkOffsets(List<String> log, List<Sent> sentHere) {
            var offsets = new HashMap<String, Long>();
            sentHere.stream()
                    .filter(record -> !record.future.isCompletedExceptionally())
                    .forEach(record ->
                            offsets.put(record.value, record.future.join().offset()));
            offsets.forEach((value, offset) -> assertThat(log.get(Math.toIntExact(offset)))
                    .as("seed %d: offset %d", seed, offset)
                    .isEqualTo(value));
            assertThat(offsets).as("seed %d: offsets", seed).hasSameSizeAs(log);
        }
    }
}
