package io.cordwood.server.health;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.health.Hindrance.Code;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.store.PartitionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Every replica that the metadata places on this node is open here, but for those that are set aside: these
 * are told of, and nothing waits for them.
 *
 * <p>Until all were open once none may be missing: a restart is over when the node holds again what it
 * held. From then on a replica may be missing for {@link #PATIENCE}: a new topic's groups are made one
 * after the other, and a node that serves all its others must not be taken out of service for each of them.
 *
 * <p><b>Thread:</b> one.
 */
public final class ReplicasOpen implements ReadinessCheck {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int NAMED = 5;

    private final Cluster cluster;
    private final LocalReplicas replicas;
    private final LongSupplier nanoClock;
    private final Map<UUID, Long> missingSince = new HashMap<>();
    private boolean wereAllOpen;

    public ReplicasOpen(Cluster cluster, LocalReplicas replicas, LongSupplier nanoClock) {
        this.cluster = cluster;
        this.replicas = replicas;
        this.nanoClock = nanoClock;
    }

    @Override
    public List<Hindrance> hindrances() {
        var placed = cluster.image().replicasOn(cluster.thisNode());
        var absent = placed.stream().filter(this::isMissing).collect(Collectors.partitioningBy(this::isSetAside));
        var setAside = absent.getOrDefault(true, List.of());
        var missing = absent.getOrDefault(false, List.of());
        remember(missing);
        wereAllOpen |= missing.isEmpty();
        var found = new ArrayList<Hindrance>();
        var counted = missing.stream().filter(this::counts).toList();
        if (!counted.isEmpty()) {
            found.add(new Hindrance(
                    Code.REPLICAS_NOT_OPEN,
                    counted.size() + " of " + placed.size() + " replicas are not open here: " + names(counted)
                            + "; the node's log says why"));
        }
        if (!setAside.isEmpty()) {
            found.add(new Hindrance(
                    Code.REPLICAS_SET_ASIDE,
                    setAside.size() + " of " + placed.size() + " replicas are set aside and take no part: "
                            + names(setAside) + "; the node's log says why"));
        }
        return List.copyOf(found);
    }

    private boolean isSetAside(MetadataImage.Replica replica) {
        return replicas.isSetAside(replica.partition().raftGroupId());
    }

    private boolean isMissing(MetadataImage.Replica replica) {
        return replicas.find(new PartitionId(
                        replica.topic().topicId(), replica.partition().partition()))
                .isEmpty();
    }

    private void remember(List<MetadataImage.Replica> missing) {
        var groups = new HashSet<UUID>();
        for (var replica : missing) {
            groups.add(replica.partition().raftGroupId());
            missingSince.putIfAbsent(replica.partition().raftGroupId(), nanoClock.getAsLong());
        }
        missingSince.keySet().retainAll(groups);
    }

    private boolean counts(MetadataImage.Replica replica) {
        long since = missingSince.getOrDefault(replica.partition().raftGroupId(), nanoClock.getAsLong());
        return !wereAllOpen || nanoClock.getAsLong() - since > PATIENCE.toNanos();
    }

    private static String names(List<MetadataImage.Replica> some) {
        var names = some.stream()
                .limit(NAMED)
                .map(replica ->
                        replica.topic().name() + "-" + replica.partition().partition())
                .collect(Collectors.joining(", "));
        return names + (some.size() > NAMED ? ", ..." : "");
    }
}
