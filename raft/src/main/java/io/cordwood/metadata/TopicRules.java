package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** What a new topic must keep to, and where its partitions go. Pure functions. */
public final class TopicRules {
    /** Keeps a topic's metadata far below the largest raft entry. */
    public static final int MAX_PARTITIONS_PER_TOPIC = 10_000;

    private static final String NAME_RULE = "[a-zA-Z0-9._-]{1,249}";

    private TopicRules() {}

    /** Names of topics and groups keep to {@code [a-zA-Z0-9._-]{1,249}}; {@code .} and {@code ..} name directories. */
    public static Optional<Refused> checkName(String name) {
        boolean allowed = name.matches(NAME_RULE) && !name.equals(".") && !name.equals("..");
        return allowed
                ? Optional.empty()
                : Optional.of(new Refused(Reason.INVALID_NAME, "name", name, NAME_RULE + ", not . or .."));
    }

    /** The first rule that the command breaks, apart from room on the nodes. */
    static Optional<Refused> check(CreateTopic create, MetadataImage image) {
        return checkName(create.name())
                .or(() -> checkUnique(create, image))
                .or(() -> checkPartitions(create))
                .or(() -> checkReplicationFactor(create.replicationFactor(), image))
                .or(() -> TopicConfig.check(create.config(), batchBytesLimit(image)));
    }

    private static Optional<Refused> checkUnique(CreateTopic create, MetadataImage image) {
        var sameName = image.topic(create.name());
        if (sameName.isPresent()) {
            var id = sameName.get().topicId().toString();
            return refused(Reason.TOPIC_EXISTS, "name", create.name(), "unlike that of topic " + id);
        }
        boolean taken = image.topic(create.topicId()).isPresent();
        return taken ? notNew(create.name()) : checkGroups(create.raftGroupIds(), create.name(), image);
    }

    /** Raft group ids are never used twice. */
    static Optional<Refused> checkGroups(List<UUID> raftGroupIds, String topicName, MetadataImage image) {
        var groups = new HashSet<>(raftGroupIds);
        boolean twice = groups.size() < raftGroupIds.size();
        boolean taken = image.topics().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(partition -> groups.contains(partition.raftGroupId()));
        return twice || taken ? notNew(topicName) : Optional.empty();
    }

    private static Optional<Refused> notNew(String topicName) {
        return refused(Reason.INVALID_ARGUMENT, "topic id and raft group ids", topicName, "drawn anew");
    }

    private static Optional<Refused> checkPartitions(CreateTopic create) {
        int count = create.raftGroupIds().size();
        return 1 <= count && count <= MAX_PARTITIONS_PER_TOPIC
                ? Optional.empty()
                : refused(
                        Reason.INVALID_PARTITION_COUNT,
                        "partition_count",
                        Integer.toString(count),
                        "from 1 to " + MAX_PARTITIONS_PER_TOPIC);
    }

    /** Each replica of a new partition takes a node of its own that is alive. */
    static Optional<Refused> checkReplicationFactor(int factor, MetadataImage image) {
        int nodes = image.nodesIn(NodeState.ALIVE).size();
        return 1 <= factor && factor <= nodes
                ? Optional.empty()
                : refused(
                        Reason.INVALID_REPLICATION_FACTOR,
                        "replication_factor",
                        Integer.toString(factor),
                        "from 1 to " + nodes + ", the number of nodes that are alive" + others(image));
    }

    /** Which nodes there are beside those that are alive, and what keeps them from being given replicas. */
    private static String others(MetadataImage image) {
        return image.nodes().values().stream()
                .filter(node -> node.state() != NodeState.ALIVE)
                .map(node ->
                        "; node " + node.nodeId() + " is " + node.state().name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }

    /** A batch must fit into every node: the smallest limit counts. */
    static int batchBytesLimit(MetadataImage image) {
        return image.nodes().values().stream()
                .filter(node -> !node.isAwaited())
                .mapToInt(node -> node.limits().maxBatchBytes())
                .min()
                .orElse(Integer.MAX_VALUE);
    }

    /** The topic with its partitions placed; empty when the nodes have no room. */
    static Optional<TopicInfo> place(CreateTopic create, MetadataImage image) {
        int count = create.raftGroupIds().size();
        return Placement.of(image, count, create.replicationFactor(), create.avoid())
                .map(placed -> {
                    var partitions = new ArrayList<PartitionInfo>(count);
                    for (int i = 0; i < count; i++) {
                        partitions.add(
                                PartitionInfo.created(i, create.raftGroupIds().get(i), placed.get(i)));
                    }
                    return new TopicInfo(create.name(), create.topicId(), create.config(), partitions);
                });
    }

    static Refused noRoom(int wanted, MetadataImage image) {
        long free = image.nodesIn(NodeState.ALIVE).stream()
                .mapToLong(node -> node.limits().maxPartitions()
                        - image.replicasOn(node.nodeId()).size())
                .sum();
        return new Refused(
                Reason.LIMIT_REACHED,
                "node.max-partitions",
                wanted + " replicas",
                "at most " + free + " more on the nodes that are alive");
    }

    private static Optional<Refused> refused(Reason reason, String field, String value, String limit) {
        return Optional.of(new Refused(reason, field, value, limit));
    }
}
