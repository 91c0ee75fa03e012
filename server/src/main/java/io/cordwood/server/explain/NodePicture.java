package io.cordwood.server.explain;

import io.cordwood.metadata.DeadReplicas;
import io.cordwood.metadata.NodeState;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.health.Hindrance;
import java.util.List;
import java.util.Map;

/**
 * A node as the cluster and the node itself tell of it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param disks as it told them a moment ago; none where it did not
 * @param dead how many of its replicas there are by what becomes of them; empty where it is not dead
 */
public record NodePicture(
        int nodeId, NodeState state, List<NodeDisk> disks, Map<DeadReplicas.Standing, Integer> dead, Health health) {

    public NodePicture {
        disks = List.copyOf(disks);
        dead = Map.copyOf(dead);
    }

    /**
     * What it says of itself, and what becomes of its replicas.
     *
     * @param hindrances empty where it did not answer, or was not asked
     * @param lost names of partitions whose replica it has lost
     * @param joining names of partitions of which it is given a replica
     */
    public record Health(Answer answer, List<Hindrance> hindrances, List<String> lost, List<String> joining) {
        /** Where only others were asked. */
        public static final Health UNKNOWN = new Health(Answer.NOT_ASKED, List.of(), List.of(), List.of());

        public Health {
            hindrances = List.copyOf(hindrances);
            lost = List.copyOf(lost);
            joining = List.copyOf(joining);
        }
    }

    /** Whether it says how it is. */
    public enum Answer {
        NOT_ASKED,
        GIVEN,
        NONE
    }
}
