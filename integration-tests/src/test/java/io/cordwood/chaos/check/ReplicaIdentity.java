package io.cordwood.chaos.check;

import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.ReplicaState;
import io.cordwood.client.TopicPartition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * In the end all replicas of a partition are the same.
 *
 * <p>Of each node the last state of a replica that was noted behind the last heal counts. Broken by two of
 * one partition that differ in log start, end offset or hash; by one that ends before the final log; and, if
 * any states were noted, by a partition with a final log of which there are not two to compare.
 */
public final class ReplicaIdentity implements Checker {
    @Override
    public String name() {
        return "replica-identity";
    }

    @Override
    public List<Violation> check(History history) {
        long heal = history.lastHealNanos().orElse(Long.MIN_VALUE);
        var states = new TreeMap<TopicPartition, Map<Integer, ReplicaState>>();
        for (var call : history.calls(ReplicaState.class)) {
            if (call.beginNanos() >= heal) {
                states.computeIfAbsent(call.what().partition(), partition -> new LinkedHashMap<>())
                        .put(call.what().node(), call.what());
            }
        }
        var findings = new Findings(name());
        states.forEach((partition, byNode) -> checkOne(List.copyOf(byNode.values()), history, findings));
        for (var partition : states.isEmpty()
                ? List.<TopicPartition>of()
                : history.finalLogs().keySet()) {
            int replicas = states.getOrDefault(partition, Map.of()).size();
            if (replicas < 2) {
                findings.add(partition + " was read in the end, and the state of " + replicas
                        + " of its replicas was noted");
            }
        }
        return findings.all();
    }

    private static void checkOne(List<ReplicaState> replicas, History history, Findings findings) {
        var first = replicas.get(0);
        for (var other : replicas.subList(1, replicas.size())) {
            if (first.logStart() != other.logStart()
                    || first.endOffset() != other.endOffset()
                    || !first.hash().equals(other.hash())) {
                findings.add(first.partition() + " is " + shown(first) + ", and " + shown(other));
            }
        }
        var log = history.finalLogs().get(first.partition());
        for (var replica : replicas) {
            if (log != null && replica.endOffset() < log.endOffset()) {
                findings.add(replica.partition() + " was read to " + log.endOffset() + ", and is " + shown(replica));
            }
        }
    }

    private static String shown(Operation.ReplicaState replica) {
        return "[" + replica.logStart() + ", " + replica.endOffset() + ") with hash " + replica.hash() + " on node "
                + replica.node();
    }
}
