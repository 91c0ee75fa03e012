package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A leader whose followers die under it writes entries to its files that nobody else gets and nobody is told of. When the
 * others went on without it, those bytes must go.
 */
class DivergenceIT {
    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 3;
    private static final int STALE_RECORDS = 40;
    private static final String STALE = "never acknowledged";

    @RegisterExtension
    final Clusters clusters = Clusters.ofTest();

    @Test
    @Tag("nightly")
    void staleEntriesOfKilledLeaderAreGoneAfterItsRestart() {
        var cluster = startedCluster();
        int leader = cluster.leaderOf(TOPIC, 0);
        var led = partitionsLedBy(cluster, leader);
        var others = others(cluster, leader);

        leaveStaleEntries(cluster, leader, led);
        cluster.kill(leader);
        goOnWithout(cluster, leader, others);
        cluster.restart(leader);

        assertHealed(cluster, leader, led);
    }

    @Test
    void staleEntriesOfSuspendedLeaderAreGoneWhenItWakes() {
        var cluster = startedCluster();
        int leader = cluster.leaderOf(TOPIC, 0);
        var led = partitionsLedBy(cluster, leader);
        var others = others(cluster, leader);

        leaveStaleEntries(cluster, leader, led);
        cluster.suspend(leader);
        goOnWithout(cluster, leader, others);
        cluster.resume(leader);

        assertHealed(cluster, leader, led);
    }

    /** A leader without its followers steps down after the election timeout: it must be long enough to write before. */
    private TestCluster startedCluster() {
        var cluster = clusters.of(3)
                .withSettings("--raft.election-timeout-min=3s", "--raft.election-timeout-max=4s")
                .start();
        cluster.createTopic(TOPIC, PARTITIONS);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            cluster.publish(TOPIC, partition, "acknowledged before");
        }
        cluster.awaitSettled(TOPIC);
        return cluster;
    }

    private static List<Integer> partitionsLedBy(TestCluster cluster, int leader) {
        return cluster.leadersOf(TOPIC).entrySet().stream()
                .filter(entry -> entry.getValue() == leader)
                .map(entry -> entry.getKey())
                .toList();
    }

    private static List<Integer> others(TestCluster cluster, int leader) {
        return cluster.nodeIds().stream().filter(node -> node != leader).toList();
    }

    /** Kills the followers first: what the leader writes from then on is on its disk alone. */
    private static void leaveStaleEntries(TestCluster cluster, int leader, List<Integer> led) {
        var replicas = led.stream()
                .map(partition -> cluster.replica(leader, TOPIC, partition))
                .toList();
        var producer = cluster.client().producer().linger(Duration.ZERO).open();
        led.forEach(
                partition -> send(producer, partition, "acknowledged before").join());

        others(cluster, leader).parallelStream().forEach(cluster::kill);
        var stale = led.stream()
                .flatMap(partition -> java.util.stream.IntStream.range(0, STALE_RECORDS)
                        .mapToObj(i -> send(producer, partition, STALE + " " + i + "#".repeat(1_000))))
                .toList();
        TestCluster.soon().until(() -> replicas.stream().allMatch(replica -> replica.contain(STALE)));
        producer.close(Duration.ZERO);

        // The futures fail behind the close, on the client's own threads.
        TestCluster.soon().until(() -> stale.stream().allMatch(CompletableFuture::isDone));
        assertThat(stale).allMatch(CompletableFuture::isCompletedExceptionally);
    }

    private static CompletableFuture<?> send(Producer producer, int partition, String value) {
        return producer.send(new ProducerRecord(TOPIC, partition, null, value.getBytes(StandardCharsets.UTF_8)));
    }

    private static void goOnWithout(TestCluster cluster, int leader, List<Integer> others) {
        cluster.restart(others.stream().mapToInt(node -> node).toArray());
        for (int partition = 0; partition < PARTITIONS; partition++) {
            cluster.publish(TOPIC, partition, "acknowledged meanwhile");
        }
        assertThat(cluster.leadersOf(TOPIC)).doesNotContainValue(leader);
    }

    private static void assertHealed(TestCluster cluster, int leader, List<Integer> led) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            cluster.publish(TOPIC, partition, "acknowledged after");
        }
        cluster.assertReplicasIdentical(TOPIC);
        var settled = cluster.awaitSettled(TOPIC);
        for (int partition : led) {
            var replica = cluster.replica(leader, TOPIC, partition);
            var below = replica.batches(settled.get(partition)).stream()
                    .mapToLong(java.nio.ByteBuffer::remaining)
                    .sum();
            assertThat(replica.contain(STALE)).as("stale bytes in %s", replica).isFalse();
            assertThat(replica.sizeBytes())
                    .as("nothing beyond %s in %s", settled.get(partition), replica)
                    .isEqualTo(below);
        }
        assertThat(cluster.readAll(TOPIC))
                .extracting(record -> record.valueText())
                .contains("acknowledged meanwhile")
                .noneMatch(value -> value.contains(STALE));
    }
}
