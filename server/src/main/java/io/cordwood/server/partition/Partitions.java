package io.cordwood.server.partition;

import io.cordwood.batch.BatchLimits;
import io.cordwood.batch.TimestampRules;
import io.cordwood.batch.TimestampType;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.metrics.TopicMeters;
import io.cordwood.metrics.TopicTraffic;
import io.cordwood.raft.Registration;
import io.cordwood.server.cluster.AdvertisedAddresses;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.store.PartitionId;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds partitions by name: the metadata says what there is, the node's replicas what is here.
 *
 * <p>Invariants: what is found is of one topic of one image, never of an earlier one of its name; the rules that are
 * kept were resolved from that very topic.
 *
 * <p><b>Thread:</b> any.
 */
public final class Partitions {
    /** A clock may run ahead that far before its records are refused. */
    private static final Duration MAX_FUTURE = Duration.ofHours(1);

    private static final String TOPIC_ID = "topic_id";

    private final Cluster cluster;
    private final LocalReplicas replicas;
    private final TopicConfig defaults;
    private final AdvertisedAddresses addresses;
    private final TopicMeters topics;
    /** Resolving a topic's settings takes longer than the rest of a batch's way to its partition. */
    private final Map<String, Rules> rulesByTopic = new ConcurrentHashMap<>();

    private record Rules(
            TopicInfo topic, String topicId, BatchLimits limits, TimestampRules timestamps, TopicTraffic traffic) {}

    /**
     * @param addresses what callers are told of where a leader is
     * @param topics where their traffic counts
     */
    public Partitions(AdvertisedAddresses addresses, LocalReplicas replicas, int batchMaxBytes, TopicMeters topics) {
        this.addresses = addresses;
        this.cluster = addresses.cluster();
        this.replicas = replicas;
        this.defaults = new TopicConfig(
                TopicConfig.DEFAULTS.segmentBytes(),
                TopicConfig.DEFAULTS.segmentAgeMs(),
                batchMaxBytes,
                TopicConfig.DEFAULTS.timestampSource(),
                TopicConfig.DEFAULTS.retentionMs(),
                TopicConfig.DEFAULTS.retentionBytes(),
                TopicConfig.DEFAULTS.cleanup());
        this.topics = topics;
    }

    /** What may be asked of a partition here, or why not. */
    public sealed interface Lookup {
        /** It has a replica on this node. */
        record Found(LocalPartition partition) implements Lookup {}

        /** It does not exist, or not here. */
        record Missing(Refusal refusal) implements Lookup {}
    }

    /** A partition of the topic that has this name now. */
    public Lookup find(TopicPartition name) {
        return find(name, null);
    }

    /** @param topicId as text, what the caller takes for the topic's id; null = any */
    public Lookup find(TopicPartition name, @Nullable String topicId) {
        var image = cluster.image();
        var missing = missing(image, name, topicId);
        if (missing.isPresent()) {
            return new Lookup.Missing(missing.get());
        }
        var topic = image.topic(name.topic()).orElseThrow();
        return replicas.find(new PartitionId(topic.topicId(), name.partition()))
                .<Lookup>map(replica -> new Lookup.Found(local(name, replica, topic)))
                .orElseGet(() -> new Lookup.Missing(notReplica(name)));
    }

    private Optional<Refusal> missing(MetadataImage image, TopicPartition name, @Nullable String topicId) {
        var topic = image.topic(name.topic());
        if (topicId != null && topic.isPresent()) {
            var other = checkId(topic.get(), topicId);
            if (other.isPresent()) {
                return other; // before the number: the earlier topic may have had more partitions
            }
        }
        return check(image, name);
    }

    /** The refusal of whoever means another topic, which had this one's name before. */
    private Optional<Refusal> checkId(TopicInfo topic, String expected) {
        var found = rules(topic).topicId;
        try {
            // As text where it is as we write it: it comes with each batch.
            if (found.equals(expected) || UUID.fromString(expected).equals(topic.topicId())) {
                return Optional.empty();
            }
        } catch (IllegalArgumentException e) {
            return Optional.of(Refusal.field(Reason.INVALID_ARGUMENT, TOPIC_ID, expected, "a UUID"));
        }
        return Optional.of(Refusal.of(
                        Reason.UNKNOWN_TOPIC,
                        "topic '" + topic.name() + "' was deleted and created anew: it was " + expected + ", is "
                                + found)
                .with(Refusal.TOPIC, topic.name())
                .with(Refusal.FIELD, TOPIC_ID)
                .with(Refusal.VALUE, expected)
                .with(Refusal.LIMIT, found));
    }

    /** The refusal of a partition that the metadata does not know. */
    public static Optional<Refusal> check(MetadataImage image, TopicPartition name) {
        var topic = image.topic(name.topic());
        if (topic.isEmpty()) {
            return Optional.of(unknownTopic(name.topic()));
        }
        int count = topic.get().partitions().size();
        return topic.get().partition(name.partition()).isPresent()
                ? Optional.empty()
                : Optional.of(Refusal.field(
                                Reason.PARTITION_OUT_OF_RANGE,
                                "partition",
                                name.partition(),
                                "from 0 to " + (count - 1))
                        .with(Refusal.LIMIT, count)
                        .with(Refusal.TOPIC, name.topic()));
    }

    public static Refusal unknownTopic(String topic) {
        return Refusal.of(Reason.UNKNOWN_TOPIC, "topic '" + topic + "' does not exist; create it first")
                .with(Refusal.TOPIC, topic);
    }

    /** Who leads: the replica here knows best, else what the leader reported. */
    public OptionalInt leader(TopicPartition name) {
        var here = replica(name)
                .map(replica -> replica.leadership().leaderNodeId())
                .orElse(OptionalInt.empty());
        return here.isPresent() ? here : reportedLeader(name);
    }

    private Optional<Replica> replica(TopicPartition name) {
        return cluster.image()
                .topic(name.topic())
                .filter(topic -> topic.partition(name.partition()).isPresent())
                .flatMap(topic -> replicas.find(new PartitionId(topic.topicId(), name.partition())));
    }

    /** Why this node cannot do what only the leader does; the request changed nothing. */
    public Refusal notLeader(TopicPartition name) {
        var leader = leader(name);
        if (leader.isEmpty()) {
            return Refusal.of(
                            Reason.LEADER_UNKNOWN,
                            "partition " + name + " has no leader at the moment: "
                                    + lost(name).orElse("try again shortly"))
                    .with(Refusal.TOPIC, name.topic());
        }
        return withLeader(
                        Refusal.of(
                                Reason.NOT_LEADER,
                                "node " + cluster.thisNode() + " does not lead partition " + name + "; ask node "
                                        + leader.getAsInt()),
                        leader)
                .with(Refusal.OUTCOME, Refusal.NOTHING_DONE);
    }

    /** Why there is none, as far as this node knows. */
    private Optional<String> lost(TopicPartition name) {
        return cluster.image()
                .topic(name.topic())
                .flatMap(topic -> topic.partition(name.partition()))
                .flatMap(partition -> {
                    var lost = new TreeSet<Integer>();
                    partition.changes().byNode().forEach((node, change) -> {
                        if (change.kind() == ReplicaChange.Kind.LOST) {
                            lost.add(node);
                        }
                    });
                    if (replicas.isSetAside(partition.raftGroupId())) {
                        lost.add(cluster.thisNode());
                    }
                    return new SoundReplicas(new TreeSet<>(partition.replicas()), lost, new TreeSet<>()).tooFew();
                });
    }

    /** Adds who leads and where, as far as it is known. */
    public Refusal withLeader(Refusal refusal, OptionalInt leader) {
        if (leader.isEmpty()) {
            return refusal;
        }
        var named = refusal.with(Refusal.LEADER_NODE_ID, leader.getAsInt());
        return addresses
                .of(leader.getAsInt())
                .map(address -> named.with(Refusal.LEADER_ADDRESS, address))
                .orElse(named);
    }

    /** What another node refused, who named the leader's address as callers of its own know it. */
    public Refusal readdressed(Refusal refusal) {
        var leader = refusal.details().get(Refusal.LEADER_NODE_ID);
        return leader == null ? refusal : withLeader(refusal, OptionalInt.of(Integer.parseInt(leader)));
    }

    /** Called after each change of what exists where. */
    public Registration onChange(Runnable listener) {
        return cluster.onChange(listener);
    }

    /** Why this node cannot do what takes an open replica. */
    public Refusal notReplica(TopicPartition name) {
        var leader = reportedLeader(name);
        var refusal = Refusal.of(
                Reason.NOT_REPLICA,
                "node " + cluster.thisNode() + " holds no open replica of partition " + name
                        + "; ask a node that DescribePartitions names");
        return withLeader(refusal, leader).with(Refusal.TOPIC, name.topic());
    }

    private OptionalInt reportedLeader(TopicPartition name) {
        return cluster.image()
                .partition(name.topic(), name.partition())
                .map(PartitionInfo::leader)
                .orElse(OptionalInt.empty());
    }

    private LocalPartition local(TopicPartition name, Replica replica, TopicInfo topic) {
        var rules = rules(topic);
        return new LocalPartition(name, topic.topicId(), replica, rules.limits, rules.timestamps, rules.traffic);
    }

    @SuppressWarnings("ReferenceEquality") // an equal topic would do too, but comparing takes as long as resolving
    private Rules rules(TopicInfo topic) {
        var known = rulesByTopic.get(topic.name());
        if (known != null && known.topic == topic) {
            return known;
        }
        if (rulesByTopic.size() > cluster.image().topics().size()) {
            // Some were deleted.
            rulesByTopic.clear();
        }
        var resolved = resolve(topic);
        rulesByTopic.put(topic.name(), resolved);
        return resolved;
    }

    private Rules resolve(TopicInfo topic) {
        var config = TopicConfig.resolve(topic.config(), defaults);
        var type = config.timestampSource() == TopicConfig.TimestampSource.APPEND
                ? TimestampType.LOG_APPEND_TIME
                : TimestampType.CREATE_TIME;
        return new Rules(
                topic,
                topic.topicId().toString(),
                BatchLimits.ofBatchMaxBytes(config.maxBatchBytes()),
                new TimestampRules(
                        type,
                        Long.MAX_VALUE,
                        MAX_FUTURE.toMillis(),
                        config.cleanup().policy().compacts()),
                topics.of(topic.name()));
    }
}
