package io.cordwood.server.explain;

import io.cordwood.server.explain.Cause.Place;
import io.cordwood.server.explain.PartitionPicture.Replica;
import io.cordwood.server.explain.PartitionPicture.Standing;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What holds a partition back by itself, whoever reads or writes it. Pure functions. */
final class PartitionCauses {
    private PartitionCauses() {}

    /** Why it can be neither read nor written; empty where it can. */
    static Optional<Cause> standstill(PartitionPicture partition) {
        if (!partition.hasMajority()) {
            return Optional.of(noMajority(partition));
        }
        return partition.leader().isPresent() ? Optional.empty() : Optional.of(noLeader(partition));
    }

    /** Tells of the leader, too: without a majority there is none, or it can do nothing. */
    private static Cause noMajority(PartitionPicture partition) {
        var silent = nodes(partition.unsound(), Standing.SILENT);
        return new Cause(
                CauseCode.NO_MAJORITY,
                "partition " + partition.name() + " stands still: " + takingPart(partition) + ", a majority is "
                        + partition.majority() + also(partition.unsound()),
                silent.isEmpty()
                        ? "look at the logs of these nodes; where they have lost too many replicas for good, only"
                                + " deleting the topic helps"
                        : "start " + Words.nodes(silent) + " again; what is not a majority may neither write nor elect",
                Place.of(partition.name()));
    }

    private static Cause noLeader(PartitionPicture partition) {
        var nodes = partition.replicas().stream().map(Replica::nodeId).toList();
        return new Cause(
                CauseCode.NO_LEADER,
                "partition " + partition.name() + " has no leader: " + takingPart(partition)
                        + ", so one is elected within seconds" + also(partition.unsound()),
                "where that lasts for a minute, look at the logs of " + Words.nodes(nodes),
                Place.of(partition.name()));
    }

    /** Some replica does not do its part, and the partition goes on without it. */
    static Optional<Cause> underReplicated(PartitionPicture partition) {
        var unsound = partition.unsound();
        if (unsound.isEmpty() || !partition.hasMajority()) {
            return Optional.empty();
        }
        int all = partition.replicas().size();
        var silent = nodes(unsound, Standing.SILENT);
        return Optional.of(new Cause(
                CauseCode.UNDER_REPLICATED,
                "partition " + partition.name() + " has " + (all - unsound.size()) + " of " + all + " replicas sound"
                        + also(unsound),
                silent.isEmpty() ? "" : "start " + Words.nodes(silent) + " again; what it missed it fetches by itself",
                Place.of(partition.name())));
    }

    private static String takingPart(PartitionPicture partition) {
        return partition.takingPart() + " of " + partition.voters() + " replicas take part";
    }

    private static List<Integer> nodes(Collection<Replica> replicas, Standing standing) {
        return replicas.stream()
                .filter(replica -> replica.standing() == standing)
                .map(Replica::nodeId)
                .toList();
    }

    private static String also(Collection<Replica> unsound) {
        return unsound.isEmpty()
                ? ""
                : unsound.stream().map(PartitionCauses::text).collect(Collectors.joining(", ", ": ", ""));
    }

    private static String text(Replica replica) {
        boolean counted = replica.standing() == Standing.FAR_BEHIND
                && replica.entriesBehind().isPresent();
        var behind = counted ? ", by " + replica.entriesBehind().getAsLong() + " entries of the raft log" : "";
        return "node " + replica.nodeId() + " " + replica.standing().text() + behind;
    }
}
