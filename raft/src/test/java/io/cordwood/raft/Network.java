package io.cordwood.raft;

import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.util.CodeInjectionForTesting;

/** Cuts nodes off from each other: their requests are refused where they arrive. One at a time in a process. */
final class Network implements AutoCloseable {
    private static final String NOTIFICATION = "RaftServerImpl.installSnapshot";
    private static final String[] REQUESTS = {
        "RaftServerImpl.appendEntries", "RaftServerImpl.requestVote", NOTIFICATION,
    };

    private final Set<String> isolated = ConcurrentHashMap.newKeySet();
    /** Those that arrived, refused or not, by the node that they were for. */
    private final Map<String, AtomicInteger> notifications = new ConcurrentHashMap<>();

    Network() {
        for (String request : REQUESTS) {
            CodeInjectionForTesting.put(request, (local, remote, args) -> {
                if (request.equals(NOTIFICATION)) {
                    notificationsOf(String.valueOf(local)).incrementAndGet();
                }
                if (isolated.contains(String.valueOf(local)) || isolated.contains(String.valueOf(remote))) {
                    throw new IllegalStateException("the network between " + local + " and " + remote + " is cut");
                }
                return true;
            });
        }
    }

    /** What nodes ask each other about their terms is cut off, too. */
    void cutsQuestionsIn(PartitionCluster cluster) {
        cluster.nodes().forEach(node -> node.hears = from -> !isIsolated(from) && !isIsolated(node.id()));
    }

    private boolean isIsolated(int nodeId) {
        return isolated.contains(String.valueOf(nodeId));
    }

    void isolate(PartitionNodeFixture node) {
        isolate(node.id());
    }

    void isolate(int nodeId) {
        isolated.add(String.valueOf(nodeId));
    }

    /**
     * Heals once the leader has nothing for this node but notifications: entries that it sent before it purged them may still be
     * on their way, and would feed the node.
     */
    void healNotified(PartitionNodeFixture node) {
        var count = notificationsOf(node.peer.getId().toString());
        int before = count.get();
        await().atMost(30, TimeUnit.SECONDS).until(() -> count.get() > before + 1);
        heal();
    }

    /** How often leaders have notified this node so far, also where Ratis did not pass that on. */
    int notificationsTo(PartitionNodeFixture node) {
        return notificationsOf(node.peer.getId().toString()).get();
    }

    private AtomicInteger notificationsOf(String node) {
        return notifications.computeIfAbsent(node, unused -> new AtomicInteger());
    }

    void heal() {
        isolated.clear();
    }

    @Override
    public void close() {
        heal();
        for (String request : REQUESTS) {
            CodeInjectionForTesting.put(request, (local, remote, args) -> true);
        }
    }
}
