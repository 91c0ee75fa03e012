package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation.LeaderSeen;
import io.cordwood.client.TopicPartition;
import java.util.HashMap;
import java.util.List;

/**
 * An epoch of a partition has one leader.
 *
 * <p>Broken by two nodes that say of the same epoch that they lead the partition, whenever they say it.
 *
 * <p><b>Source:</b> Election Safety of Raft, section 5.2.
 */
public final class LeaderEpochs implements Checker {
    @Override
    public String name() {
        return "one-leader";
    }

    private record Epoch(TopicPartition partition, int number) {}

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var first = new HashMap<Epoch, Call<LeaderSeen>>();
        for (var seen : history.calls(LeaderSeen.class)) {
            var leader = seen.what();
            var earlier = first.putIfAbsent(new Epoch(leader.partition(), leader.epoch()), seen);
            if (earlier != null && earlier.what().node() != leader.node()) {
                findings.add(leader.partition() + " has two leaders in epoch " + leader.epoch() + ": node "
                        + earlier.what().node() + ", " + earlier.where() + ", and node " + leader.node() + ", "
                        + seen.where());
            }
        }
        return findings.all();
    }
}
