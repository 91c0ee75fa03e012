package io.cordwood.it;

import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.Reader;
import io.cordwood.client.StartPoint;
import io.cordwood.store.OffsetRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a client of a cluster can wait for, wherever its nodes run. Every wait has a deadline.
 *
 * <p><b>Thread:</b> the test's.
 */
record ServedCluster(CordwoodClient client) {
    private static final Duration POLL = Duration.ofMillis(50);

    /** Every record from the log starts to the ends as they are now, in the order of each partition. */
    List<ConsumedRecord> readAll(String topic) {
        try (var reader = client.reader(topic).start(StartPoint.earliest()).open()) {
            var ends = reader.endOffsets();
            var records = new ArrayList<ConsumedRecord>();
            TestCluster.soon().until(() -> {
                List<ConsumedRecord> polled;
                do {
                    polled = reader.poll(POLL);
                    records.addAll(polled);
                } while (!polled.isEmpty() && !reached(reader, ends));
                return reached(reader, ends);
            });
            return records;
        }
    }

    private static boolean reached(Reader reader, Map<Integer, Long> ends) {
        var positions = reader.positions();
        return ends.entrySet().stream().allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    /** The node that leads, as soon as one does. */
    int leaderOf(String topic, int partition) {
        return TestCluster.soon()
                .until(() -> leaderNow(topic, partition), Optional::isPresent)
                .orElseThrow();
    }

    /** Where every partition has a leader that answers: by partition, its node. */
    SortedMap<Integer, Integer> leadersOf(String topic) {
        var leaders = new TreeMap<Integer, Integer>();
        client.admin()
                .topic(topic)
                .partitions()
                .forEach(partition -> leaders.put(partition.partition(), leaderOf(topic, partition.partition())));
        return leaders;
    }

    /** The leaderships of a new topic go to the preferred nodes; a record sent meanwhile may be refused. */
    boolean isBalanced(String topic) {
        return client.admin().topic(topic).partitions().stream()
                .allMatch(partition ->
                        partition.leader().orElse(0) == partition.replicas().get(0));
    }

    private Optional<Integer> leaderNow(String topic, int partition) {
        return client.admin().partitions(topic).stream()
                .filter(found -> found.partition().partition() == partition)
                .filter(found ->
                        found.error().isEmpty() && found.highWatermark().isPresent())
                .flatMap(found -> found.leader().stream().boxed())
                .findFirst();
    }

    /**
     * Waits until every replica of every partition has its leader's high watermark, and none is lost, joins
     * or leaves: what they hold, by partition.
     */
    List<OffsetRange> awaitSettled(String topic) {
        var partitions = client.admin().topic(topic).partitionCount();
        return TestCluster.soon().until(() -> settled(topic), found -> found.size() == partitions);
    }

    /** Leaves out partitions that are not settled. */
    private List<OffsetRange> settled(String topic) {
        return client.admin().partitions(topic).stream()
                .filter(partition -> partition.error().isEmpty() && isSettled(partition))
                .map(partition -> new OffsetRange(
                        partition.logStartOffset().orElseThrow(),
                        partition.highWatermark().orElseThrow()))
                .toList();
    }

    private static boolean isSettled(PartitionDescription partition) {
        return partition.highWatermark().isPresent()
                && partition.replicas().stream()
                        .allMatch(replica -> replica.change().isEmpty()
                                && replica.highWatermark().equals(partition.highWatermark()));
    }

    /** Waits until no replica of any partition is missing, silent or far behind: another node may stop. */
    void awaitReplicasInStep() {
        TestCluster.soon().until(() -> client.admin().partitions().stream().allMatch(ServedCluster::isInStep));
    }

    private static boolean isInStep(PartitionDescription partition) {
        return partition.error().isEmpty()
                && partition.replicas().stream().allMatch(replica -> switch (replica.state()) {
                    case LEADER, FOLLOWER -> true;
                    case CATCHING_UP, SILENT, MISSING, UNKNOWN -> false;
                });
    }
}
