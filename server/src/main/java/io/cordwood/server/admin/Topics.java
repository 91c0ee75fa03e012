package io.cordwood.server.admin;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.metadata.TopicRules;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.ImageWatch;
import io.cordwood.server.cluster.MetadataRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.KnownLeaders;
import io.cordwood.server.partition.Partitions;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Topics: created, found, listed and deleted through the metadata.
 *
 * <p><b>Thread:</b> any; no state of its own. Futures fail with {@link RefusedException} where a rule is broken.
 */
public final class Topics {
    static final String INTERNAL_PREFIX = "__";
    private static final int DEFAULT_REPLICATION_FACTOR = 3;
    private static final int DEFAULT_PAGE = 100;
    private static final int PAGE_MAX = 1_000;

    private final Cluster cluster;
    private final KnownLeaders leaders;
    private final ImageWatch watch;

    /** @param leaders where a replica here may know more of a topic's leaders than the metadata */
    public Topics(Cluster cluster, KnownLeaders leaders) {
        this.cluster = cluster;
        this.leaders = leaders;
        this.watch = new ImageWatch(cluster);
    }

    /** The topic once each of its partitions has a leader, or as it is when the deadline comes. */
    public CompletableFuture<TopicInfo> create(NewTopic topic, Deadline deadline) {
        return cluster.currentImage().thenCompose(image -> {
            var command = command(topic, image);
            return cluster.submit(command)
                    .thenApply(Topics::index)
                    .thenCompose(index -> led(index, command.topicId(), "the creation of", topic.name(), deadline));
        });
    }

    /** The topic once each of its partitions, old and new, has a leader, or as it is when the deadline comes. */
    public CompletableFuture<TopicInfo> addPartitions(String name, int total, Deadline deadline) {
        return growth(name, total)
                .thenCompose(command -> cluster.submit(command)
                        .thenApply(Topics::index)
                        .thenCompose(index -> led(index, command.topicId(), "the growth of", name, deadline)));
    }

    /** The topic as it would be with so many partitions. */
    public CompletableFuture<TopicInfo> validatePartitions(String name, int total) {
        return growth(name, total)
                .thenApply(command -> tried(command, cluster.image())
                        .topic(command.topicId())
                        .orElseThrow(() -> Partitions.unknownTopic(name).exception()));
    }

    private CompletableFuture<MetadataCommand.AddPartitions> growth(String name, int total) {
        if (name.startsWith(INTERNAL_PREFIX)) {
            return RefusedException.failedFuture(reserved(name));
        }
        return find(name).thenApply(topic -> {
            int now = topic.partitions().size();
            if (total <= now || total > TopicRules.MAX_PARTITIONS_PER_TOPIC) {
                throw Refusal.field(
                                Reason.INVALID_PARTITION_COUNT,
                                "partition_count",
                                total,
                                "more than " + now + ", the present count, and at most "
                                        + TopicRules.MAX_PARTITIONS_PER_TOPIC)
                        .with(Refusal.TOPIC, name)
                        .exception();
            }
            return new MetadataCommand.AddPartitions(
                    topic.topicId(), total, newGroups(total - now), withoutRoom(cluster.image()));
        });
    }

    private static List<UUID> newGroups(int count) {
        return Stream.generate(UUID::randomUUID).limit(count).toList();
    }

    /** The image as it would be after a command. */
    static MetadataImage tried(MetadataCommand command, MetadataImage image) {
        var trial = new MetadataState(image);
        index(trial.apply(command, image.index() + 1));
        return trial.image();
    }

    /** The topic as it would be created now. */
    public CompletableFuture<TopicInfo> validate(NewTopic topic) {
        return cluster.currentImage().thenApply(image -> {
            var command = command(topic, image);
            return tried(command, image).topic(topic.name()).orElseThrow();
        });
    }

    public CompletableFuture<TopicInfo> find(String name) {
        return cluster.currentImage()
                .thenApply(image -> image.topic(name)
                        .map(leaders::in)
                        .orElseThrow(() -> Partitions.unknownTopic(name).exception()));
    }

    /** As this node knows it, which may be behind; where it does not, as {@link #find}. */
    public CompletableFuture<TopicInfo> findKnown(String name) {
        return cluster.image()
                .topic(name)
                .map(topic -> CompletableFuture.completedFuture(leaders.in(topic)))
                .orElseGet(() -> find(name));
    }

    /**
     * @param pageSize 0 means the default
     * @param token the name that the page before ended with; empty for the first
     */
    public CompletableFuture<TopicPage> list(int pageSize, String token, boolean withInternal) {
        if (pageSize < 0 || pageSize > PAGE_MAX) {
            return RefusedException.failedFuture(
                    Refusal.field(Reason.INVALID_ARGUMENT, "page_size", pageSize, "from 0 to " + PAGE_MAX));
        }
        int size = pageSize == 0 ? DEFAULT_PAGE : pageSize;
        return cluster.currentImage().thenApply(image -> {
            var more = following(image, token)
                    .filter(topic -> withInternal || !topic.internal())
                    .limit(size + 1L)
                    .toList();
            var page = more.subList(0, Math.min(size, more.size()));
            return new TopicPage(page, more.size() > size ? page.get(size - 1).name() : "");
        });
    }

    public CompletableFuture<Void> delete(String name, Deadline deadline) {
        if (name.startsWith(INTERNAL_PREFIX)) {
            return RefusedException.failedFuture(reserved(name));
        }
        return find(name)
                .thenCompose(topic -> cluster.submit(new MetadataCommand.DeleteTopic(topic.topicId())))
                .thenApply(Topics::index)
                .thenCompose(index -> watch.require(
                        "the deletion of topic '" + name + "'", image -> image.index() >= index, deadline))
                .thenAccept(image -> {});
    }

    private static Stream<TopicInfo> following(MetadataImage image, String token) {
        // The smallest name that is greater than the token.
        return image.topics().tailMap(token.isEmpty() ? "" : token + "\0").values().stream();
    }

    private MetadataCommand.CreateTopic command(NewTopic topic, MetadataImage image) {
        TopicRules.checkName(topic.name()).ifPresent(refused -> {
            throw MetadataRefusals.of(refused).exception();
        });
        if (topic.name().startsWith(INTERNAL_PREFIX)) {
            throw reserved(topic.name()).exception();
        }
        int count = topic.partitionCount().orElse(1);
        if (count < 1 || count > TopicRules.MAX_PARTITIONS_PER_TOPIC) {
            throw Refusal.field(
                            Reason.INVALID_PARTITION_COUNT,
                            "partition_count",
                            count,
                            "from 1 to " + TopicRules.MAX_PARTITIONS_PER_TOPIC)
                    .exception();
        }
        int factor = topic.replicationFactor().orElseGet(() -> defaultReplicationFactor(image));
        return new MetadataCommand.CreateTopic(
                topic.name(), UUID.randomUUID(), newGroups(count), factor, topic.config(), withoutRoom(image));
    }

    /** Nodes with full disks, as they say themselves; nobody below the level can read of them. */
    private SortedSet<Integer> withoutRoom(MetadataImage image) {
        var without = new TreeSet<Integer>();
        if (image.featureLevel() >= MetadataCommand.REPLICA_CHANGES) {
            image.nodes().keySet().stream()
                    .filter(node -> NodeDisk.noRoom(node, cluster.disks(node)).isPresent())
                    .forEach(without::add);
        }
        return without;
    }

    /** A node that is down counts: a topic that is made meanwhile would have fewer replicas for good, and nobody asked for it. */
    private static int defaultReplicationFactor(MetadataImage image) {
        long nodes = image.nodes().values().stream()
                .filter(node -> node.state() != NodeState.EXPECTED
                        || !node.replacedIncarnation().isEmpty())
                .count();
        return (int) Math.max(1, Math.min(DEFAULT_REPLICATION_FACTOR, nodes));
    }

    /** As it is when the deadline comes, but never as it was before the change. */
    private CompletableFuture<TopicInfo> led(long index, UUID topicId, String change, String name, Deadline deadline) {
        return watch.until(image -> image.index() >= index && allLed(image, topicId), deadline)
                .thenCompose(seen ->
                        watch.require(change + " topic '" + name + "'", image -> image.index() >= index, deadline))
                .thenApply(image -> image.topic(topicId)
                        .orElseThrow(() -> Partitions.unknownTopic(name).exception()));
    }

    private static boolean allLed(MetadataImage image, UUID topicId) {
        return image.topic(topicId)
                .map(topic -> topic.partitions().stream()
                        .allMatch(partition -> partition.leader().isPresent()))
                .orElse(true);
    }

    static long index(MetadataResult result) {
        if (result instanceof MetadataResult.Done done) {
            return done.index();
        } else if (result instanceof MetadataResult.Refused refused) {
            throw MetadataRefusals.of(refused).exception();
        }
        throw new IllegalStateException("no answer to a command about topics: " + result);
    }

    static Refusal reserved(String name) {
        return Refusal.field(
                Reason.INVALID_NAME, "name", name, "without two underscores in front, which internal topics have");
    }
}
