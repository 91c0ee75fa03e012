package io.cordwood.raft;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.util.CodeInjectionForTesting;

/** Cuts nodes off from each other: their requests are refused where they arrive. One at a time in a process. */
final class Network implements AutoCloseable {
    private static final String[] REQUESTS = {
        "RaftServerImpl.appendEntries", "RaftServerImpl.requestVote", "RaftServerImpl.installSnapshot",
    };

    private final Set<String> isolated = ConcurrentHashMap.newKeySet();

    Network() {
        for (String request : REQUESTS) {
            CodeInjectionForTesting.put(request, (local, remote, args) -> {
                if (isolated.contains(String.valueOf(local)) || isolated.contains(String.valueOf(remote))) {
                    throw new IllegalStateException("the network between " + local + " and " + remote + " is cut");
                }
                return true;
            });
        }
    }

    void isolate(PartitionNodeFixture node) {
        isolated.add(node.peer.getId().toString());
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
