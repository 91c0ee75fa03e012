package io.cordwood.chaos.follower;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.awaitility.Awaitility;

/**
 * Who leads and who follows.
 *
 * <p><b>Thread:</b> any.
 */
final class Roles {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(250);

    private final ChaosCluster cluster;
    private final String topic;

    Roles(ChaosCluster cluster, String topic) {
        this.cluster = cluster;
        this.topic = topic;
    }

    /**
     * Has the others lead, and returns a node that follows in all partitions of the topic. It does not lead
     * the metadata either, which nobody can hand over.
     *
     * @param number with the next one it is another node, while the metadata has the same leader
     */
    int follower(int number) {
        int metadataLeader = metadataLeader();
        var candidates = without(metadataLeader);
        int follower = candidates.get(number % candidates.size());
        Awaitility.await("leaderships that node " + follower + " gives away")
                .atMost(PATIENCE)
                .pollInterval(POLL)
                .until(() -> isHandedOver(without(follower)));
        return follower;
    }

    private List<Integer> without(int node) {
        return cluster.nodeIds().stream().filter(other -> other != node).toList();
    }

    private int metadataLeader() {
        return Awaitility.await("leader of the metadata")
                .atMost(PATIENCE)
                .pollInterval(POLL)
                .until(() -> cluster.admin().cluster().metadataLeader(), OptionalInt::isPresent)
                .getAsInt();
    }

    private boolean isHandedOver(List<Integer> takers) {
        try {
            var missing = Handover.missing(cluster.admin().topic(topic).partitions(), takers);
            missing.forEach(
                    handover -> cluster.admin().transferLeadership(topic, handover.partition(), handover.node()));
            return missing.isEmpty();
        } catch (CordwoodException e) {
            return false; // whoever shall lead may be behind for a moment; the deadline tells
        }
    }

    /** Of each partition; another one is that of another leader, or of the same one elected anew. */
    Map<Integer, OptionalInt> leaderEpochs() {
        var epochs = new TreeMap<Integer, OptionalInt>();
        cluster.admin()
                .topic(topic)
                .partitions()
                .forEach(placement -> epochs.put(placement.partition(), placement.leaderEpoch()));
        return epochs;
    }
}
