package io.cordwood.it;

import static org.awaitility.Awaitility.await;

import io.cordwood.cli.local.NodePorts;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

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
    private static final String ONE_SEGMENT = "--log.segment-max-bytes=256MiB";
    /** Until each replica has one: a stop takes one only where the disk is quick enough. */
    private static final String[] CHECKPOINTS = {"--raft.checkpoint-interval=1s", ONE_SEGMENT};
    /** No checkpoint from here on, so that it is known what stands behind those of the first half. */
    private static final String[] SETTINGS = {"--raft.checkpoint-interval=1h", ONE_SEGMENT};

    static LateNodeImage make(Clusters clusters, int partitions) {
        var ports = TestCluster.freePorts(3);
        var whole = clusters.at(ports).withSettings(CHECKPOINTS).start();
        var topicId = whole.createTopic(TOPIC, partitions).topicId().toString();
        TestCluster cluster;
        Ledger acknowledged;
        try (var load = Load.start(whole, TOPIC, PRODUCERS)) {
            load.awaitMore(FIRST_HALF * partitions);
            TestCluster.soon().until(() -> haveCheckpoints(whole, topicId, partitions));
            whole.stopAll();
            cluster = copy(whole, clusters, ports);
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

    private static boolean haveCheckpoints(TestCluster cluster, String topicId, int partitions) {
        return cluster.nodeIds().stream()
                .allMatch(node -> IntStream.range(0, partitions)
                        .mapToObj(partition -> cluster.files(node).replica(topicId + "-" + partition))
                        .allMatch(replica -> Files.exists(replica.checkpoint())));
    }

    /** A cluster that is not started yet. */
    TestCluster copy(Clusters clusters) {
        return copy(directories, clusters, ports);
    }

    private static TestCluster copy(TestCluster of, Clusters clusters, List<NodePorts> ports) {
        var cluster = clusters.at(ports).withSettings(SETTINGS);
        for (int node : cluster.nodeIds()) {
            of.files(node).copyTo(cluster.dataDirectory(node));
        }
        return cluster;
    }

    /** The files of one replica in a copy. */
    ReplicaOnDisk replica(TestCluster copy, int node, int partition) {
        return copy.files(node).replica(topicId + "-" + partition);
    }
}
