package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import io.cordwood.metadata.ReplicaChange.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What may become of the replicas of dead nodes, as one image shows it: a pure function of the image and of
 * who has no room.
 *
 * <p>Invariant: what is ordered keeps the rules that the same command of an operator must keep, as far as
 * this image tells.
 *
 * <p>Thread: any; immutable.
 */
public final class DeadReplicas {
    private final MetadataImage image;
    private final Set<Integer> avoid;
    private final Placement placement;

    /** How it stands with a dead node's replica. */
    public enum Standing {
        /** Another node is about to have it, or nobody is: it goes. */
        MOVING,
        /** For its node, or for its turn. */
        WAITING,
        /** It stays: no other node can take it. */
        NO_TAKER,
        /**
         * It stays: less than a majority of the partition's replicas is sound, so that nothing can be decided, not
         * even the end of what is under way.
         */
        NO_MAJORITY
    }

    /**
     * A replica of a dead node.
     *
     * @param why for people; empty where it is being moved, or may be
     * @param order what gives it to another node, or calls off that it joins; empty where neither can begin
     *     now
     */
    public record DeadReplica(
            MetadataImage.Replica replica, int nodeId, Standing standing, String why, Optional<AlterReplicas> order) {}

    /** @param avoid nodes whose disks have no room for more */
    public DeadReplicas(MetadataImage image, Set<Integer> avoid) {
        this(image, avoid, Set.of());
    }

    /**
     * @param avoid nodes whose disks have no room for more
     * @param busy nodes that take as many as they can at once: they come after others on as good a rack
     */
    public DeadReplicas(MetadataImage image, Set<Integer> avoid, Set<Integer> busy) {
        this.image = image;
        this.avoid = Set.copyOf(avoid);
        // Most of the time no node is dead, and clients ask often: nothing is counted then.
        placement = new Placement(image.nodesIn(NodeState.DEAD).isEmpty() ? MetadataImage.EMPTY : image, avoid, busy);
    }

    /** Whether the members of a partition can decide anything: without that nobody is fed either. */
    public static boolean canDecide(MetadataImage.Replica replica, MetadataImage image) {
        return ReplicaRules.checkMajority(replica, image).isEmpty();
    }

    /** Those of a node in order of topic and partition; none where the node is not dead. */
    public List<DeadReplica> on(int nodeId) {
        return isDead(nodeId)
                ? image.replicasOn(nodeId).stream()
                        .map(replica -> judge(replica, nodeId))
                        .toList()
                : List.of();
    }

    /** Empty where the node is not dead. */
    public Optional<DeadReplica> of(MetadataImage.Replica replica, int nodeId) {
        return isDead(nodeId) ? Optional.of(judge(replica, nodeId)) : Optional.empty();
    }

    /** How many there are, of all dead nodes. */
    public Map<Standing, Integer> counts() {
        return counts(image.nodesIn(NodeState.DEAD).stream()
                .flatMap(node -> on(node.nodeId()).stream())
                .toList());
    }

    /** How many of these there are; each standing is in it. */
    public static Map<Standing, Integer> counts(List<DeadReplica> replicas) {
        var counts = new EnumMap<Standing, Integer>(Standing.class);
        for (Standing standing : Standing.values()) {
            counts.put(standing, 0);
        }
        replicas.forEach(replica -> counts.merge(replica.standing(), 1, Integer::sum));
        return counts;
    }

    private boolean isDead(int nodeId) {
        return image.node(nodeId).filter(node -> node.state() == NodeState.DEAD).isPresent();
    }

    private DeadReplica judge(MetadataImage.Replica replica, int dead) {
        return ReplicaRules.checkMajority(replica, image)
                .map(refused -> stays(replica, dead, refused))
                .orElseGet(() -> judgeDecidable(replica, dead));
    }

    private DeadReplica judgeDecidable(MetadataImage.Replica replica, int dead) {
        var changes = replica.partition().changes();
        if (changes.is(dead, Kind.LEAVING)) {
            return new DeadReplica(replica, dead, Standing.MOVING, "", Optional.empty());
        }
        if (changes.is(dead, Kind.JOINING) && changes.any(Kind.LEAVING)) {
            return callOff(replica, dead);
        }
        var taker = placement.taker(replica.partition().replicas(), racksBeside(dead, replica.partition()));
        return taker.map(node -> order(replica, dead, OptionalInt.of(node.nodeId())))
                .orElseGet(() -> new DeadReplica(
                        replica, dead, Standing.NO_TAKER, whyNobody(replica.partition()), Optional.empty()));
    }

    /**
     * Who was to go and does not await this joining, because that began anew or is not the one it goes for, is
     * lost when it is called off. One that runs may be the one that the majority needs.
     */
    private DeadReplica callOff(MetadataImage.Replica replica, int dead) {
        var changes = replica.partition().changes();
        return changes.byNode().keySet().stream()
                .filter(node -> changes.is(node, Kind.LEAVING) && !changes.awaitsSuccessor(node))
                .filter(node -> image.node(node).filter(NodeInfo::answers).isPresent())
                .findFirst()
                .map(node -> new DeadReplica(
                        replica,
                        dead,
                        Standing.WAITING,
                        "the replica of node " + node + ", which leaves and runs, would count as lost if that of node "
                                + dead + " did not join",
                        Optional.empty()))
                .orElseGet(() -> order(replica, dead, OptionalInt.empty()));
    }

    /** What the rules say to it now they will say when it is applied, unless something changes in between. */
    private DeadReplica order(MetadataImage.Replica replica, int dead, OptionalInt taker) {
        var order = new AlterReplicas(
                replica.topic().topicId(),
                replica.partition().partition(),
                taker,
                OptionalInt.of(dead),
                OptionalLong.of(image.index()));
        return ReplicaRules.obstacle(order, replica, image)
                .or(() -> FeatureRules.check(order, image))
                .map(refused -> stays(replica, dead, refused))
                .orElseGet(() -> new DeadReplica(replica, dead, Standing.WAITING, "", Optional.of(order)));
    }

    private static DeadReplica stays(MetadataImage.Replica replica, int dead, Refused refused) {
        var standing = refused.reason() == Reason.TOO_FEW_SOUND_REPLICAS ? Standing.NO_MAJORITY : Standing.WAITING;
        return new DeadReplica(replica, dead, standing, refused.message(), Optional.empty());
    }

    private Set<String> racksBeside(int dead, PartitionInfo partition) {
        return partition.replicas().stream()
                .filter(node -> node != dead && !partition.changes().is(node, Kind.LEAVING))
                .flatMap(node -> image.node(node).stream())
                .map(NodeInfo::rack)
                .collect(Collectors.toSet());
    }

    /** Each node once, by the first thing that is in its way. */
    private String whyNobody(PartitionInfo partition) {
        var holders = new ArrayList<Integer>();
        var absent = new ArrayList<Integer>();
        var full = new ArrayList<Integer>();
        for (NodeInfo node : image.nodes().values()) {
            if (partition.replicas().contains(node.nodeId())) {
                holders.add(node.nodeId());
            } else if (node.state() != NodeState.ALIVE) {
                absent.add(node.nodeId());
            } else if (avoid.contains(node.nodeId()) || !placement.hasRoom(node)) {
                full.add(node.nodeId());
            }
        }
        return "no other node can take it: nodes " + holders + " have one" + also(absent, "are not alive")
                + also(full, "have no room");
    }

    private static String also(List<Integer> nodes, String what) {
        return nodes.isEmpty() ? "" : ", " + nodes + " " + what;
    }
}
