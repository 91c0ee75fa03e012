package io.cordwood.it;

import static org.awaitility.Awaitility.await;

import io.cordwood.cli.local.NodePorts;
import io.cordwood.client.PartitionDescription;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The data directories of three nodes that ended at once. Nodes 1 and 2 have all that was acknowledged,
 * and their floors cover it; node 3 was away for the second half. All have checkpoints of the first half.
 *
 * <p>Invariant: the directories are only copied, each time for nodes at the same addresses, which they
 * keep for life.
 *
 * @param directories holds {@code n1/data}, {@code n2/data}, {@code n3/data}
 * @param acknowledged all of it
 */
record LateNodeImage(List<NodePorts> ports, TestCluster directories, String topicId, Ledger acknowledged) {
    static final String TOPIC = "events";
    static final int LATE = 3;
    /** A setting of the topic that was acknowledged while node 3 was away. */
    static final String CHANGED_KEY = "retention.bytes";

    static final String CHANGED_VALUE = "1234567890";

    /** Many times what is promised, on a machine that does other things, too. */
    private static final Duration FLOOR_LAG_MAX = Duration.ofSeconds(15);

    /** Records for each partition. */
    private static final int FIRST_HALF = 90;

    private static final int SECOND_HALF = 180;
    private static final int PRODUCERS = 2;
    /** No checkpoint but those of an orderly stop, so that it is known what stands behind them. */
    private static final String[] SETTINGS = {"--raft.checkpoint-interval=1h", "--log.segment-max-bytes=256MiB"};

    static LateNodeImage make(Clusters clusters, int partitions) {
        var ports = TestCluster.freePorts(3);
        var cluster = clusters.at(ports).withSettings(SETTINGS).start();
        var topicId = cluster.createTopic(TOPIC, partitions).topicId().toString();
        Ledger acknowledged;
        try (var load = Load.start(cluster, TOPIC, PRODUCERS)) {
            load.awaitMore(FIRST_HALF * partitions);
            TestCluster.soon()
                    .until(() -> cluster.admin().partitions(TOPIC).stream().allMatch(LateNodeImage::isOnEveryNode));
            cluster.stopAll();
            cluster.restart(1, 2);
            load.awaitMore(SECOND_HALF * partitions);
            acknowledged = load.finish();
        }
        var unused = cluster.admin().alterTopicConfig(TOPIC, Map.of(CHANGED_KEY, CHANGED_VALUE), Set.of());
        for (int node : new int[] {1, 2}) {
            await().atMost(FLOOR_LAG_MAX).until(() -> cluster.files(node).floorCoversRaftLogs());
        }
        cluster.killAll();
        return new LateNodeImage(ports, cluster, topicId, acknowledged);
    }

    /** Something of it: where there is nothing, the stop makes no checkpoint. */
    private static boolean isOnEveryNode(PartitionDescription partition) {
        return partition.replicas().stream()
                .allMatch(replica -> replica.highWatermark().orElse(0) > 0);
    }

    /** A cluster that is not started yet. */
    TestCluster copy(Clusters clusters) {
        var cluster = clusters.at(ports).withSettings(SETTINGS);
        for (int node : cluster.nodeIds()) {
            directories.files(node).copyTo(cluster.dataDirectory(node));
        }
        return cluster;
    }

    /** The files of one replica in a copy. */
    ReplicaOnDisk replica(TestCluster copy, int node, int partition) {
        return copy.files(node).replica(topicId + "-" + partition);
    }
}
