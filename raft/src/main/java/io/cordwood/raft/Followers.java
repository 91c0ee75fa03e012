package io.cordwood.raft;

import java.util.Map;
import java.util.TreeMap;
import org.apache.ratis.server.RaftServer.Division;

/** What a leader knows of the other members of its group. Stateless. */
final class Followers {
    private Followers() {}

    /**
     * One of them.
     *
     * @param matchIndex raft index up to which it has confirmed the leader's entries
     * @param nextIndex raft index of the entry that it is sent next
     * @param entriesBehind raft entries of the leader that it has not confirmed
     * @param silentMs since its last answer
     */
    record Follower(long matchIndex, long nextIndex, long entriesBehind, long silentMs) {}

    /** By node id; empty where the division does not lead. */
    static Map<Integer, Follower> of(Division division) {
        var followers = new TreeMap<Integer, Follower>();
        var info = division.getInfo();
        var said = info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        var matches = info.getFollowerMatchIndices();
        var nexts = info.getFollowerNextIndices();
        // All are in the order of Ratis' senders; while members change they may differ for a moment.
        if (matches == null || nexts == null || matches.length != said.size() || nexts.length != said.size()) {
            return followers;
        }
        var last = RaftGroups.lastEntry(division);
        if (last.isEmpty()) {
            return followers;
        }
        for (int i = 0; i < matches.length; i++) {
            int node = Integer.parseInt(said.get(i).getId().getId().toStringUtf8());
            long behind = Math.max(0, last.get().getIndex() - matches[i]);
            long silentMs = said.get(i).getLastRpcElapsedTimeMs();
            followers.put(node, new Follower(matches[i], nexts[i], behind, silentMs));
        }
        return followers;
    }
}
