package io.cordwood.server.rpc;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.internal.v1.GroupStandingResponse;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.DescribePartitionsResponse;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainResponse;
import io.cordwood.proto.v1.ExplainedGroup;
import io.cordwood.proto.v1.ExplainedTopic;
import io.cordwood.proto.v1.PartitionDescription;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.explain.Explainer;
import io.cordwood.server.explain.Explainer.Surroundings;
import io.cordwood.server.explain.PartitionPicture;
import io.cordwood.server.group.Groups;
import io.cordwood.server.health.Hindrance;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.TopicPartition;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Explain: gathers what is known of the subject, and has {@link Explainer} find what holds it back. What
 * cannot be asked is left out of the picture, so that there is an answer in just the hour in which somebody
 * asks.
 *
 * <p><b>Thread:</b> any; nothing here blocks.
 */
final class ExplainCall {
    private static final Duration IMAGE_WAIT = Duration.ofSeconds(3);
    private static final Duration LAG_WAIT = Duration.ofSeconds(3);
    /** Who leads may just be another one; what has no leader cannot be measured, and that is an answer, too. */
    private static final Duration ELECTION_WAIT = Duration.ofMillis(500);
    /** A group of more topics has all partitions of the cluster described, in one question to each node. */
    private static final int TOPICS_ASKED_SINGLY = 10;

    private final Cluster cluster;
    private final DescribePartitionsCall describe;
    private final GroupStandingCall standing;
    private final GroupLagCall lag;
    private final NodeHealthCall health;
    private final Clock clock;

    ExplainCall(
            Cluster cluster,
            DescribePartitionsCall describe,
            GroupStandingCall standing,
            GroupLagCall lag,
            NodeHealthCall health,
            Clock clock) {
        this.cluster = cluster;
        this.describe = describe;
        this.standing = standing;
        this.lag = lag;
        this.health = health;
        this.clock = clock;
    }

    /** @param led whether it is of now; otherwise it is what this node saw last */
    private record View(MetadataImage image, boolean led) {
        /** What this node has not seen may be there all the same. */
        RefusedException missing(Refusal refusal) {
            return led
                    ? refusal.exception()
                    : Refusal.of(
                                    Reason.METADATA_UNAVAILABLE,
                                    "the metadata has no leader at the moment, and this node knows nothing of what is"
                                            + " asked: " + refusal.message())
                            .exception();
        }

        void check(String topic, Optional<Integer> partition) {
            if (image.topic(topic).isEmpty()) {
                throw missing(Partitions.unknownTopic(topic));
            }
            partition
                    .flatMap(number -> Partitions.check(image, new TopicPartition(topic, number)))
                    .ifPresent(refusal -> {
                        throw missing(refusal);
                    });
        }
    }

    CompletableFuture<ExplainResponse> call(ExplainRequest request, Deadline deadline) {
        return switch (request.getSubjectCase()) {
            case GROUP -> view().thenCompose(view -> group(request.getGroup(), view, deadline));
            case TOPIC -> view().thenCompose(view -> topic(request.getTopic(), view, deadline));
            case NODE_ID -> view().thenCompose(view -> node(request.getNodeId(), view, deadline));
            case SUBJECT_NOT_SET ->
                throw Refusal.field(Reason.INVALID_ARGUMENT, "subject", "", "a group, a topic or a node")
                        .exception();
        };
    }

    private CompletableFuture<View> view() {
        return cluster.metadataLeader().isEmpty()
                ? CompletableFuture.completedFuture(new View(cluster.image(), false))
                : cluster.currentImage()
                        .orTimeout(IMAGE_WAIT.toMillis(), TimeUnit.MILLISECONDS)
                        .thenApply(image -> new View(image, true))
                        .exceptionally(this::lastSeen);
    }

    private View lastSeen(Throwable failure) {
        var cause = RefusedException.unwrap(failure);
        boolean leaderless = cause instanceof TimeoutException
                || (cause instanceof RefusedException refused
                        && refused.refusal().reason() == Reason.METADATA_UNAVAILABLE);
        if (!leaderless) {
            throw new CompletionException(cause);
        }
        return new View(cluster.image(), false);
    }

    private CompletableFuture<ExplainResponse> group(ExplainedGroup asked, View view, Deadline deadline) {
        if (asked.getTopic().isEmpty() && asked.hasPartition()) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "partition", asked.getPartition(), "beside a topic")
                    .exception();
        }
        var told = cluster.metadataLeader().isEmpty()
                ? CompletableFuture.completedFuture(Asked.NOBODY)
                : standing.of(asked.getGroup(), deadline).handle(Asked::of);
        return told.thenCompose(leader -> group(asked, leader, view, deadline));
    }

    private CompletableFuture<ExplainResponse> group(ExplainedGroup asked, Asked leader, View view, Deadline deadline) {
        var group = view.image()
                .groups()
                .group(asked.getGroup())
                .or(() -> GroupPictures.gone(asked.getGroup(), leader.standing(), clock.millis()))
                .orElseThrow(() -> view.missing(Groups.unknown(asked.getGroup())));
        var names = names(asked, group, leader, view);
        GroupLagCall.requireFew(asked.getTopic().isEmpty() ? "topic" : "partition", names.size());
        var waits = new GroupLagCall.Waits(deadline.earlier(LAG_WAIT), deadline.earlier(ELECTION_WAIT));
        var pictures = lag.of(new Groups.Found(group, view.image()), List.copyOf(names.values()), waits)
                .thenApply(GroupPictures::lags)
                .thenApply(measured -> new GroupPictures(group, leader.standing()).of(names, measured, clock.millis()));
        var topics = names.values().stream().map(TopicPartition::topic).collect(Collectors.toSet());
        boolean led = view.led() && leader.reached();
        return described(topics, view.image(), deadline)
                .thenCombine(
                        pictures,
                        (partitions, picture) -> ExplainMessages.response(
                                Explainer.group(picture, around(view, led, pictures(partitions, names.values())))));
    }

    /**
     * Where it fails otherwise than that there is no leader, the call does: without what the leader knows a
     * group in need would look as though nothing held it back.
     *
     * @param reached whether there is a leader that could be asked
     */
    private record Asked(GroupStandingResponse standing, boolean reached) {
        static final Asked NOBODY = new Asked(GroupStandingResponse.getDefaultInstance(), false);

        static Asked of(@Nullable GroupStandingResponse standing, @Nullable Throwable failure) {
            if (failure == null) {
                return new Asked(Objects.requireNonNull(standing), true);
            }
            var refusal = Errors.refusal(failure);
            return switch (refusal.reason()) {
                case METADATA_UNAVAILABLE, NOT_LEADER, REQUEST_TIMED_OUT -> NOBODY;
                case INVALID_ARGUMENT -> throw tooOld().exception();
                default -> throw refusal.exception();
            };
        }

        /** What no program of before knows, it finds wrong. */
        private static Refusal tooOld() {
            return Refusal.of(
                    Reason.FEATURE_NOT_ENABLED,
                    "the node that leads the metadata cannot say how the group is: run the newer program on all nodes");
        }
    }

    /** The partitions that are asked about. */
    private static SortedMap<PartitionId, TopicPartition> names(
            ExplainedGroup asked, ConsumerGroup group, Asked leader, View view) {
        var partition = asked.hasPartition() ? Optional.of(asked.getPartition()) : Optional.<Integer>empty();
        var names = new TreeMap<PartitionId, TopicPartition>();
        if (!asked.getTopic().isEmpty()) {
            view.check(asked.getTopic(), partition);
            add(view.image().topic(asked.getTopic()).orElseThrow(), partition, names);
            return names;
        }
        var topics =
                view.image().topics().values().stream().collect(Collectors.toMap(TopicInfo::topicId, TopicInfo::name));
        Stream.of(
                        group.membership().partitions().keySet(),
                        group.offsets().keySet(),
                        GroupPictures.left(leader.standing()))
                .flatMap(Set::stream)
                .forEach(id -> {
                    var topic = topics.get(id.topicId());
                    if (topic != null) {
                        names.put(id, new TopicPartition(topic, id.partition()));
                    }
                });
        return names;
    }

    private static void add(
            TopicInfo topic, Optional<Integer> partition, SortedMap<PartitionId, TopicPartition> names) {
        topic.partitions().stream()
                .map(info -> info.partition())
                .filter(number -> partition.isEmpty() || partition.get().equals(number))
                .forEach(number ->
                        names.put(new PartitionId(topic.topicId(), number), new TopicPartition(topic.name(), number)));
    }

    private CompletableFuture<Map<TopicPartition, PartitionDescription>> described(
            Set<String> topics, MetadataImage image, Deadline deadline) {
        var asked = topics.size() > TOPICS_ASKED_SINGLY ? Set.of("") : topics;
        var answers = asked.stream()
                .map(topic -> describe.seen(
                        image,
                        DescribePartitionsRequest.newBuilder().setTopic(topic).build(),
                        deadline))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    var described = new HashMap<TopicPartition, PartitionDescription>();
                    answers.stream()
                            .map(CompletableFuture::join)
                            .map(DescribePartitionsResponse::getPartitionsList)
                            .flatMap(List::stream)
                            .forEach(partition -> described.put(
                                    new TopicPartition(partition.getTopic(), partition.getPartition()), partition));
                    return described;
                });
    }

    private static List<PartitionPicture> pictures(
            Map<TopicPartition, PartitionDescription> described, Collection<TopicPartition> wanted) {
        return wanted.stream()
                .flatMap(name -> Optional.ofNullable(described.get(name)).stream())
                .map(ClusterPictures::partition)
                .toList();
    }

    private Surroundings around(View view, boolean led, List<PartitionPicture> partitions) {
        return new Surroundings(
                cluster.thisNode(), led, partitions, new ClusterPictures(view.image(), cluster).nodes());
    }

    private CompletableFuture<ExplainResponse> topic(ExplainedTopic asked, View view, Deadline deadline) {
        var partition = asked.hasPartition() ? Optional.of(asked.getPartition()) : Optional.<Integer>empty();
        view.check(asked.getTopic(), partition);
        var names = new TreeMap<PartitionId, TopicPartition>();
        add(view.image().topic(asked.getTopic()).orElseThrow(), partition, names);
        return described(Set.of(asked.getTopic()), view.image(), deadline)
                .thenApply(described -> ExplainMessages.response(
                        Explainer.topic(around(view, view.led(), pictures(described, names.values())))));
    }

    private CompletableFuture<ExplainResponse> node(int nodeId, View view, Deadline deadline) {
        var node = view.image()
                .node(nodeId)
                .orElseThrow(() -> view.missing(Refusal.field(
                        Reason.UNKNOWN_NODE,
                        "node_id",
                        nodeId,
                        "one of " + view.image().nodes().keySet())));
        var pictures = new ClusterPictures(view.image(), cluster);
        // One that is known to be away would only be waited for.
        var answer = node.answers()
                ? health.of(nodeId, deadline).handle(ExplainCall::hindrances)
                : CompletableFuture.completedFuture(Optional.<List<Hindrance>>empty());
        return answer.thenApply(hindrances -> ExplainMessages.response(
                Explainer.node(pictures.node(node, hindrances), around(view, view.led(), List.of()))));
    }

    /** Empty where it does not answer; a node whose program does not know the question does. */
    private static Optional<List<Hindrance>> hindrances(@Nullable List<Hindrance> told, @Nullable Throwable failure) {
        if (failure == null) {
            return Optional.ofNullable(told);
        }
        return Errors.refusal(failure).reason() == Reason.INVALID_ARGUMENT ? Optional.of(List.of()) : Optional.empty();
    }
}
