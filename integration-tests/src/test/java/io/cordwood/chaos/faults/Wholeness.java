package io.cordwood.chaos.faults;

import io.cordwood.client.CordwoodException;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.PartitionDescription;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Whether a cluster is as if nothing had befallen it: all nodes are up and have room, every partition has a
 * leader and all of its replicas, close behind it, and no file is known to be damaged.
 *
 * <p><b>Thread:</b> any.
 */
public final class Wholeness {
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(3);
    private static final String UNREPAIRED = "cordwood_scrub_unrepaired";

    private final ChaosCluster cluster;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(HTTP_TIMEOUT).build();

    public Wholeness(ChaosCluster cluster) {
        this.cluster = cluster;
    }

    /** What is left when the cluster is whole or the time is over. */
    public List<String> await(Duration patience) {
        try {
            Awaitility.await()
                    .atMost(patience)
                    .pollInterval(POLL)
                    .until(() -> problems().isEmpty());
            return List.of();
        } catch (ConditionTimeoutException e) {
            return problems();
        }
    }

    /** What is not as it should be, for people; empty where it is whole. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        cluster.nodeIds().stream()
                .filter(node -> !cluster.isRunning(node))
                .forEach(node -> problems.add("node " + node + " does not run"));
        try {
            cluster.admin().cluster().nodes().forEach(node -> addTo(problems, node));
            cluster.admin().partitions().forEach(partition -> addTo(problems, partition));
        } catch (CordwoodException e) {
            problems.add("the cluster does not answer: " + e.getMessage());
        }
        if (problems.isEmpty()) {
            cluster.nodeIds().forEach(node -> addDamage(problems, node));
        }
        return problems;
    }

    private static void addTo(List<String> problems, NodeDescription node) {
        if (node.state() != NodeDescription.State.ALIVE) {
            problems.add("node " + node.nodeId() + " is " + node.state());
        }
        node.disks().stream()
                .filter(disk -> disk.level() != NodeDescription.DiskLevel.ROOM)
                .forEach(disk -> problems.add("node " + node.nodeId() + " has a disk that is " + disk.level()));
    }

    private static void addTo(List<String> problems, PartitionDescription partition) {
        partition.error().ifPresent(error -> problems.add(partition.partition() + ": " + error.getMessage()));
        if (partition.leader().isEmpty() || partition.highWatermark().isEmpty()) {
            problems.add(partition.partition() + " has no leader");
        }
        if (partition.replicas().size() < Compatibility.REPLICAS) {
            problems.add(partition.partition() + " has " + partition.replicas().size() + " replicas");
        }
        for (var replica : partition.replicas()) {
            if (!isSound(replica)) {
                problems.add(partition.partition() + ": the replica of node " + replica.nodeId() + " is "
                        + replica.state()
                        + replica.change().map(change -> " and " + change).orElse(""));
            }
        }
    }

    private static boolean isSound(PartitionDescription.Replica replica) {
        boolean close = switch (replica.state()) {
            case LEADER, FOLLOWER -> true;
            case CATCHING_UP, SILENT, MISSING, UNKNOWN -> false;
        };
        return close && replica.change().isEmpty() && replica.highWatermark().isPresent();
    }

    private void addDamage(List<String> problems, int node) {
        var request = HttpRequest.newBuilder(URI.create("http://" + cluster.httpAddress(node) + "/metrics"))
                .timeout(HTTP_TIMEOUT)
                .build();
        try {
            var body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            if (damagedFiles(body) > 0) {
                problems.add("node " + node + " has files that are damaged");
            }
        } catch (IOException e) {
            problems.add("node " + node + " does not tell its metrics: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            problems.add("interrupted");
        }
    }

    static double damagedFiles(String metrics) {
        return metrics.lines()
                .filter(line -> line.startsWith(UNREPAIRED))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
