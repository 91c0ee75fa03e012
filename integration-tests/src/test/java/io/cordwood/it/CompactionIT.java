package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.NewTopic;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.RecordMetadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A compacted topic from its settings to a reader, on real processes. */
class CompactionIT {
    private static final String TOPIC = "customers";
    private static final int KEYS = 100;
    private static final Map<String, String> COMPACTED = Map.of(
            "cleanup.policy", "compact",
            "min.cleanable.dirty.ratio", "0.1",
            "segment.bytes", "16384");

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    /** What a reader must find: by key the newest value, null where it was deleted. */
    private final Map<String, @Nullable String> newest = new TreeMap<>();

    @Test
    void readerFindsTheLastValueOfEachKeyAlsoAfterAKill() {
        var cluster = clusters.of(3).start();
        cluster.admin()
                .createTopic(
                        NewTopic.of(TOPIC).withPartitions(1).withReplicas(3).withConfig(COMPACTED));
        publishRounds(cluster, 10);
        awaitCompacted(cluster, 3);
        int follower = cluster.leaderOf(TOPIC, 0) % 3 + 1;
        cluster.kill(follower);
        publishRounds(cluster, 10);
        awaitCompacted(cluster, 2);
        cluster.restart(follower);
        publishRounds(cluster, 5);
        awaitCompacted(cluster, 3);

        var records = cluster.readAll(TOPIC);

        long end = compactedEnd(cluster);
        assertThat(records.stream()
                        .filter(record -> record.offset() < end)
                        .map(CompactionIT::keyOf)
                        .toList())
                .hasSizeGreaterThan(KEYS / 2)
                .doesNotHaveDuplicates();
        assertThat(newestOf(records)).isEqualTo(newest);
        cluster.assertReplicasIdentical(TOPIC);
        assertThat(cluster.replica(follower, TOPIC, 0).files()).anyMatch(file -> SegmentFiles.generation(file) > 0);
    }

    @Test
    void settingsAreCheckedAndKeysAreRequired() {
        var cluster = clusters.of(1).start();
        var admin = cluster.admin();
        admin.createTopic(NewTopic.of(TOPIC).withPartitions(1).withReplicas(1));
        cluster.publish(TOPIC, 0, "without a key");

        assertThatThrownBy(() -> admin.previewTopicConfig(TOPIC, Map.of("cleanup.policy", "compcat"), Set.of()))
                .isInstanceOfSatisfying(
                        CordwoodException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIG));
        assertThat(admin.previewTopicConfig(TOPIC, COMPACTED, Set.of()).after())
                .anyMatch(setting -> setting.key().equals("cleanup.policy")
                        && setting.value().equals("compact"));
        cluster.publish(TOPIC, 0, "still without a key");
        admin.alterTopicConfig(TOPIC, COMPACTED, Set.of());

        TestCluster.soon()
                .untilAsserted(() -> assertThatThrownBy(() -> cluster.publish(TOPIC, 0, "refused"))
                        .isInstanceOf(CompletionException.class)
                        .cause()
                        .isInstanceOfSatisfying(
                                CordwoodException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.KEY_REQUIRED)));
        publishRounds(cluster, 8);
        awaitCompacted(cluster, 1);
        assertThat(cluster.readAll(TOPIC))
                .filteredOn(record -> record.key() == null)
                .hasSizeBetween(2, 3);
    }

    /** In each round every key gets a value; of each tenth the newest one is a deletion. */
    private void publishRounds(TestCluster cluster, int rounds) {
        try (var producer = cluster.client().producer().open()) {
            for (int round = 0; round < rounds; round++) {
                var sent = new ArrayList<CompletableFuture<RecordMetadata>>();
                for (int i = 0; i < KEYS; i++) {
                    var key = "customer " + i;
                    var value =
                            i % 10 == 0 && round == rounds - 1 ? null : "round " + round + " " + "x".repeat(100 + i);
                    newest.put(key, value);
                    sent.add(producer.send(new ProducerRecord(TOPIC, 0, bytes(key), bytes(value))));
                }
                sent.forEach(CompletableFuture::join);
            }
        }
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Until so many replicas say that nothing sealed is left to compact, and that they have the files; all of the same log: one that
     * is behind may have compacted all it knows of.
     */
    private static void awaitCompacted(TestCluster cluster, int replicas) {
        TestCluster.soon().until(() -> {
            var sealedEnds = partition(cluster).replicas().stream()
                    .flatMap(replica -> replica.compaction().stream())
                    .filter(CompactionIT::isDone)
                    .map(PartitionDescription.Compaction::sealedEndOffset)
                    .toList();
            return sealedEnds.size() == replicas && Set.copyOf(sealedEnds).size() == 1;
        });
    }

    private static boolean isDone(PartitionDescription.Compaction compaction) {
        return compaction.compactedEndOffset() > 0
                && compaction.compactedEndOffset() == compaction.sealedEndOffset()
                && !compaction.running()
                && compaction.pending().isEmpty()
                && compaction.lastError().isEmpty();
    }

    private static PartitionDescription partition(TestCluster cluster) {
        return cluster.admin().partitions(TOPIC).get(0);
    }

    private static long compactedEnd(TestCluster cluster) {
        return partition(cluster).replicas().stream()
                .flatMap(replica -> replica.compaction().stream())
                .mapToLong(PartitionDescription.Compaction::compactedEndOffset)
                .min()
                .orElseThrow();
    }

    private static String keyOf(ConsumedRecord record) {
        return new String(Objects.requireNonNull(record.key()), StandardCharsets.UTF_8);
    }

    private static Map<String, @Nullable String> newestOf(List<ConsumedRecord> records) {
        var found = new TreeMap<String, @Nullable String>();
        records.forEach(record -> found.put(
                keyOf(record), record.value() == null ? null : new String(record.value(), StandardCharsets.UTF_8)));
        return found;
    }
}
