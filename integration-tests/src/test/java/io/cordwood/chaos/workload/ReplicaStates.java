package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.Admin;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.TopicPartition;
import io.cordwood.it.SegmentFiles;
import io.cordwood.store.OffsetRange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * What the replicas hold when all have come to rest: the batches of their segment files, whose headers have
 * the offsets and leader epochs. The nodes run: they write nothing below a high watermark that all replicas
 * have reached.
 *
 * <p><b>Thread:</b> the run's.
 */
public final class ReplicaStates {
    private static final String PROCESS = "replicas";
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int HASH_BYTES = 16;

    private final Admin admin;
    private final IntFunction<Path> dataDirectories;
    private final Recorder recorder;

    /** @param dataDirectories of the nodes */
    public ReplicaStates(Admin admin, IntFunction<Path> dataDirectories, Recorder recorder) {
        this.admin = admin;
        this.dataDirectories = dataDirectories;
        this.recorder = recorder;
    }

    /**
     * Waits until each partition's replicas are sound members that have what its leader has, and notes what is
     * in their files.
     *
     * @return which partitions did not come to rest in time, and why
     */
    public List<String> note(List<TopicPartitions> topics, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        var problems = new ArrayList<String>();
        for (var topic : topics) {
            var left = new TreeMap<Integer, String>();
            topic.all().forEach(partition -> left.put(partition.partition(), "nobody told of it"));
            do {
                noteThoseAtRest(topic.topic(), left);
            } while (!left.isEmpty() && pauseUntil(deadline));
            problems.addAll(sentences(topic, left));
        }
        return problems;
    }

    private static boolean pauseUntil(long deadline) {
        LockSupport.parkNanos(PAUSE_NANOS);
        return System.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted();
    }

    /**
     * @param left partitions that are not noted yet, with the reason; those that are noted now are taken out
     */
    private void noteThoseAtRest(String topic, Map<Integer, String> left) {
        try {
            var topicId = admin.topic(topic).topicId();
            for (var described : admin.partitions(topic)) {
                int partition = described.partition().partition();
                var problem = left.containsKey(partition) ? unsettled(described) : "";
                if (!problem.isEmpty()) {
                    left.put(partition, problem);
                } else if (left.remove(partition) != null) {
                    noteReplicas(described, topicId + "-" + partition);
                }
            }
        } catch (CordwoodException e) {
            left.replaceAll((partition, before) -> String.valueOf(e.getMessage()));
        }
    }

    private static List<String> sentences(TopicPartitions topic, Map<Integer, String> left) {
        return left.entrySet().stream()
                .map(each -> topic.topic() + "-" + each.getKey() + " did not come to rest: " + each.getValue())
                .toList();
    }

    /** Why its replicas cannot be compared yet; empty where they can. */
    private static String unsettled(PartitionDescription partition) {
        if (partition.error().isPresent()) {
            return String.valueOf(partition.error().get().getMessage());
        }
        if (partition.highWatermark().isEmpty() || partition.logStartOffset().isEmpty()) {
            return "no leader answers";
        }
        return partition.replicas().stream()
                .filter(replica ->
                        replica.change().isPresent() || !replica.highWatermark().equals(partition.highWatermark()))
                .findFirst()
                .map(replica -> "node " + replica.nodeId() + " is " + replica.state() + " at " + replica.highWatermark()
                        + " of " + partition.highWatermark().getAsLong()
                        + replica.change().map(change -> ", " + change).orElse(""))
                .orElse("");
    }

    private void noteReplicas(PartitionDescription partition, String directory) {
        long logStart = partition.logStartOffset().orElseThrow();
        for (var replica : partition.replicas()) {
            var files = new SegmentFiles(dataDirectories
                    .apply(replica.nodeId())
                    .resolve("partitions")
                    .resolve(directory));
            var described = new OffsetRange(logStart, replica.highWatermark().orElseThrow());
            recorder.note(PROCESS, state(partition.partition(), replica.nodeId(), described, files), "");
        }
    }

    /**
     * Of what this replica has itself: nothing is taken from another one but the log start, before which it may
     * still hold files.
     *
     * @param described from the leader's log start to the replica's own high watermark
     */
    static Operation.ReplicaState state(TopicPartition partition, int node, OffsetRange described, SegmentFiles files) {
        long start = described.start();
        long end = described.end();
        try {
            start = Math.min(end, Math.max(start, files.firstOffset().orElse(end)));
            return new Operation.ReplicaState(
                    partition, node, start, end, hash(files.batches(new OffsetRange(start, end))));
        } catch (AssertionError | RuntimeException e) {
            // A hash that no other replica has: the checker shows it beside the others'.
            return new Operation.ReplicaState(
                    partition, node, start, end, "none on node " + node + ": " + e.getMessage());
        }
    }

    private static String hash(List<ByteBuffer> batches) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            batches.forEach(batch -> digest.update(batch.duplicate()));
            return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has it", e);
        }
    }
}
