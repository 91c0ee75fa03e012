package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.AddNode;
import io.cordwood.metadata.MetadataCommand.AddPartitions;
import io.cordwood.metadata.MetadataCommand.AllocateProducerIds;
import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.AlterTopicConfig;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.DeleteTopic;
import io.cordwood.metadata.MetadataCommand.FormCluster;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.RegisterNode;
import io.cordwood.metadata.MetadataCommand.ReplaceNode;
import io.cordwood.metadata.MetadataCommand.ReplacedNodeRemoved;
import io.cordwood.metadata.MetadataCommand.ReplicaJoined;
import io.cordwood.metadata.MetadataCommand.ReplicaRemoved;
import io.cordwood.metadata.MetadataCommand.ReportLeaders;
import io.cordwood.metadata.MetadataCommand.ReportLostReplica;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataCommand.SetPreferredLeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Commands for tests: single ones, and long random histories drawn from a seed. */
public final class MetadataCommands {
    public static final String CLUSTER = "AAAAAAAAAAAAAAAAAAAAAA";

    private static final int NEWEST_LEVEL = MetadataCommand.GROUPS;
    private static final List<NodeState> STATES = List.of(NodeState.values());

    private MetadataCommands() {}

    public static NodeRegistration node(int id) {
        return node(id, "", 300);
    }

    public static NodeRegistration node(int id, String rack, int maxPartitions) {
        return new NodeRegistration(
                id,
                "incarnation-" + id,
                "node" + id + ":9091",
                new TreeMap<>(Map.of("client", "node" + id + ":9090")),
                rack,
                new NodeLimits(maxPartitions, 1 << 20),
                new FeatureRange(1, 2));
    }

    /** The same with a program of these feature levels. */
    public static NodeRegistration withFeatures(NodeRegistration node, int min, int max) {
        return new NodeRegistration(
                node.nodeId(),
                node.incarnation(),
                node.nodeAddress(),
                node.clientAddresses(),
                node.rack(),
                node.limits(),
                new FeatureRange(min, max));
    }

    public static FormCluster form(NodeRegistration... nodes) {
        var voters = Stream.of(nodes).map(NodeRegistration::nodeId).limit(5).toList();
        return new FormCluster(CLUSTER, 1, List.of(nodes), voters);
    }

    public static CreateTopic topic(String name, int partitions, int replicationFactor) {
        return topic(name, partitions, replicationFactor, new Random(name.hashCode()));
    }

    public static CreateTopic topic(String name, int partitions, int replicationFactor, Random random) {
        var groups = IntStream.range(0, partitions).mapToObj(i -> uuid(random)).toList();
        return new CreateTopic(name, uuid(random), groups, replicationFactor, new TreeMap<>());
    }

    /** One command of each kind. */
    public static List<MetadataCommand> oneOfEach() {
        var config = new TreeMap<>(Map.of(TopicConfig.SEGMENT_BYTES, "1048576"));
        var commands = List.<MetadataCommand>of(
                form(node(1), node(2, "rack-a", 7)),
                new AddNode(9, "node9:9091"),
                new RegisterNode(node(9), true),
                new SetNodeState(9, "incarnation-9", NodeState.DEAD),
                new RaiseFeatureLevel(2),
                new CreateTopic("orders", new UUID(1, 2), List.of(new UUID(3, 4), new UUID(5, 6)), 1, config),
                new AlterTopicConfig(new UUID(1, 2), config, new TreeSet<>(Set.of(TopicConfig.TIMESTAMP_TYPE))),
                new AddPartitions(new UUID(1, 2), 3, List.of(new UUID(9, 10))),
                new AddPartitions(new UUID(1, 2), 3, List.of(new UUID(9, 10)), new TreeSet<>(List.of(2, 3))),
                new CreateTopic("full", new UUID(1, 2), List.of(new UUID(3, 4)), 1, config, new TreeSet<>(List.of(2))),
                new SetPreferredLeader(new UUID(1, 2), 1, 2),
                new DeleteTopic(new UUID(7, 8)),
                new ReportLeaders(2, List.of(new LeaderReport(new UUID(1, 2), 1, 17))),
                new AllocateProducerIds(3),
                new ReportLostReplica(new UUID(1, 2), 1, 2, "incarnation-2", 40),
                new ReplicaRemoved(new UUID(1, 2), 1, 2, 41),
                new ReplicaJoined(new UUID(1, 2), 1, 2, 42),
                new AlterReplicas(new UUID(1, 2), 1, OptionalInt.of(3), OptionalInt.empty()),
                new AlterReplicas(new UUID(1, 2), 1, OptionalInt.of(3), OptionalInt.of(2), OptionalLong.of(43)),
                new ReplaceNode(2, "incarnation-2"),
                new ReplacedNodeRemoved(2, "incarnation-2"));
        return Stream.concat(commands.stream(), GroupCommands.oneOfEach().stream())
                .toList();
    }

    /**
     * Commands that mostly make sense, and some that are refused. Every other history is of a cluster that
     * begins at the newest level, the others reach it at some time or never.
     */
    public static List<MetadataCommand> history(long seed, int length) {
        var random = new Random(seed);
        var commands = new ArrayList<MetadataCommand>();
        commands.add(form(modern(node(1)), modern(node(2, "a", 20)), modern(node(3, "b", 20))));
        if (seed % 2 == 0) {
            commands.add(new RaiseFeatureLevel(NEWEST_LEVEL));
        }
        var state = new MetadataState(MetadataImage.EMPTY);
        var topics = new ArrayList<CreateTopic>();
        while (commands.size() < length) {
            for (int at = (int) state.image().index(); at < commands.size(); at++) {
                state.apply(commands.get(at), at + 1);
            }
            commands.add(next(random, topics, state.image()));
        }
        return commands;
    }

    private static NodeRegistration modern(NodeRegistration node) {
        return withFeatures(node, 1, NEWEST_LEVEL);
    }

    private static MetadataCommand next(Random random, List<CreateTopic> topics, MetadataImage image) {
        int node = 1 + random.nextInt(5);
        int at = (int) image.index();
        return switch (random.nextInt(32)) {
            case 0 -> new AddNode(node, "node" + node + ":9091");
            case 1 -> new RegisterNode(modern(node(node)));
            case 2 -> new SetNodeState(node, "incarnation-" + node, STATES.get(random.nextInt(STATES.size())));
            case 3 -> new DeleteTopic(known(random, topics).topicId());
            case 4 ->
                new ReportLeaders(
                        node,
                        List.of(new LeaderReport(
                                known(random, topics).topicId(), random.nextInt(4), 1 + random.nextInt(9))));
            case 5 -> new AllocateProducerIds(node);
            case 6 -> new RaiseFeatureLevel(1 + random.nextInt(NEWEST_LEVEL));
            case 7 -> known(random, topics); // a repetition, or a second topic of the name
            case 8 -> alteration(random, known(random, topics).topicId());
            case 9 -> addition(random, known(random, topics).topicId());
            case 10 -> new SetPreferredLeader(known(random, topics).topicId(), random.nextInt(4), node);
            case 11, 12, 13 -> replicaChange(random, node, known(random, topics).topicId(), at);
            case 14 -> new ReplaceNode(node, "incarnation-" + node);
            case 15 -> new ReplacedNodeRemoved(node, "incarnation-" + node);
            case 16, 17 -> unattended(random, node, known(random, topics).topicId(), image);
            case 18, 19, 20, 21, 22, 23, 24, 25, 26, 27 -> GroupCommands.next(random, image);
            default -> {
                var topic = topic("topic-" + random.nextInt(6), random.nextInt(5), random.nextInt(5), random);
                topics.add(topic);
                yield topic;
            }
        };
    }

    private static AlterTopicConfig alteration(Random random, UUID topic) {
        var set = new TreeMap<>(Map.of(TopicConfig.SEGMENT_BYTES, Integer.toString(random.nextInt(5000))));
        var reset = new TreeSet<>(Set.of(TopicConfig.KEYS.get(random.nextInt(TopicConfig.KEYS.size()))));
        return new AlterTopicConfig(topic, random.nextBoolean() ? set : new TreeMap<>(), reset);
    }

    /** @param at about the raft index; changes that began earlier are hit now and then */
    private static MetadataCommand replicaChange(Random random, int node, UUID topic, int at) {
        int partition = random.nextInt(3);
        long since = 1L + random.nextInt(at);
        return switch (random.nextInt(4)) {
            case 0 -> new ReportLostReplica(topic, partition, node, "incarnation-" + node, since);
            case 1 -> new ReplicaRemoved(topic, partition, node, since);
            case 2 -> new ReplicaJoined(topic, partition, node, since);
            default ->
                new AlterReplicas(
                        topic,
                        partition,
                        random.nextBoolean() ? OptionalInt.of(node) : OptionalInt.empty(),
                        random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(4)) : OptionalInt.empty());
        };
    }

    /** What a metadata leader orders for dead nodes, and now and then what another one would have. */
    private static AlterReplicas unattended(Random random, int node, UUID topic, MetadataImage image) {
        var dead = new DeadReplicas(image, Set.of());
        var orders = image.nodes().keySet().stream()
                .flatMap(id -> dead.on(id).stream())
                .flatMap(replica -> replica.order().stream())
                .toList();
        return orders.isEmpty() || random.nextInt(4) == 0
                ? new AlterReplicas(
                        topic,
                        random.nextInt(3),
                        OptionalInt.of(node),
                        OptionalInt.of(1 + random.nextInt(4)),
                        OptionalLong.of(1 + random.nextInt((int) image.index())))
                : orders.get(random.nextInt(orders.size()));
    }

    private static AddPartitions addition(Random random, UUID topic) {
        var groups =
                Stream.generate(() -> uuid(random)).limit(random.nextInt(3)).toList();
        return new AddPartitions(topic, 1 + random.nextInt(8), groups);
    }

    private static CreateTopic known(Random random, List<CreateTopic> topics) {
        return topics.isEmpty() ? topic("first", 1, 1) : topics.get(random.nextInt(topics.size()));
    }

    private static UUID uuid(Random random) {
        return new UUID(random.nextLong(), random.nextLong());
    }
}
