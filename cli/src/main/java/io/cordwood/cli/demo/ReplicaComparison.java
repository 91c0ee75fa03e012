package io.cordwood.cli.demo;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.demo.ReplicaFiles.UnreadableReplicaException;
import io.cordwood.cli.local.LocalCluster;
import io.cordwood.client.Admin;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.TopicDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Waits until all replicas of a topic have the same high watermark, and compares their segment files below it.
 *
 * <p>Thread: one.
 */
final class ReplicaComparison {
    /** Offsets [start, end) of a partition that every replica holds. */
    record Settled(int partition, long start, long end, List<Integer> nodes) {}

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final long POLL_NANOS = 100_000_000;

    private final LocalCluster cluster;
    private final TopicDescription topic;
    private final List<ReplicaDigest> digests = new ArrayList<>();
    private final Findings findings = new Findings();

    ReplicaComparison(LocalCluster cluster, TopicDescription topic) {
        this.cluster = cluster;
        this.topic = topic;
    }

    /** Returns when every replica of every partition is there and as far as its leader. */
    static List<Settled> awaitSettled(Admin admin, TopicDescription topic) {
        var deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            var partitions = describe(admin, topic);
            var settled = partitions.stream()
                    .flatMap(partition -> settled(partition, topic.replicationFactor()).stream())
                    .toList();
            if (settled.size() == topic.partitionCount()) {
                return settled;
            }
            if (System.nanoTime() > deadline) {
                throw new CliException(
                        ExitCode.FAILED,
                        "REPLICAS_BEHIND",
                        "replicas have not reached one high watermark within " + TIMEOUT.toSeconds() + " s: "
                                + partitions,
                        "the servers' logs say why");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Call it when the servers have stopped. */
    Findings compareFiles(Iterable<Settled> ranges) {
        for (var range : ranges) {
            range.nodes().forEach(node -> digest(range, node));
        }
        findings.addAll(DemoCheck.compareReplicas(digests));
        return findings;
    }

    /** Bytes compared, counted once per partition. */
    long comparedBytes() {
        return digests.stream()
                .collect(Collectors.toMap(ReplicaDigest::partition, ReplicaDigest::bytes, (one, other) -> one))
                .values()
                .stream()
                .mapToLong(bytes -> bytes)
                .sum();
    }

    private void digest(Settled range, int node) {
        var directory =
                cluster.dataDirectory(node).resolve("partitions").resolve(topic.topicId() + "-" + range.partition());
        try {
            digests.add(ReplicaFiles.digest(node, range.partition(), directory, range.start(), range.end()));
        } catch (UnreadableReplicaException e) {
            findings.add(Violation.UNREADABLE_REPLICA, "node " + node + ": " + e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + directory, e);
        }
    }

    private static List<PartitionDescription> describe(Admin admin, TopicDescription topic) {
        try {
            return admin.partitions(topic.name());
        } catch (CordwoodException e) {
            if (e.retryable()) {
                return List.of();
            }
            throw e;
        }
    }

    private static Optional<Settled> settled(PartitionDescription partition, int replicas) {
        var end = partition.highWatermark();
        var start = partition.logStartOffset();
        var same = end.isPresent()
                && start.isPresent()
                && partition.replicas().size() == replicas
                && partition.replicas().stream()
                        .allMatch(replica -> replica.highWatermark().equals(end));
        return same ? Optional.of(range(partition, start, end)) : Optional.empty();
    }

    private static Settled range(PartitionDescription partition, OptionalLong start, OptionalLong end) {
        return new Settled(
                partition.partition().partition(),
                start.getAsLong(),
                end.getAsLong(),
                partition.replicas().stream()
                        .map(PartitionDescription.Replica::nodeId)
                        .toList());
    }
}
