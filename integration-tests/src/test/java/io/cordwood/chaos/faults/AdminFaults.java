package io.cordwood.chaos.faults;

import io.cordwood.client.Admin;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.NewTopic;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.TopicDescription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What operators do, at the worst of times.
 *
 * <p>Invariant: a replica that was taken away and not given back is given back by {@link #heal}.
 *
 * <p><b>Thread:</b> any.
 */
final class AdminFaults {
    private static final Duration CHANGE_MAX = Duration.ofSeconds(60);
    private static final int BETWEEN_TRANSFERS_MILLIS = 1_000;
    private static final String TOPIC_PREFIX = "chaos-topic-";
    private static final int GROWN_PARTITIONS_MAX = 12;
    private static final int CREATED_PARTITIONS_MAX = 3;

    private record Taken(String topic, int partition, int node) {}

    private final ChaosCluster cluster;
    private final String busyTopic;
    private final Queue<Taken> taken = new ConcurrentLinkedQueue<>();

    AdminFaults(ChaosCluster cluster, String busyTopic) {
        this.cluster = cluster;
        this.busyTopic = busyTopic;
    }

    private Admin admin() {
        return cluster.admin();
    }

    void changeTopics(Fault fault, Stage stage) {
        var name = TOPIC_PREFIX + fault.luck();
        stage.begun("topic " + name, "created");
        admin().createTopic(NewTopic.of(name)
                .withPartitions(1 + fault.pick(CREATED_PARTITIONS_MAX))
                .withReplicas(Compatibility.REPLICAS));
        stage.hold(fault.lengthMillis());
        admin().deleteTopic(name);
        stage.ended("deleted");
    }

    void addPartitions(Fault fault, Stage stage) {
        stage.begun("topic " + ChaosSpec.GROWN_TOPIC, "grows");
        int now = grownTopic().partitionCount();
        if (now < GROWN_PARTITIONS_MAX) {
            now = admin().addPartitions(ChaosSpec.GROWN_TOPIC, now + 1).partitionCount();
        }
        stage.hold(fault.lengthMillis());
        stage.ended(now + " partitions");
    }

    private TopicDescription grownTopic() {
        try {
            return admin().topic(ChaosSpec.GROWN_TOPIC);
        } catch (CordwoodException e) {
            if (e.code() != ErrorCode.UNKNOWN_TOPIC) {
                throw e;
            }
            return admin().createTopic(
                            NewTopic.of(ChaosSpec.GROWN_TOPIC).withPartitions(1).withReplicas(Compatibility.REPLICAS));
        }
    }

    void transferLeaderships(Fault fault, Stage stage) {
        stage.begun("topic " + busyTopic, "a leadership each second");
        int tried = 0;
        int done = 0;
        for (long left = fault.lengthMillis(); left > 0; left -= BETWEEN_TRANSFERS_MILLIS) {
            done += transfer(fault.luck() + tried) ? 1 : 0;
            tried++;
            if (!stage.hold(BETWEEN_TRANSFERS_MILLIS)) {
                break;
            }
        }
        stage.ended(done + " of " + tried + " were handed over");
    }

    private boolean transfer(int luck) {
        try {
            var partitions = admin().topic(busyTopic).partitions();
            var partition = partitions.get(luck % partitions.size());
            var others = partition.replicas().stream()
                    .filter(node -> node != partition.leader().orElse(0))
                    .toList();
            admin().transferLeadership(
                            busyTopic, partition.partition(), others.get(luck / partitions.size() % others.size()));
            return true;
        } catch (CordwoodException e) {
            return false; // whoever was to take it may be away
        }
    }

    void moveReplica(Fault fault, Stage stage) {
        var partition = partition(fault);
        var free = cluster.nodeIds().stream()
                .filter(node -> !partition.replicas().contains(node))
                .toList();
        if (free.isEmpty()) {
            stage.skipped("every node has a replica of " + busyTopic + "-" + partition.partition());
            return;
        }
        int from = partition.replicas().get(fault.pick(partition.replicas().size()));
        int to = free.get(fault.pick(free.size()));
        admin().moveReplica(busyTopic, partition.partition(), from, to);
        stage.begun(busyTopic + "-" + partition.partition(), "moves from node " + from + " to node " + to);
        boolean moved = stage.await(
                CHANGE_MAX,
                () -> replica(partition.partition(), from).isEmpty() && isSound(replica(partition.partition(), to)));
        stage.ended(moved ? "moved" : "not moved after " + CHANGE_MAX.toSeconds() + " s");
    }

    void dropReplica(Fault fault, Stage stage) {
        var partition = partition(fault);
        int node = partition.replicas().get(fault.pick(partition.replicas().size()));
        var gone = new Taken(busyTopic, partition.partition(), node);
        taken.add(gone);
        admin().removeReplica(busyTopic, partition.partition(), node);
        stage.begun(busyTopic + "-" + partition.partition(), "loses its replica of node " + node);
        boolean left = stage.await(
                CHANGE_MAX, () -> replica(partition.partition(), node).isEmpty());
        stage.hold(fault.lengthMillis());
        boolean back = stage.await(CHANGE_MAX, () -> isBack(gone));
        if (back) {
            taken.remove(gone);
        }
        stage.ended((left ? "left" : "never left") + ", " + (back ? "back" : "not back yet"));
    }

    private TopicDescription.Placement partition(Fault fault) {
        var partitions = admin().topic(busyTopic).partitions();
        return partitions.get(fault.pick(partitions.size()));
    }

    /** Asks for it where nobody has. */
    private boolean isBack(Taken gone) {
        var replica = replica(gone.partition(), gone.node());
        if (replica.isEmpty()) {
            admin().addReplica(gone.topic(), gone.partition(), gone.node());
        }
        return isSound(replica);
    }

    private Optional<PartitionDescription.Replica> replica(int partition, int node) {
        return admin().partitions(busyTopic).stream()
                .filter(found -> found.partition().partition() == partition)
                .flatMap(found -> found.replicas().stream())
                .filter(found -> found.nodeId() == node)
                .findFirst();
    }

    private static boolean isSound(Optional<PartitionDescription.Replica> replica) {
        return replica.filter(found -> found.change().isEmpty())
                .filter(found -> found.highWatermark().isPresent())
                .isPresent();
    }

    /** Gives every replica back that is missing. */
    void heal(Stage stage) {
        for (var gone : List.copyOf(taken)) {
            Callable<Boolean> back = () -> isBack(gone);
            if (stage.await(CHANGE_MAX, back)) {
                taken.remove(gone);
            }
        }
    }
}
